// How each quantity is shown to people: unit, factor from the interface's unit, decimals.
// `steady` is the change per hour below which a value counts as unchanged; `rate`: a change per hour means something.

const LEVEL = { unit: "cm", factor: 0.1, decimals: 0, fine: 1, steady: 1, rate: true };
const NOISE = { unit: "dB", factor: 1, decimals: 0, fine: 1, steady: 4 };
const DUST = { unit: "µg/m³", factor: 1, decimals: 0, fine: 1, steady: 3 };
const PERCENT = { unit: "%", factor: 1, decimals: 0, fine: 0, steady: 4 };
const PLAIN = { unit: "", factor: 1, decimals: 0, fine: 0, steady: Infinity };

// In the order in which one of them becomes a node's headline.
const SHOWN = {
  level: LEVEL,
  head: LEVEL,
  rain: { unit: "mm", factor: 1, decimals: 1, fine: 1, steady: 1 },
  laeq: NOISE,
  pm25: DUST,
  pm10: DUST,
  temperature: { unit: "°C", factor: 1, decimals: 1, fine: 1, steady: 0.5 },
  humidity: PERCENT,
  pressure: { unit: "hPa", factor: 1, decimals: 0, fine: 1, steady: 1 },
  distance: LEVEL,
  lafmax: NOISE,
  l10: NOISE,
  l90: NOISE,
  pm1: DUST,
  pm4: DUST,
  rain_total: { unit: "mm", factor: 1, decimals: 1, fine: 1, steady: 1 },
  battery: { unit: "V", factor: 1, decimals: 2, fine: 2, steady: 0.05 },
  charge: PERCENT,
  status: PLAIN,
  reset_cause: PLAIN,
};

const ORDER = Object.keys(SHOWN);
const KINDS = { level: "water", head: "water", rain: "water", laeq: "noise", pm25: "dust", pm10: "dust" };

export function shown(quantity) {
  return SHOWN[quantity] ?? PLAIN;
}

/** In the unit people see; null stays null. */
export function scaled(quantity, value) {
  return value === null ? null : value * shown(quantity).factor;
}

/** The quantity a node is known for, null when it never told one. */
export function headline(device) {
  const told = device.last.map((each) => each.quantity);
  return ORDER.find((quantity) => told.includes(quantity)) ?? told[0] ?? null;
}

/** Which sign a node carries: water, noise, dust or other. */
export function kind(device) {
  return KINDS[headline(device)] ?? "other";
}

/** Those of a node that a curve makes sense of, the headline first; a distance only while no level follows from it. */
export function charted(device) {
  const told = device.last.map((each) => each.quantity);
  const redundant = told.includes("level") ? "distance" : null;
  return ORDER.filter((each) => told.includes(each) && each !== redundant && shown(each) !== PLAIN);
}
