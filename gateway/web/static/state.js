// What the page knows: nodes, their series and uplinks, and what the reader chose. Views read it and never change it.

import { now, speed } from "./clock.js";
import { charted, headline } from "./quantities.js";
import * as server from "./server.js";

const HOUR_MS = 3_600_000;
const SPARK_MS = 6 * HOUR_MS;
const UPLINKS_SHOWN = 8;
const SETTLE_MS = 1500; // further gateways may still tell of the same frame

export const RANGES_H = [6, 24, 72];

export const state = {
  devices: null, // null until the first answer
  ready: false, // the series of the overview are there too
  series: new Map(), // "DEVEUI/quantity" -> {from, points}
  uplinks: new Map(), // DEVEUI -> newest first
  selected: null,
  quantity: null,
  hours: 6,
  connected: false,
  failure: null,
};

let changed = () => {};

/** Call `listener` after every change, with at most one call per frame. */
export function watch(listener) {
  let planned = false;
  changed = () => {
    if (planned) return;
    planned = true;
    requestAnimationFrame(() => {
      planned = false;
      listener();
    });
  };
}

export function device(devEui) {
  return state.devices?.find((each) => each.dev_eui === devEui) ?? null;
}

/** The quantity whose curve is shown: the chosen one where the node has it. */
export function chartQuantity(node) {
  const offered = charted(node);
  return offered.includes(state.quantity) ? state.quantity : (offered[0] ?? null);
}

export function points(devEui, quantity) {
  return state.series.get(`${devEui}/${quantity}`)?.points ?? [];
}

export async function select(devEui) {
  if (devEui !== state.selected) state.quantity = null; // each node begins with what it is there for
  state.selected = devEui;
  changed();
  await attempt(loadSelected);
}

export async function choose(choice) {
  Object.assign(state, choice);
  changed();
  await attempt(loadSelected);
}

/** Run until the page closes: read all, then follow. */
export function start() {
  server.follow({
    open: () => {
      state.connected = true;
      state.series.clear(); // what happened while the line was down is read anew
      refresh();
    },
    lost: () => {
      state.connected = false;
      changed();
    },
    uplink: takeUplink,
    reading: takeReading,
    join: takeDevice,
  });
  poll();
}

/** Ask for the nodes now and then: keeps our idea of the server's time right, and finds what no event tells. */
function poll() {
  setTimeout(async () => {
    await refresh();
    poll();
  }, pause());
}

function pause() {
  if (speed() > 100) return 1000;
  return state.devices === null || speed() > 1 ? 3000 : 30_000;
}

async function refresh() {
  await attempt(async () => {
    state.devices = await server.devices();
    changed();
    await Promise.all([...state.devices.map(loadSpark), loadSelected()]);
    state.ready = true;
  });
}

async function attempt(task) {
  try {
    await task();
    state.failure = null;
  } catch (error) {
    state.failure = error instanceof TypeError ? "" : error.message; // TypeError: nobody answered
  }
  changed();
}

function loadSpark(node) {
  const quantity = headline(node);
  const last = node.last.find((each) => each.quantity === quantity);
  return last && loadSeries(node.dev_eui, quantity, Date.parse(last.time) - SPARK_MS);
}

async function loadSelected() {
  const node = device(state.selected);
  if (node === null) return;
  const quantity = chartQuantity(node);
  await Promise.all([
    quantity && loadSeries(node.dev_eui, quantity, now() - state.hours * HOUR_MS),
    state.uplinks.has(node.dev_eui) || loadUplinks(node.dev_eui),
  ]);
}

async function loadSeries(devEui, quantity, from) {
  const key = `${devEui}/${quantity}`;
  const known = state.series.get(key);
  if (known && known.from <= from) return;
  const series = { from, points: known?.points ?? [] }; // takes what is told while the answer is on its way
  state.series.set(key, series);
  try {
    const rows = await server.readings(devEui, quantity, from);
    series.points = merged(series.points, rows.map(point));
  } catch (error) {
    state.series.delete(key);
    throw error;
  }
  changed();
}

async function loadUplinks(devEui) {
  const lastSeen = device(devEui)?.last_seen;
  const rows = lastSeen ? await server.uplinks(devEui, Date.parse(lastSeen) - SPARK_MS) : [];
  state.uplinks.set(devEui, rows.slice(-UPLINKS_SHOWN).reverse());
  changed();
}

function point({ uplink_id: id, time, value, fault, flag }) {
  return { id, time: Date.parse(time), value, fault, flag };
}

/** Both, each reading once, by time. */
function merged(some, others) {
  const each = new Map([...some, ...others].map((one) => [one.id, one]));
  return [...each.values()].sort((a, b) => a.time - b.time);
}

function takeDevice(told) {
  const others = (state.devices ?? []).filter((each) => each.dev_eui !== told.dev_eui);
  state.devices = [...others, told];
  changed();
}

function takeReading(told) {
  const node = device(told.dev_eui);
  const former = node?.last.find((each) => each.quantity === told.quantity);
  if (former && former.time <= told.time) Object.assign(former, told);
  if (node && !former) node.last.push(told);
  const known = state.series.get(`${told.dev_eui}/${told.quantity}`);
  if (known) known.points = merged(known.points, [point(told)]).filter((each) => each.time >= known.from);
  changed();
}

let settling = null;

function takeUplink(told) {
  const node = device(told.dev_eui);
  if (node === null) return void refresh(); // registered after we asked
  Object.assign(node, { last_seen: told.received_at, fcnt_up: told.fcnt, dev_addr: told.dev_addr });
  if (told.dev_eui === state.selected) {
    clearTimeout(settling);
    settling = setTimeout(() => attempt(() => loadUplinks(told.dev_eui)), SETTLE_MS);
  } else {
    state.uplinks.delete(told.dev_eui);
  }
  changed();
}
