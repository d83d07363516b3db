// The page: chooses a language, follows the gateway, and draws what is known, anew each second for the ages.

import { isSteady } from "./clock.js";
import { chooseLanguage, language, preferredLanguage, switchLanguage, t } from "./language.js";
import { shown } from "./quantities.js";
import { present } from "./reading.js";
import { device, select, start, state, watch } from "./state.js";
import { html, render } from "./vendor/standalone.module.js";
import { Failure, Footer, Header } from "./views/frame.js";
import { Overview, arranged } from "./views/overview.js";
import { Site } from "./views/site.js";

const root = document.getElementById("page");
const wide = matchMedia("(min-width: 60rem)"); // as in page.css: the node stands beside the overview
const SKIP_TARGET = "nodes";
let address = null; // the DevEUI after the #
let isChosen = false; // which node to show while there is none

function Page() {
  const devices = arranged(state.devices ?? [], language);
  const node = device(state.selected);
  const single = address !== null && (state.devices === null || device(address) !== null);
  return html`<${Header} language=${language} connected=${state.connected} onLanguage=${turnTo} />
    ${state.failure !== null && html`<${Failure} failure=${state.failure} />`}
    <main class=${single ? "one" : "all"} aria-busy=${state.devices === null ? "true" : null}>
      ${state.devices?.length === 0 && html`<p class="empty">${t("overview.none")}</p>`}
      ${devices.length > 0 && html`<${Overview} devices=${devices} selected=${wide.matches ? node?.dev_eui : null} />`}
      ${node && html`<${Site} key=${node.dev_eui} node=${node} language=${language} />`}
    </main>
    <${Footer} />`;
}

function draw() {
  const isOpen = !isChosen || device(state.selected) === null;
  if (isOpen && state.ready && state.devices.length) chooseFirst();
  document.title = [device(address)?.name, "messfunk"].filter(Boolean).join(" · ");
  render(html`<${Page} />`, root);
}

/** The node to begin with: where most is on the rise, else the first that has something to say. */
function chooseFirst() {
  isChosen ||= isSteady(); // before that, the present is still to come
  const said = arranged(state.devices, language).map((node) => ({ node, ...present(node) }));
  const rise = ({ direction, perHour, quantity }) => (direction === "rising" ? perHour / shown(quantity).steady : 0);
  const [first] = said.filter(({ standing }) => standing === "live").sort((a, b) => rise(b) - rise(a));
  const { dev_eui: devEui } = (first ?? said[0]).node;
  if (devEui !== state.selected) select(devEui);
}

async function turnTo(wanted) {
  await switchLanguage(wanted);
  draw();
}

/** The address names the node: it can be kept, sent to someone, and gone back from. */
async function followAddress() {
  const asked = location.hash.slice(1) || null;
  if (asked === SKIP_TARGET) return;
  address = asked;
  isChosen ||= asked !== null;
  await select(asked ?? state.selected);
  if (asked && !wide.matches) {
    scrollTo(0, 0);
    document.getElementById("site")?.focus({ preventScroll: true });
  }
}

await chooseLanguage(preferredLanguage());
root.textContent = "";
watch(draw);
addEventListener("hashchange", followAddress);
wide.addEventListener("change", draw);
setInterval(draw, 1000);
followAddress();
start();
draw();
