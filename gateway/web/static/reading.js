// What a node says at this moment: its value, or why there is none. A silent node says nothing of the present.

import { now } from "./clock.js";
import { headline } from "./quantities.js";
import { direction, isStale, slope } from "./series.js";
import { points } from "./state.js";

/**
 * `standing` is one of: live, silent (it used to report), faulty (its sensor failed), unreadable (frames, but none
 * that we understand), unheard (never a frame). Only a live node has a trend.
 */
export function present(node, quantity = headline(node)) {
  const last = node.last.find((each) => each.quantity === quantity) ?? null;
  if (last === null) {
    return { quantity, last, time: node.last_seen && Date.parse(node.last_seen), standing: node.last_seen ? "unreadable" : "unheard" };
  }
  const time = Date.parse(last.time);
  if (isSilent(node)) return { quantity, last, time, standing: "silent" };
  if (last.value === null) return { quantity, last, time, standing: "faulty" };
  const perHour = slope(quantity, points(node.dev_eui, quantity), now());
  return { quantity, last, time, standing: "live", perHour, direction: direction(quantity, perHour) };
}

/** Judged by its headline: a battery is told of more rarely, and a node is not silent for that. */
function isSilent(node) {
  const quantity = headline(node);
  const last = node.last.find((each) => each.quantity === quantity);
  return isStale(Date.parse(last.time), points(node.dev_eui, quantity), now());
}
