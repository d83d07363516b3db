// The words and signs that several views say of a value.

import { now } from "../clock.js";
import { age, fullMoment, hasText, number, t } from "../language.js";
import { scaled, shown } from "../quantities.js";
import { html } from "../vendor/standalone.module.js";

/** The least QARTOD flag of a value that is not to be trusted. */
export const SUSPECT = 3;

const ARROWS = {
  rising: "M4 16 16 4M7 4h9v9",
  falling: "M4 4l12 12M16 7v9H7",
  steady: "M2 10h15M11 4l6 6-6 6",
};
const SIGNS = {
  water: "M12 3c4 5 6 8 6 11a6 6 0 0 1-12 0c0-3 2-6 6-11z",
  noise: "M4 10v4h4l5 4V6L8 10zM16 9a4 4 0 0 1 0 6M18.500 6.500a8 8 0 0 1 0 11",
  dust: "M6 8h.01M12 6h.01M17 9h.01M8 13h.01M14 13h.01M6 18h.01M11 18h.01M17 17h.01",
  other: "M12 4v9M12 4a2 2 0 0 0-2 2v8a4 4 0 1 0 4 0V6a2 2 0 0 0-2-2z",
};

export function quantityName(quantity) {
  const key = `quantity.${quantity}`;
  return hasText(key) ? t(key) : quantity;
}

export function faultName(fault) {
  const key = `fault.${fault}`;
  return hasText(key) ? t(key) : fault;
}

/** "123 cm" as text; `fine` with all decimals. */
export function valueText(quantity, value, fine = false) {
  const { unit, decimals, fine: more } = shown(quantity);
  return `${number(scaled(quantity, value), fine ? more : decimals)}\u202f${unit}`.trim();
}

/** A value in large type, its unit smaller beside it. */
export function Figure({ quantity, value }) {
  const { unit, decimals } = shown(quantity);
  return html`<span class="figure">${number(scaled(quantity, value), decimals)}<span class="unit">\u202f${unit}</span></span>`;
}

export function Age({ time, style = "long" }) {
  return html`<time datetime=${new Date(time).toISOString()} title=${fullMoment(time)}>${age(now() - time, style)}</time>`;
}

export function Trend({ quantity, direction, perHour }) {
  if (direction === null) return html`<span class="trend unknown">${t("trend.unknown")}</span>`;
  const { unit, rate, decimals } = shown(quantity);
  const change = rate && direction !== "steady" ? ` ${number(Math.abs(perHour), decimals)}\u202f${unit}/h` : "";
  return html`<span class="trend ${direction}">
    <svg viewBox="0 0 20 20" aria-hidden="true"><path d=${ARROWS[direction]} /></svg>
    ${t(`trend.${direction}`)}${change}
  </span>`;
}

export function Sign({ kind }) {
  return html`<svg class="sign ${kind}" viewBox="0 0 24 24" aria-hidden="true"><path d=${SIGNS[kind]} /></svg>`;
}
