// A headless Chromium that does what standard input says, one JSON line each, and answers with one.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
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
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "EN-301-549"];
let context = null;
let page = null;
let heard = { requests: [], console: [] };

const commands = {
  async open({ url, language = "de", dark = false, width = 1280, height = 900, script = true }) {
    await context?.close();
    heard = { requests: [], console: [] };
    const seen = heard; // what an earlier page still says is not this one's
    context = await browser.newContext({
      locale: language,
      colorScheme: dark ? "dark" : "light",
      viewport: { width, height },
      reducedMotion: "reduce",
      javaScriptEnabled: script,
    });
    context.setDefaultTimeout(15_000); // a busy machine
    context.on("request", (request) => seen.requests.push(request.url()));
    page = await context.newPage();
    page.on("console", (message) => seen.console.push(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => seen.console.push(`error: ${error.message}`));
    await page.goto(url);
  },
  see: ({ text }) => page.getByText(text).first().waitFor(),
  find: ({ selector, seconds = 15 }) => page.locator(selector).first().waitFor({ timeout: 1000 * seconds }),
  fill: ({ selector, text }) => page.locator(selector).fill(text),
  push: ({ selector }) => page.locator(selector).click(),
  texts: ({ selector }) => page.locator(selector).allInnerTexts(),
  click: ({ name, role = "button" }) => page.getByRole(role, { name }).first().click(),
  press: ({ key }) => page.keyboard.press(key),
  /** The key that follows a link or sends a form, until the next page is there. */
  enter: () => Promise.all([page.waitForEvent("load"), page.keyboard.press("Enter")]).then(() => null),
  type: ({ text }) => page.keyboard.type(text),
  /** What has the focus, by the name that a screen reader tells, and whether it can be seen to have it. */
  focus: () =>
    page.evaluate(() => {
      const { activeElement: at } = document;
      const told = at.labels?.[0]?.firstChild.textContent ?? at.ariaLabel ?? at.innerText ?? "";
      return { name: told.split("\n")[0].trim(), isSeen: getComputedStyle(at).outlineStyle !== "none" };
    }),
  evaluate: ({ script }) => page.evaluate(script),
  async until({ script, value }) {
    let told;
    for (const end = Date.now() + 15_000; Date.now() < end; await page.waitForTimeout(50)) {
      told = JSON.stringify(await page.evaluate(script));
      if (told === JSON.stringify(value)) return;
    }
    throw new Error(`${told} instead of ${JSON.stringify(value)}`);
  },
  /** The same page in other colours and another size. */
  async look({ dark, width, height = 900 }) {
    await page.emulateMedia({ colorScheme: dark ? "dark" : "light" });
    await page.setViewportSize({ width, height });
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 30))));
  },
  /** What axe-core finds amiss, as one line for each place. */
  async judge() {
    if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe);
    const { violations, passes } = await page.evaluate((values) => axe.run({ runOnly: { type: "tag", values }, resultTypes: ["violations"] }), RULES);
    const found = violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target} ${failureSummary}`));
    return { passed: passes.length, found };
  },
  select: ({ label, value }) => page.getByLabel(label).selectOption(value),
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
