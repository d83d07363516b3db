// What stands around the values: name, state of the connection, the server's time, languages, footer.

import { now, speed } from "../clock.js";
import { LANGUAGES, clockSeconds, day, t } from "../language.js";
import { html } from "../vendor/standalone.module.js";

const NAMES = { de: "Deutsch", en: "English" };

export function Header({ language, connected, onLanguage }) {
  return html`<header class="top">
    <a class="skip" href="#nodes">${t("frame.skip")}</a>
    <a class="brand" href="#"><img src="/static/icon.svg" alt="" width="36" height="36" /><h1>messfunk</h1></a>
    <p class="tagline">${t("frame.tagline")}</p>
    <div class="time">
      <${Connection} connected=${connected} />
      ${now() !== null && html`<span class="clock">${day(now())} ${clockSeconds(now())}</span>`}
      ${speed() > 1 && html`<span class="speed">${t("frame.speed", { speed: speed() })}</span>`}
    </div>
    <div class="languages" role="group" aria-label=${t("frame.language")}>
      ${LANGUAGES.map(
        (each) => html`<button type="button" lang=${each} aria-pressed=${each === language ? "true" : "false"} title=${NAMES[each]} onClick=${() => onLanguage(each)}>
          ${each.toUpperCase()}<span class="hidden"> ${NAMES[each]}</span>
        </button>`,
      )}
    </div>
  </header>`;
}

function Connection({ connected }) {
  return html`<span class="connection ${connected ? "live" : "lost"}" role="status">${t(connected ? "frame.live" : "frame.lost")}</span>`;
}

export function Failure({ failure }) {
  return html`<p class="failure" role="alert">${failure ? t("frame.refused", { detail: failure }) : t("frame.noAnswer")}</p>`;
}

export function Footer() {
  return html`<footer>
    <p>${t("frame.privacy")}</p>
    <p><a href="/openapi.json">${t("frame.api")}</a></p>
  </footer>`;
}
