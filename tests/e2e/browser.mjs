// A headless Chromium that does what standard input says, one JSON line each, and answers with one.
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});
let context = null;
let page = null;
let heard = { requests: [], console: [] };

const commands = {
  async open({ url, language = "de", dark = false, width = 1280, height = 900 }) {
    await context?.close();
    heard = { requests: [], console: [] };
    const seen = heard; // what an earlier page still says is not this one's
    context = await browser.newContext({
      locale: language,
      colorScheme: dark ? "dark" : "light",
      viewport: { width, height },
      reducedMotion: "reduce",
    });
    context.setDefaultTimeout(5000);
    context.on("request", (request) => seen.requests.push(request.url()));
    page = await context.newPage();
    page.on("console", (message) => seen.console.push(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => seen.console.push(`error: ${error.message}`));
    await page.goto(url);
  },
  see: ({ text }) => page.getByText(text).first().waitFor(),
  find: ({ selector }) => page.locator(selector).first().waitFor(),
  texts: ({ selector }) => page.locator(selector).allInnerTexts(),
  click: ({ name, role = "button" }) => page.getByRole(role, { name }).first().click(),
  press: ({ key }) => page.keyboard.press(key),
  evaluate: ({ script }) => page.evaluate(script),
  heard: () => heard,
  picture: ({ path }) => page.screenshot({ path, fullPage: true }).then(() => null),
};

for await (const line of createInterface({ input: process.stdin })) {
  const { command, ...given } = JSON.parse(line);
  try {
    console.log(JSON.stringify({ answer: (await commands[command](given)) ?? null }));
  } catch (error) {
    console.log(JSON.stringify({ error: error.message }));
  }
}
await browser.close();
