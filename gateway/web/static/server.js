// The HTTP interface, as /openapi.json describes it.

import { tellNow } from "./clock.js";

const MOST_PAGES = 30;
const RETRY_MS = 5000;

/** The answer to a GET; an Error with the server's own words when it refuses. */
async function ask(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== null);
  const answer = await fetch(`${path}?${new URLSearchParams(given)}`, { headers: { Accept: "application/json" } });
  const body = await answer.json();
  if (body.now) tellNow(body.now);
  if (!answer.ok) throw new Error(body.detail);
  return body;
}

/** All pages of a list. */
async function walk(path, name, query) {
  const rows = [];
  let cursor = null;
  for (let page = 0; page < MOST_PAGES; page++) {
    const answer = await ask(path, { limit: 1000, ...query, cursor });
    rows.push(...answer[name]);
    cursor = answer.next;
    if (cursor === null) break;
  }
  return rows;
}

export const devices = () => walk("/api/v1/devices", "devices", {});

export const readings = (devEui, quantity, from) =>
  walk(`/api/v1/devices/${devEui}/readings`, "readings", { quantity, from: new Date(from).toISOString() });

export const uplinks = (devEui, from) =>
  walk("/api/v1/uplinks", "uplinks", { dev_eui: devEui, from: new Date(from).toISOString() });

/** Follow the events: `handlers` has open, lost, uplink, reading, join. A lost connection is taken up again. */
export function follow(handlers) {
  const stream = new EventSource("/api/v1/events");
  stream.addEventListener("open", handlers.open);
  stream.addEventListener("error", () => {
    handlers.lost();
    // The browser retries a broken line by itself, but gives up for good on an answer such as 503.
    if (stream.readyState === EventSource.CLOSED) setTimeout(follow, RETRY_MS, handlers);
  });
  for (const kind of ["uplink", "reading", "join"]) {
    stream.addEventListener(kind, (event) => handlers[kind](JSON.parse(event.data)));
  }
}
