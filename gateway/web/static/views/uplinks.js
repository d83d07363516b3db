// The last frames of a node: who heard them how well, and what could not be read.

import { clockSeconds, date, number, t } from "../language.js";
import { html } from "../vendor/standalone.module.js";

export function Uplinks({ uplinks }) {
  return html`<section aria-labelledby="uplinks">
    <h3 id="uplinks">${t("uplinks.title")}</h3>
    ${uplinks?.length === 0 && html`<p class="empty">${t("uplinks.none")}</p>`}
    <ol role="list" class="uplinks">
      ${uplinks?.map((uplink) => html`<${Row} key=${uplink.id} uplink=${uplink} />`)}
    </ol>
  </section>`;
}

function Row({ uplink }) {
  const time = Date.parse(uplink.received_at);
  return html`<li>
    <time datetime=${uplink.received_at}>${date(time)} ${clockSeconds(time)}</time>
    <span class="rank">${t("uplinks.fcnt", { fcnt: uplink.fcnt })}</span>
    <ul role="list" class="heard" aria-label=${t("uplinks.heard")}>
      ${uplink.receptions.map((each) => html`<${Heard} ...${each} />`)}
    </ul>
    <span class="content"><${Content} uplink=${uplink} /></span>
  </li>`;
}

function Heard({ gateway_id: id, rssi_dbm: rssi, snr_db: snr, data_rate: rate }) {
  const strength = [
    rssi !== null && `${number(rssi, 0)}\u202fdBm`,
    snr !== null && `${number(snr, 1)}\u202fdB`,
    rate.replace("BW125", ""), // the usual bandwidth goes without saying
  ];
  return html`<li title=${id}><span class="gateway">${t("uplinks.gateway", { id: id.slice(-4) })}</span> ${strength.filter(Boolean).join(" · ")}</li>`;
}

function Content({ uplink }) {
  const payload = html`<code>${uplink.payload || t("uplinks.empty")}</code>`;
  if (uplink.decoded !== false) return payload;
  return html`<span class="notice" title=${uplink.error}>${t("uplinks.unreadable")}</span> ${payload}`;
}
