// The pages as a phone on a slow line gets them: Chromium's own throttling, and what its own clocks say.
// Usage: node tests/bench/web.mjs BASE CASE...  One JSON line per case.
import { chromium } from "playwright-core";

const RUNS = 5;
const SLOW = { offline: false, latency: 150, downloadThroughput: 1.6e6 / 8, uploadThroughput: 750e3 / 8 };
const CPU = 4;
const [base, ...cases] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];

async function visit(path, { width, height, slow }) {
  const context = await browser.newContext({ locale: "de", viewport: { width, height } });
  const page = await context.newPage();
  const cdp = await context.newCDPSession(page);
  await cdp.send("Network.enable");
  let bytes = 0;
  const requests = [];
  cdp.on("Network.loadingFinished", ({ encodedDataLength }) => (bytes += encodedDataLength));
  cdp.on("Network.requestWillBeSent", ({ request }) => requests.push(request.url));
  if (slow) {
    await cdp.send("Network.emulateNetworkConditions", SLOW);
    await cdp.send("Emulation.setCPUThrottlingRate", { rate: CPU });
  }
  await page.goto(base + path, { waitUntil: "load" });
  return { context, page, told: () => ({ bytes, requests }) };
}

const measures = {
  /** Bytes, first contentful paint, and when the live line is open and the page answers. */
  async first(path = "") {
    const seen = [];
    for (let run = 0; run < RUNS; run++) {
      const { context, page, told } = await visit(path, { width: 360, height: 740, slow: true });
      await page.locator(".connection.live").waitFor({ timeout: 20_000 });
      const interactive = await page.evaluate(() => performance.now());
      const paint = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0].startTime);
      await page.waitForTimeout(500);
      seen.push({ paint, interactive, ...told() });
      await context.close();
    }
    const foreign = seen.flatMap(({ requests }) => requests).filter((url) => !url.startsWith(base));
    return {
      paint_ms: Math.round(median(seen.map(({ paint }) => paint))),
      interactive_ms: Math.round(median(seen.map(({ interactive }) => interactive))),
      kilobytes: Math.round(median(seen.map(({ bytes }) => bytes)) / 100) / 10,
      requests: seen[0].requests.length,
      foreign: foreign.length,
    };
  },
  /** Everything a desktop loads at the first view, the map with it. */
  async whole(path = "") {
    const { context, page, told } = await visit(path, { width: 1280, height: 900, slow: false });
    await page.waitForTimeout(2500);
    const { bytes, requests } = told();
    await context.close();
    return { kilobytes: Math.round(bytes / 100) / 10, requests: requests.length };
  },
  /** Frames per second while the map is dragged to and fro for two seconds. */
  async pan(path = "") {
    const { context, page } = await visit(path, { width: 1280, height: 900, slow: false });
    await page.locator("#map.drawn canvas").first().waitFor();
    await page.waitForTimeout(500);
    const box = await page.locator("#map").boundingBox();
    await page.evaluate(() => {
      window.frames_seen = [];
      const step = (time) => window.frames_seen.push(time) < 100_000 && requestAnimationFrame(step);
      requestAnimationFrame(step);
    });
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    await page.mouse.move(x, y);
    await page.mouse.down();
    const end = Date.now() + 2000;
    for (let at = 0; Date.now() < end; at += 0.2) await page.mouse.move(x + 120 * Math.sin(at), y + 120 * Math.cos(at) - 120);
    await page.mouse.up();
    const times = await page.evaluate(() => window.frames_seen);
    await context.close();
    const spans = times.slice(1).map((time, i) => time - times[i]);
    return { frames_per_s: Math.round((1000 * spans.length) / (times.at(-1) - times[0])), slowest_ms: Math.round(Math.max(...spans)) };
  },
  /** A year of readings each five minutes, all of them, by our own chart. */
  async year(path) {
    const { context, page } = await visit(path, { width: 1280, height: 900, slow: false });
    await page.locator(".plot canvas").waitFor();
    const seen = await page.evaluate(async (runs) => {
      const { draw } = await import("/static/chart.js");
      const count = 365 * 288;
      const end = Date.now();
      const times = Array.from({ length: count }, (_, i) => end - (count - i) * 300_000);
      const values = times.map((_, i) => 120 + 60 * Math.sin(i / 900) + 5 * Math.sin(i / 7));
      const told = [{ name: "A", unit: "cm", decimals: 1, calm: 5, limits: [["M", 150]], span: [times[0], end], times, values, flags: values.map(() => 1) }];
      const spent = [];
      for (let run = 0; run < runs; run++) {
        const began = performance.now();
        const plot = draw(document.querySelector("figure.chart"), told);
        await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
        spent.push(performance.now() - began);
        plot.destroy();
      }
      return { count, spent };
    }, RUNS);
    await context.close();
    return { points: seen.count, drawn_ms: Math.round(median(seen.spent)) };
  },
};

for (const each of cases) {
  const [name, path] = each.split("=");
  console.log(JSON.stringify({ [name]: await measures[name](path) }));
}
await browser.close();
