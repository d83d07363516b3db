// The curve of a place, drawn by uPlot in the stead of the picture that the server sent.

import { onChange } from "./live.js";

const ZONE = "Europe/Berlin"; // where the places are
const HOUR_S = 3600;
const DAY_S = 24 * HOUR_S;
const COLOURS = ["--accent", "--second", "--third", "--fourth"];
const SUSPECT = 3;
const REJECTED = 4;

const language = document.documentElement.lang === "en" ? "en-GB" : "de";
const dark = matchMedia("(prefers-color-scheme: dark)");
const paper = matchMedia("print");
const PAPER_PX = 680; // the width of A4 without its margins: while this is drawn, nothing tells it yet
const number = (decimals) => {
  const format = new Intl.NumberFormat(language, { minimumFractionDigits: decimals, maximumFractionDigits: decimals, useGrouping: false });
  return (value) => format.format(value).replace("-", "\u2212");
};
const time = (options) => {
  const format = new Intl.DateTimeFormat(language, { timeZone: ZONE, ...options });
  return (seconds) => format.format(seconds * 1000);
};
const clock = time({ hour: "2-digit", minute: "2-digit" });
const day = time({ day: "numeric", month: language === "de" ? "numeric" : "short" });
const month = time({ month: "short", year: "2-digit" });
const moment = time({ weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" });

/** The columns of one series as uPlot takes them: seconds, and null where nothing is known, so that the line breaks. */
export function columns({ times, values, flags }) {
  const gap = 2.5 * usual(times);
  const [x, y] = [[], []];
  times.forEach((each, i) => {
    if (i > 0 && each - times[i - 1] > gap) {
      x.push((times[i - 1] + 1) / 1000);
      y.push(null);
    }
    x.push(each / 1000);
    y.push(flags[i] === REJECTED ? null : values[i]);
  });
  return [x, y];
}

/** The usual distance: nine of ten are no longer. */
function usual(times) {
  const distances = times.slice(1).map((each, i) => each - times[i]).sort((a, b) => a - b);
  return distances[Math.floor(0.9 * (distances.length - 1))] ?? Infinity;
}

/** What uPlot draws: each series' values; of a single one its band from least to greatest, too. */
function lines(told) {
  if (told.length > 1) return uPlot.join(told.map(columns));
  const [own] = told;
  if (!own.least) return columns(own);
  const [x, y] = columns(own);
  const [, most] = columns({ ...own, values: own.most });
  const [, least] = columns({ ...own, values: own.least });
  return [x, y, most, least];
}

/** Draws; `told` are the answers of the series' addresses, the place's own first. */
export function draw(figure, told) {
  const place = figure.querySelector(".plot");
  const plot = new uPlot(options(place, figure.querySelector(".readout"), told), lines(told), (made, ready) => {
    place.replaceChildren(made.root);
    ready();
  });
  figure.classList.add("drawn");
  figure.id = "chart";
  return plot;
}

function options(place, readout, told) {
  const style = getComputedStyle(place);
  const colour = (name) => style.getPropertyValue(name).trim();
  const [own] = told;
  const width = paper.matches ? PAPER_PX : place.clientWidth;
  const hasBand = told.length === 1 && Boolean(own.least);
  const edge = { width: 0, points: { show: false } };
  const axis = { stroke: colour("--muted"), font: `12px ${style.fontFamily}`, grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };
  return {
    width,
    height: Math.max(220, Math.min(380, width * 0.5)),
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), ZONE),
    legend: { show: false },
    cursor: { y: false, drag: { x: true, y: false }, points: { size: 8 } },
    scales: { x: { range: () => own.span.map((each) => each / 1000) }, y: { range: (_, low, high) => room(low, high, own) } },
    axes: [
      { ...axis, size: 30, space: 72, values: (_, splits, __, ___, step) => splits.map((each) => mark(each, step)) },
      { ...axis, size: 54, values: (_, splits, __, ___, step) => splits.map(number(step < 1 ? 1 : 0)) },
    ],
    series: [
      {},
      ...told.map(({ name }, i) => ({
        label: name,
        stroke: colour(COLOURS[i]),
        fill: told.length === 1 && !hasBand ? colour("--accent-veil") : undefined,
        width: 2,
        dash: i > 0 ? [8, 3 * i] : undefined,
        points: { show: false },
      })),
      ...(hasBand ? [{ ...edge }, { ...edge }] : []),
    ],
    bands: hasBand ? [{ series: [2, 3], fill: colour("--accent-veil") }] : [],
    hooks: {
      draw: [(plot) => limits(plot, own, colour("--warn"), colour("--card"), axis.font), (plot) => suspects(plot, own, colour("--warn"), colour("--card"))],
      ready: [() => readout.replaceChildren(...legend(told))],
      setCursor: [(plot) => read(plot, readout, told)],
    },
  };
}

/** Some air above and below, a mark in sight when it is near, a calm value as a calm line. */
function room(low, high, { limits: marks, calm }) {
  if (low === null) return [0, 1];
  const near = marks.map(([, value]) => value).filter((value) => value <= high + Math.max(high - low, 1) * 1.5);
  const [least, most] = [Math.min(low, ...near), Math.max(high, ...near)];
  const missing = Math.max(0, calm - (most - least)) / 2;
  const air = (most - least + 2 * missing) * 0.08;
  return [least - missing - air, most + missing + air];
}

function mark(seconds, step) {
  if (step >= 28 * DAY_S) return month(seconds);
  const told = clock(seconds);
  return step >= DAY_S || told === "00:00" ? day(seconds) : told;
}

function limits({ ctx, bbox, valToPos }, { limits: marks }, colour, ground, font) {
  ctx.save();
  Object.assign(ctx, { strokeStyle: colour, fillStyle: colour, textAlign: "left", lineWidth: devicePixelRatio });
  ctx.font = font.replace("12px", `${12 * devicePixelRatio}px`);
  ctx.setLineDash([6 * devicePixelRatio, 4 * devicePixelRatio]);
  for (const [name, value] of marks) {
    const y = valToPos(value, "y", true);
    if (y < bbox.top || y > bbox.top + bbox.height) continue;
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.save();
    Object.assign(ctx, { strokeStyle: ground, lineWidth: 4 * devicePixelRatio, lineJoin: "round" });
    ctx.setLineDash([]);
    ctx.strokeText(name, bbox.left + 4 * devicePixelRatio, y - 5 * devicePixelRatio); // the curve does not cross the word
    ctx.restore();
    ctx.fillText(name, bbox.left + 4 * devicePixelRatio, y - 5 * devicePixelRatio);
  }
  ctx.restore();
}

function suspects({ ctx, valToPos }, { times, values, flags }, colour, ground) {
  ctx.save();
  Object.assign(ctx, { strokeStyle: colour, fillStyle: ground, lineWidth: 1.5 * devicePixelRatio });
  flags.forEach((flag, i) => {
    if (flag !== SUSPECT || values[i] === null) return;
    ctx.beginPath();
    ctx.arc(valToPos(times[i] / 1000, "x", true), valToPos(values[i], "y", true), 3.5 * devicePixelRatio, 0, Math.PI * 2);
    ctx.fill();
    ctx.stroke();
  });
  ctx.restore();
}

/** Until somebody points at an instant: which line is whose, where there are several. */
function legend(told) {
  if (told.length === 1) return [];
  return told.map(({ name }, i) => {
    const entry = document.createElement("span");
    entry.append(i > 0 ? "╍╍ " : "━━ ", Object.assign(document.createElement("bdi"), { textContent: name }));
    entry.style.color = `var(${COLOURS[i]})`;
    return entry;
  });
}

function read({ cursor: { idx }, data: [times, ...drawn] }, readout, told) {
  if (idx === null || idx === undefined) return readout.replaceChildren(...legend(told));
  const said = told.map((each, i) => [each, drawn[i][idx]]).filter(([, value]) => value !== null && value !== undefined);
  const values = said.map(([{ name, unit, decimals }, value]) => `${told.length > 1 ? `${name} ` : ""}${number(decimals)(value)}\u202f${unit}`);
  readout.textContent = values.length ? `${moment(times[idx])}  ·  ${values.join("  ·  ")}` : "";
}

async function fill(figure) {
  const addresses = [figure.dataset.src, ...figure.dataset.more.trim().split(" ").filter(Boolean)];
  const answers = await Promise.all(addresses.map((address) => fetch(address)));
  return answers.every((answer) => answer.ok) ? Promise.all(answers.map((answer) => answer.json())) : null;
}

/** Draws and keeps on drawing: at news, in another size, in the dark. A curve that cannot be had stays a picture. */
export async function follow(figure) {
  let told = await fill(figure).catch(() => null);
  if (told === null) return;
  let plot = draw(figure, told);
  const again = () => {
    plot.destroy();
    plot = draw(figure, told);
  };
  for (const medium of [dark, paper]) medium.addEventListener("change", again);
  let width = plot.width;
  new ResizeObserver(() => {
    const { clientWidth } = figure.querySelector(".plot");
    if (clientWidth === width) return;
    width = clientWidth;
    again();
  }).observe(figure);
  onChange(async () => {
    const fresh = await fill(figure).catch(() => null);
    if (fresh === null || !figure.isConnected) return;
    told = fresh;
    plot.setData(lines(told));
  });
}

const figure = document.querySelector("figure.chart");
if (figure?.dataset.src) follow(figure);
