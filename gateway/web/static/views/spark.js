// The last six hours of a node as a small line, for the eye only: the numbers stand beside it.

import { shown } from "../quantities.js";
import { curve } from "../series.js";
import { points } from "../state.js";
import { html } from "../vendor/standalone.module.js";

const SPAN_MS = 6 * 3_600_000;
const WIDTH = 120;
const HEIGHT = 36;
const EDGE = 3;

export function Spark({ devEui, quantity }) {
  const known = quantity ? points(devEui, quantity) : [];
  const end = known.at(-1)?.time ?? 0;
  const recent = known.filter((point) => point.time > end - SPAN_MS);
  return html`<svg class="spark" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true">
    ${recent.length > 1 && html`<path d=${line(quantity, recent, end)} />`}
  </svg>`;
}

function line(quantity, recent, end) {
  const { times, values } = curve(quantity, recent);
  const measured = values.filter((value) => value !== null);
  const [low, high] = [Math.min(...measured), Math.max(...measured)];
  // A calm value is a calm line in the middle: its noise is not blown up to the full height.
  const span = Math.max(high - low, 2 * shown(quantity).steady);
  const least = (low + high - span) / 2;
  const x = (time) => ((time - end) / SPAN_MS + 1) * WIDTH;
  const y = (value) => HEIGHT - EDGE - ((value - least) / span) * (HEIGHT - 2 * EDGE);
  let pen = "M";
  let path = "";
  values.forEach((value, i) => {
    if (value !== null) path += `${pen}${x(times[i]).toFixed(1)} ${y(value).toFixed(1)}`;
    pen = value === null ? "M" : "L";
  });
  return path;
}
