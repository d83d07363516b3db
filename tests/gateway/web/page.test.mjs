// The page's reckoning, without a browser: the server's time, intervals, silence, trends, gaps.
import assert from "node:assert/strict";
import { test } from "node:test";
import { isSteady, now, speed, tellNow } from "../../../gateway/web/static/clock.js";
import { charted, headline, kind } from "../../../gateway/web/static/quantities.js";
import { curve, direction, interval, isStale, slope } from "../../../gateway/web/static/series.js";

const MINUTE = 60_000;
const NOON = Date.parse("2026-11-22T12:00:00.000Z");
const row = (values, step = 10 * MINUTE, end = NOON) =>
  values.map((value, i) => ({ time: end - (values.length - 1 - i) * step, value }));
const node = (...told) => ({ last: told.map((quantity) => ({ quantity })) });

test("the server's time goes on between answers, at the rate that was measured", () => {
  assert.equal(now(0), null);
  tellNow("2026-11-22T12:00:00.000Z", 1000);
  assert.equal(now(3000), NOON + 2000);
  assert.equal(speed(), 1);
  assert.equal(isSteady(), false); // one answer tells of no rate
  tellNow("2026-11-22T12:01:00.000Z", 2000);
  assert.equal(isSteady(), true);
  assert.equal(speed(), 60);
  assert.equal(now(3000), NOON + 2 * MINUTE);
  tellNow("2026-11-22T12:01:03.000Z", 2050); // too close to tell of the rate, but not of the time
  assert.equal(now(2050), NOON + MINUTE + 3000);
  assert.equal(speed(), 60);
  tellNow("2026-11-22T18:00:00.000Z", 4000);
  assert.equal(now(5000), NOON + 6 * 60 * MINUTE + 100_000); // a race is not carried on
  assert.equal(isSteady(), false);
  tellNow("2026-11-22T18:00:10.000Z", 14_000);
  assert.equal(speed(), 1);
});

test("one gap does not change the usual interval", () => {
  const points = row([1, 2, 3, 4, 5]);
  points.splice(2, 1);
  assert.equal(interval(points), 10 * MINUTE);
  assert.equal(interval([]), 15 * MINUTE);
});

test("a node is silent once two reports are missing", () => {
  const points = row([1, 2, 3, 4]);
  assert.equal(isStale(NOON, points, NOON + 24 * MINUTE), false);
  assert.equal(isStale(NOON, points, NOON + 26 * MINUTE), true);
});

test("some minutes of a flood do not make the usual interval a gap", () => {
  const dry = Array.from({ length: 60 }, (_, i) => ({ time: i * 5 * MINUTE, value: 300 }));
  const flood = Array.from({ length: 40 }, (_, i) => ({ time: (60 * 5 + i) * MINUTE, value: 300 + 20 * i }));
  const points = [...dry, ...flood];
  assert.equal(interval(points), 5 * MINUTE);
  assert.ok(!curve("level", points).values.includes(null));
  assert.equal(isStale(points.at(-1).time, points, points.at(-1).time + 6 * MINUTE), false);
});

test("the trend is the median slope: one wild reading turns nothing", () => {
  const rounded = (values) => slope("level", row(values), NOON).toFixed(6);
  assert.equal(rounded([100, 120, 140, 160]), "12.000000"); // 20 mm in 10 min are 12 cm/h
  assert.equal(rounded([100, 120, 9000, 160, 180]), "12.000000");
  assert.equal(direction("level", 12), "rising");
  assert.equal(direction("level", -12), "falling");
  assert.equal(direction("level", 0.4), "steady");
});

test("no trend from too little, from faults, or from what is long past", () => {
  assert.equal(slope("level", row([100, 120]), NOON), null);
  assert.equal(slope("level", row([null, null, null, 100]), NOON), null);
  assert.equal(slope("level", row([100, 120, 140]), NOON + 120 * MINUTE), null);
  assert.equal(direction("level", null), null);
});

test("the curve breaks at a fault and where readings are missing", () => {
  assert.deepEqual(curve("level", row([100, null, 300])).values, [10, null, 30]);
  const points = row([100, 110, 120, 130, 140, 150, 160]);
  points.splice(3, 3);
  const { times, values } = curve("level", points);
  assert.deepEqual(values, [10, 11, 12, null, 16]);
  assert.deepEqual(times, [...times].sort((a, b) => a - b));
});

test("a node is known for its water first; a distance is worth a curve only without a level", () => {
  assert.equal(headline(node("battery", "temperature", "level")), "level");
  assert.equal(headline(node("battery", "distance")), "distance");
  assert.equal(headline(node()), null);
  assert.equal(headline(node("of_tomorrow")), "of_tomorrow");
  assert.deepEqual(charted(node("distance", "level", "status", "battery")), ["level", "battery"]);
  assert.deepEqual(charted(node("distance", "battery")), ["distance", "battery"]);
  assert.equal(kind(node("laeq", "battery")), "noise");
});
