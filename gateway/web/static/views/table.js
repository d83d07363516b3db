// The readings of a curve as a table, for those who want the numbers or cannot see the curve.

import { moment, t } from "../language.js";
import { html } from "../vendor/standalone.module.js";
import { faultName, quantityName, valueText } from "./words.js";

const ROWS = 200;

export function ReadingsTable({ devEui, quantity, points }) {
  const newest = points.slice(-ROWS).reverse();
  return html`<details class="numbers">
    <summary>${t("table.title")}</summary>
    <p>
      ${points.length > ROWS && t("table.cut", { rows: ROWS, count: points.length })}${" "}
      <a href="/api/v1/devices/${devEui}/readings?quantity=${quantity}&limit=1000">${t("table.all")}</a>
    </p>
    <div class="scroll" tabindex="0" role="region" aria-label=${t("table.title")}>
      <table>
        <thead>
          <tr><th scope="col">${t("table.time")}</th><th scope="col">${quantityName(quantity)}</th><th scope="col">${t("table.flag")}</th></tr>
        </thead>
        <tbody>
          ${newest.map(
            ({ id, time, value, fault, flag }) => html`<tr key=${id}>
              <td>${moment(time)}</td>
              <td>${value === null ? faultName(fault) : valueText(quantity, value, true)}</td>
              <td>${t(`flag.${flag}`)}</td>
            </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </details>`;
}
