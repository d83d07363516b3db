// Keeps the page as the server would send it now: on news it asks for the page again and changes what has changed.
// Parts that may change carry `data-live` with a name of their own; nothing is rendered here.

const LEAST_PAUSE_MS = 1000; // between two questions, however much is told
const LONGEST_PAUSE_MS = 20_000; // ages grow even when nothing is told
const SETTLE_MS = 150; // a frame's readings come one after another
const PUBLIC_PAUSE_MS = 5000; // many read along who have not logged in, and do not ask all at one moment
const RETRY_MS = 3000;
const SPEED_SPAN_MS = 3000; // less tells more of the network than of the clock

const root = document.documentElement;
const stream = root.dataset.events;
const isPublic = stream.startsWith("/api/v1/news");
let hears = false; // else the page asks from time to time
const connection = document.querySelector(".connection");
let asked = performance.now();
let known = { local: performance.now(), server: Number(root.dataset.now) };
let planned = null;

/** Called with the fresh document after each change, such as by the map and the curve. */
const listeners = new Set();
export const onChange = (listener) => listeners.add(listener);

function plan(pause) {
  const least = isPublic ? PUBLIC_PAUSE_MS * (1 + Math.random()) : LEAST_PAUSE_MS;
  const at = Math.max(performance.now() + pause, asked + least);
  if (planned !== null && planned.at <= at) return;
  clearTimeout(planned?.timer);
  planned = { at, timer: setTimeout(refresh, at - performance.now()) };
}

async function refresh() {
  planned = null;
  asked = performance.now();
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok) throw new Error(answer.statusText);
    take(new DOMParser().parseFromString(await answer.text(), "text/html"));
    if (!hears) tell(true);
    plan(LONGEST_PAUSE_MS);
  } catch {
    tell(false);
    plan(RETRY_MS);
  }
}

function take(fresh) {
  if (fresh.documentElement.dataset.events !== stream) return location.reload(); // who asks has come in or gone
  root.dataset.now = fresh.documentElement.dataset.now;
  const parts = new Map([...fresh.querySelectorAll("[data-live]")].map((part) => [part.dataset.live, part]));
  const shown = [...document.querySelectorAll("[data-live]")];
  if (shown.length !== parts.size || shown.some((part) => !parts.has(part.dataset.live))) return takeMain(fresh);
  for (const part of shown) {
    const next = parts.get(part.dataset.live);
    if (!part.isEqualNode(next)) exchange(part, document.adoptNode(next));
  }
  tellSpeed();
  for (const listener of listeners) listener(fresh);
}

/** Something came or went. Curve and map go on as they are; the rest is taken over as a whole, unless it is in use. */
function takeMain(fresh) {
  const main = document.getElementById("main");
  if (main.contains(document.activeElement) && document.activeElement !== main) return;
  for (const kept of ["map", "chart"]) {
    const old = main.querySelector(`#${kept}.drawn`);
    if (old) fresh.querySelector(`#${kept}`)?.replaceWith(old);
  }
  const next = document.adoptNode(fresh.getElementById("main"));
  main.replaceChildren(...next.childNodes);
  for (const listener of listeners) listener(fresh);
}

/** The focus stays where it is, an opened table stays open. */
function exchange(part, next) {
  const focused = part.contains(document.activeElement) ? order(part).indexOf(document.activeElement) : -1;
  const top = part.scrollTop;
  part.replaceWith(next);
  next.scrollTop = top;
  if (focused >= 0) order(next)[focused]?.focus({ preventScroll: true });
}

function order(part) {
  const inside = [...part.querySelectorAll("a, button, input, select, summary, [tabindex]")];
  return part.matches("[tabindex]") ? [part, ...inside] : inside;
}

function tell(isLive) {
  const text = isLive ? connection.dataset.liveText : connection.dataset.lostText;
  connection.classList.toggle("live", isLive);
  connection.classList.toggle("lost", !isLive);
  if (!connection.textContent.startsWith(text)) connection.textContent = text;
}

/** In a demonstration the server's clock runs faster than ours. */
function tellSpeed() {
  const now = { local: performance.now(), server: Number(root.dataset.now) };
  if (now.local - known.local < SPEED_SPAN_MS) return;
  const speed = (now.server - known.server) / (now.local - known.local);
  known = now;
  if (speed < 2 || speed > 1000) return;
  const step = speed > 20 ? 5 : 1; // the measured rate trembles
  const text = connection.dataset.speedText.replace("{speed}", Math.round(speed / step) * step);
  connection.textContent = `${connection.dataset.liveText} · ${text}`;
}

/** News of all frames for those who may hear of them, of published places for everybody, as far as there is room. */
function listen(address) {
  const events = new EventSource(address);
  events.onopen = () => {
    hears = true;
    tell(true);
    plan(SETTLE_MS);
  };
  events.onerror = () => {
    hears = events.readyState !== EventSource.CLOSED; // refused: there is no room
    if (hears) tell(false);
    plan(RETRY_MS);
  };
  for (const kind of ["uplink", "reading", "join", "alarm"]) events.addEventListener(kind, () => plan(SETTLE_MS));
  addEventListener("pagehide", () => events.close());
}

listen(stream);
addEventListener("pageshow", (shown) => shown.persisted && location.reload());
plan(LONGEST_PAUSE_MS);
