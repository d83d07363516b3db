// What a row of readings says: how often they come, whether the node is silent, which way the value goes.

import { scaled, shown } from "./quantities.js";

const HOUR_MS = 3_600_000;
const TREND_MS = HOUR_MS / 2;
const USUAL_INTERVAL_MS = 15 * 60_000; // until a node has shown its own
const MISSED = 2.5; // intervals without a reading: two reports are missing for certain

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * The usual distance between readings in milliseconds: nine of ten are no longer. Not the median: a node that
 * reports each minute while the water rises is not silent when it goes back to its usual fifteen.
 */
export function interval(points) {
  if (points.length < 3) return USUAL_INTERVAL_MS;
  const distances = points.slice(1).map((point, i) => point.time - points[i].time).sort((a, b) => a - b);
  return Math.max(1000, distances[Math.floor(0.9 * (distances.length - 1))]);
}

/** Whether the last report is too old to speak of the present. */
export function isStale(lastTime, points, nowMs) {
  return nowMs - lastTime > MISSED * interval(points);
}

/** Change per hour in the shown unit (Theil-Sen: the median of all slopes, so one wild reading turns nothing). */
export function slope(quantity, points, nowMs) {
  const span = Math.max(TREND_MS, 5 * interval(points));
  const recent = points.filter((point) => point.value !== null && point.time > nowMs - span).slice(-30);
  if (recent.length < 3) return null;
  const slopes = recent.flatMap((a, i) =>
    recent.slice(i + 1).filter((b) => b.time > a.time).map((b) => (b.value - a.value) / (b.time - a.time)),
  );
  return slopes.length ? scaled(quantity, median(slopes)) * HOUR_MS : null;
}

/** `rising`, `falling`, `steady`, or null when it cannot be told. */
export function direction(quantity, perHour) {
  if (perHour === null) return null;
  if (Math.abs(perHour) < shown(quantity).steady) return "steady";
  return perHour > 0 ? "rising" : "falling";
}

/** Times and values for a curve; a null stands where a reading failed or some are missing, so the line breaks. */
export function curve(quantity, points) {
  const gap = MISSED * interval(points);
  const times = [];
  const values = [];
  points.forEach((point, i) => {
    if (i > 0 && point.time - points[i - 1].time > gap) {
      times.push(points[i - 1].time + 1);
      values.push(null);
    }
    times.push(point.time);
    values.push(scaled(quantity, point.value));
  });
  return { times, values };
}
