// The curve of one quantity of one node, drawn by uPlot; its words and numbers stand in the page beside it.

import { now } from "../clock.js";
import { clockTime, day, hourOfDay, moment, number, t } from "../language.js";
import { shown } from "../quantities.js";
import { curve } from "../series.js";
import { html, useEffect, useRef } from "../vendor/standalone.module.js";
import { quantityName } from "./words.js";

const HOUR_MS = 3_600_000;
const HEIGHT = 300;
const HOUR_STEPS = [1, 2, 3, 4, 6, 12, 24];
const HOUR_MARK_PX = 80;
const STEPS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000];
const dark = matchMedia("(prefers-color-scheme: dark)");

export function Chart({ quantity, points, hours, language }) {
  const place = useRef(null);
  const readout = useRef(null);
  const plot = useRef(null);
  const [from, to] = [now() - hours * HOUR_MS, now()];
  const visible = points.filter((point) => point.time >= from);

  useEffect(() => {
    const draw = () => {
      plot.current?.destroy();
      plot.current = new uPlot(options(quantity, place.current, readout.current), [[], []], place.current);
      show(plot.current, quantity, visible, from, to);
    };
    const resized = new ResizeObserver(() => plot.current.setSize(size(place.current)));
    draw();
    resized.observe(place.current);
    dark.addEventListener("change", draw);
    return () => {
      resized.disconnect();
      dark.removeEventListener("change", draw);
      plot.current.destroy();
      plot.current = null;
    };
  }, [quantity, language]);

  const newest = visible.at(-1)?.id;
  useEffect(() => show(plot.current, quantity, visible, from, to), [quantity, language, hours, newest, visible.length]);

  return html`<figure class="chart">
    <p class="readout" aria-hidden="true"><span>${shown(quantity).unit}</span><span ref=${readout}></span></p>
    <div class="plot" ref=${place} role="img" aria-label=${description(quantity, visible, hours)}></div>
    ${visible.length === 0 && html`<figcaption class="empty">${t("chart.empty", { hours })}</figcaption>`}
  </figure>`;
}

/** What a curve says, in a sentence. */
function description(quantity, visible, hours) {
  const measured = visible.filter((point) => point.value !== null).map((point) => point.value * shown(quantity).factor);
  const name = quantityName(quantity);
  if (measured.length === 0) return `${name}: ${t("chart.empty", { hours })}`;
  const { unit, fine } = shown(quantity);
  const say = (value) => `${number(value, fine)} ${unit}`;
  const [least, most, last] = [Math.min(...measured), Math.max(...measured), measured.at(-1)].map(say);
  return t("chart.description", { name, hours, least, most, last });
}

function show(plot, quantity, visible, from, to) {
  const { times, values } = curve(quantity, visible);
  plot.batch(() => {
    plot.setData([times, values], false);
    plot.setScale("x", { min: from, max: to });
  });
}

function size(place) {
  return { width: place.clientWidth, height: HEIGHT };
}

function options(quantity, place, readout) {
  const style = getComputedStyle(place);
  const color = (name) => style.getPropertyValue(name).trim();
  const font = `12px ${style.fontFamily}`;
  const axis = { stroke: color("--muted"), font, grid: { stroke: color("--line"), width: 1 }, ticks: { show: false } };
  const { fine, steady, unit } = shown(quantity);
  return {
    ...size(place),
    ms: 1,
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 9, fill: color("--accent") } },
    scales: { x: { time: true }, y: { range: (_, low, high) => room(low, high, steady) } },
    axes: [
      { ...axis, size: 32, splits: ({ width }, _, min, max) => fullHours(min, max, width), values: (_, splits) => splits.map(timeMark) },
      { ...axis, size: 52, incrs: STEPS, values: (_, splits, __, ___, step) => splits.map((each) => number(each, places(step))) },
    ],
    series: [
      {},
      { stroke: color("--accent"), width: 2, fill: color("--accent-veil"), points: { show: false }, spanGaps: false },
    ],
    hooks: {
      setCursor: [
        ({ cursor: { idx }, data: [times, values] }) => {
          const value = idx === null || idx === undefined ? null : values[idx];
          readout.textContent = value === null || value === undefined ? "" : `${moment(times[idx])}  ·  ${number(value, fine)}\u202f${unit}`;
        },
      ],
    },
  };
}

/** Some air above and below; a calm value is a calm line. */
function room(low, high, steady) {
  if (low === null) return [0, 1];
  const missing = Math.max(0, 5 * Math.min(steady, 10) - (high - low)) / 2;
  const air = (high - low + 2 * missing) * 0.08;
  return [low - missing - air, high + missing + air];
}

function places(step) {
  return step < 0.1 ? 2 : step < 1 ? 1 : 0;
}

/** Hours of the day that a step divides, so that a day with 23 or 25 of them is marked right too. */
function fullHours(from, to, width) {
  const wanted = ((to - from) / HOUR_MS) * (HOUR_MARK_PX / width);
  const step = HOUR_STEPS.find((each) => each >= wanted) ?? 24;
  const first = Math.ceil(from / HOUR_MS) * HOUR_MS;
  const hours = Array.from({ length: Math.max(0, Math.ceil((to - first) / HOUR_MS)) }, (_, i) => first + i * HOUR_MS);
  return hours.filter((time) => hourOfDay(time) % step === 0);
}

function timeMark(time) {
  const clock = clockTime(time);
  return clock === "00:00" ? day(time) : clock;
}
