// One node: its present value in large type, the curve, its other values and its last frames.

import { now } from "../clock.js";
import { moment, t } from "../language.js";
import { charted, kind } from "../quantities.js";
import { present } from "../reading.js";
import { RANGES_H, chartQuantity, choose, points, state } from "../state.js";
import { html } from "../vendor/standalone.module.js";
import { Chart } from "./chart.js";
import { reason } from "./overview.js";
import { ReadingsTable } from "./table.js";
import { Uplinks } from "./uplinks.js";
import { Age, Figure, SUSPECT, Sign, Trend, faultName, quantityName, valueText } from "./words.js";

export function Site({ node, language }) {
  const quantity = chartQuantity(node);
  const series = quantity ? points(node.dev_eui, quantity) : [];
  const visible = series.filter((point) => point.time >= now() - state.hours * 3_600_000);
  return html`<article class="site" aria-labelledby="site">
    <a class="back" href="#">${t("site.back")}</a>
    <h2 id="site" tabindex="-1"><${Sign} kind=${kind(node)} /><bdi>${node.name || node.dev_eui}</bdi></h2>
    <${Present} node=${node} quantity=${quantity} />
    ${quantity &&
    html`<${Choices} node=${node} quantity=${quantity} />
      <${Chart} key=${node.dev_eui} quantity=${quantity} points=${series} hours=${state.hours} language=${language} />
      <${ReadingsTable} devEui=${node.dev_eui} quantity=${quantity} points=${visible} />`}
    ${node.last.length > 0 && html`<${LastValues} node=${node} />`}
    <${Uplinks} uplinks=${state.uplinks.get(node.dev_eui)} />
    <${Particulars} node=${node} />
  </article>`;
}

function Present({ node, quantity }) {
  const { standing, last, time, direction, perHour } = present(node, quantity);
  return html`<div class="present ${standing}">
    <p class="what">${quantity ? quantityName(quantity) : t("value.none")}</p>
    <p class="big" aria-live="polite">
      ${standing === "live"
        ? html`<${Figure} quantity=${quantity} value=${last.value} />`
        : html`<span class="figure unknown">${t("value.unknown")}</span>`}
    </p>
    <p class="state">
      ${standing === "live"
        ? html`<${Trend} quantity=${quantity} direction=${direction} perHour=${perHour} />`
        : html`<span class="notice">${reason(standing, last, quantity)}</span>`}
      ${standing === "live" && last.flag >= SUSPECT && html`<span class="notice">${t(`flag.${last.flag}`)}</span>`}
    </p>
    ${time && html`<p class="when">${t(last ? "site.measured" : "site.heard")} <${Age} time=${time} /></p>`}
  </div>`;
}

function Choices({ node, quantity }) {
  return html`<div class="choices">
    <div role="group" aria-label=${t("site.quantity")}>
      ${charted(node).map((each) => html`<${Choice} chosen=${each === quantity} choice=${{ quantity: each }} text=${quantityName(each)} />`)}
    </div>
    <div role="group" aria-label=${t("site.range")}>
      ${RANGES_H.map((hours) => html`<${Choice} chosen=${hours === state.hours} choice=${{ hours }} text=${t(`range.${hours}`)} />`)}
    </div>
  </div>`;
}

function Choice({ chosen, choice, text }) {
  return html`<button type="button" aria-pressed=${chosen ? "true" : "false"} onClick=${() => choose(choice)}>${text}</button>`;
}

function LastValues({ node }) {
  const isOneReport = node.last.every((last) => last.time === node.last[0].time);
  const since = (last) => html`<small><${Age} time=${Date.parse(last.time)} style="short" /></small>`;
  return html`<section aria-labelledby="values">
    <h3 id="values">${t("site.values")} ${isOneReport && since(node.last[0])}</h3>
    <dl class="values">
      ${node.last.map(
        (last) => html`<div>
          <dt>${quantityName(last.quantity)}</dt>
          <dd>
            ${last.value === null ? html`<span class="notice">${faultName(last.fault)}</span>` : valueText(last.quantity, last.value, true)}
            ${last.flag >= SUSPECT && last.value !== null && html` <span class="notice">${t(`flag.${last.flag}`)}</span>`}
            ${!isOneReport && since(last)}
          </dd>
        </div>`,
      )}
    </dl>
  </section>`;
}

function Particulars({ node }) {
  const rows = {
    "node.devEui": node.dev_eui,
    "node.activation": t(`activation.${node.activation}`),
    "node.devAddr": node.dev_addr,
    "node.joined": node.joined_at && moment(Date.parse(node.joined_at)),
    "node.fcnt": node.fcnt_up,
  };
  return html`<details class="particulars">
    <summary>${t("node.title")}</summary>
    <dl>
      ${Object.entries(rows).map(([key, value]) => html`<div><dt>${t(key)}</dt><dd>${value ?? t("value.unknown")}</dd></div>`)}
    </dl>
  </details>`;
}
