// The server's clock, carried on between answers. In a demonstration it runs faster than ours: the rate is measured.

const MIN_SPAN_MS = 1000; // samples closer together tell more of the network than of the clock
const MAX_RATE = 100; // a replay may race and then stop: what is carried on must not run far ahead of it

let base = null; // {local, server}: the sample that time is carried on from
let from = null; // the sample that the rate is measured from
let rate = null; // not measured yet

/** Take the `now` of an answer. */
export function tellNow(text, local = performance.now()) {
  const sample = { local, server: Date.parse(text) };
  if (from === null) from = sample;
  if (local - from.local >= MIN_SPAN_MS) {
    rate = Math.max(0, (sample.server - from.server) / (local - from.local));
    from = sample;
  }
  base = sample;
}

/** Milliseconds since 1970 by the server's clock, null before the first answer. */
export function now(local = performance.now()) {
  return base && base.server + (local - base.local) * Math.min(rate ?? 1, MAX_RATE);
}

/** Whether time goes on evenly: not before its rate is known, nor while a replay catches up with the present. */
export function isSteady() {
  return rate !== null && rate <= MAX_RATE;
}

/** How many times faster than ours the server's clock runs, 1 when it is only drift. */
export function speed() {
  const step = rate > 200 ? 50 : rate > 20 ? 5 : 1; // the measured rate trembles
  return rate > 1.5 ? Math.round(rate / step) * step : 1;
}
