// A headless Chromium that does what standard input says, one JSON line each, and answers with one.
import { readFileSync, writeFileSync } from "node:fs";
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
const STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "EN-301-549"];
const ON_COLOURS = ["color-contrast", "link-in-text-block"];
const FINGER_PX = 44;
let context = null;
let page = null;
let heard = { requests: [], console: [] };

/** Not a spot of the plan: the list, where it has a card of its own, comes first. */
function tooSmall(least) {
  if (!matchMedia("(pointer: coarse)").matches) throw new Error("this page is not touched");
  const isInSentence = (at) => at.tagName === "A" && [...at.parentNode.childNodes].some((each) => each.nodeType === Node.TEXT_NODE && /\p{L}/u.test(each.data));
  return [...document.querySelectorAll("a[href], button, input, select, textarea, summary")]
    .filter((at) => at.checkVisibility() && !at.closest(".skip, .plan") && !isInSentence(at))
    .map((at) => [at, at.getBoundingClientRect()])
    .filter(([, { width, height }]) => width < least || height < least)
    .map(([at, { width, height }]) => `${at.tagName} ${at.innerText || at.name} ${Math.round(width)} x ${Math.round(height)}`);
}

const commands = {
  async open({ url, language = "de", dark = false, width = 1280, height = 900, script = true, headers = {} }) {
    await context?.close();
    heard = { requests: [], console: [] };
    const seen = heard; // what an earlier page still says is not this one's
    context = await browser.newContext({
      locale: language,
      colorScheme: dark ? "dark" : "light",
      viewport: { width, height },
      reducedMotion: "reduce",
      javaScriptEnabled: script,
      extraHTTPHeaders: headers,
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
  /** The same page in other colours and another size, or as it would be printed. */
  async look({ dark, width, height = 900, medium = "screen" }) {
    await page.emulateMedia({ colorScheme: dark ? "dark" : "light", media: medium });
    await page.setViewportSize({ width, height });
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 30))));
  },
  /** What a finger could miss: all that is smaller than 44 px and no link within a sentence, by name and size. */
  async touch() {
    const device = await context.newCDPSession(page);
    await device.send("Emulation.setTouchEmulationEnabled", { enabled: true });
    const small = await page.evaluate(tooSmall, FINGER_PX);
    await device.send("Emulation.setTouchEmulationEnabled", { enabled: false });
    return small;
  },
  /** What axe-core finds amiss, as one line for each place; by the rules on colours alone where only they have changed. */
  async judge({ coloursOnly = false } = {}) {
    if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe);
    const runOnly = coloursOnly ? { type: "rule", values: ON_COLOURS } : { type: "tag", values: STANDARDS };
    const { violations, passes } = await page.evaluate((runOnly) => axe.run({ runOnly, resultTypes: ["violations"] }), runOnly);
    const found = violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target} ${failureSummary}`));
    return { passed: passes.length, found };
  },
  select: ({ label, value }) => page.getByLabel(label).selectOption(value),
  heard: () => heard,
  /** What the window shows, in few bytes. */
  async webp({ path }) {
    const device = await context.newCDPSession(page);
    const { data } = await device.send("Page.captureScreenshot", { format: "webp", quality: 85 });
    writeFileSync(path, Buffer.from(data, "base64"));
  },
  print: () => page.pdf({ format: "A4" }).then(() => null),
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
