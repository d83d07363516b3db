// All nodes at a glance: value, age, trend and the last six hours of each.

import { t } from "../language.js";
import { kind } from "../quantities.js";
import { present } from "../reading.js";
import { html } from "../vendor/standalone.module.js";
import { Spark } from "./spark.js";
import { Age, Figure, SUSPECT, Sign, Trend, faultName, quantityName, valueText } from "./words.js";

const KINDS = ["water", "noise", "dust", "other"];

/** Water first, then by name: the order stays while values change. */
export function arranged(devices, language) {
  const { compare } = new Intl.Collator(language, { numeric: true });
  const place = (node) => KINDS.indexOf(kind(node));
  return [...devices].sort((a, b) => place(a) - place(b) || compare(a.name, b.name) || compare(a.dev_eui, b.dev_eui));
}

export function Overview({ devices, selected }) {
  return html`<section class="overview" aria-labelledby="nodes">
    <h2 id="nodes">${t("overview.title")}</h2>
    <p class="summary">${summary(devices)}</p>
    <ul role="list" class="cards">
      ${devices.map((node) => html`<li key=${node.dev_eui}><${Card} node=${node} selected=${node.dev_eui === selected} /></li>`)}
    </ul>
  </section>`;
}

function summary(devices) {
  const silent = devices.filter((node) => present(node).standing !== "live").length;
  const all = t(devices.length === 1 ? "overview.single" : "overview.count", { count: devices.length });
  return silent === 0 ? `${all} ${t("overview.allLive")}` : `${all} ${t("overview.notLive", { count: silent })}`;
}

function Card({ node, selected }) {
  const { quantity, standing, ...rest } = present(node);
  return html`<a class="card ${standing}" href="#${node.dev_eui}" aria-current=${selected ? "true" : null}>
    <span class="name"><${Sign} kind=${kind(node)} /><bdi>${node.name || node.dev_eui}</bdi></span>
    <span class="what">
      <span>${quantity ? quantityName(quantity) : t("value.none")}</span>
      ${rest.time && html`<span class="age"><${Age} time=${rest.time} style="short" /></span>`}
    </span>
    <span class="value"><${Value} quantity=${quantity} standing=${standing} ...${rest} /></span>
    <${Spark} devEui=${node.dev_eui} quantity=${quantity} />
    <span class="state"><${State} quantity=${quantity} standing=${standing} ...${rest} /></span>
  </a>`;
}

function Value({ quantity, standing, last }) {
  if (standing === "live") return html`<${Figure} quantity=${quantity} value=${last.value} />`;
  return html`<span class="figure unknown">${t("value.unknown")}</span>`;
}

function State({ quantity, standing, last, direction, perHour }) {
  if (standing === "live" && last.flag >= SUSPECT) return html`<span class="notice">${t(`flag.${last.flag}`)}</span>`;
  if (standing === "live") return html`<${Trend} quantity=${quantity} direction=${direction} perHour=${perHour} />`;
  return html`<span class="notice">${reason(standing, last, quantity)}</span>`;
}

/** Why a node shows no value of the present. */
export function reason(standing, last, quantity) {
  if (standing === "faulty") return faultName(last.fault);
  if (standing === "silent" && last.value !== null) {
    return t("standing.silentLast", { value: valueText(quantity, last.value) });
  }
  return t(`standing.${standing}`);
}
