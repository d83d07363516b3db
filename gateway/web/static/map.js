// The map: Leaflet with the operator's own base map, in the stead of the plan that the server sent.

import { onChange } from "./live.js";

const MOST_LABELS = 24; // beyond that they cover each other
const place = document.getElementById("map");
const dark = matchMedia("(prefers-color-scheme: dark)");
const moves = !matchMedia("(prefers-reduced-motion: reduce)").matches;
const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** A script of another age: it gives no exports, but a global. */
function load(address) {
  return new Promise((loaded, failed) => {
    const script = Object.assign(document.createElement("script"), { src: address, onload: loaded, onerror: failed });
    document.head.append(script);
  });
}

function dress(address) {
  return new Promise((loaded, failed) => {
    const sheet = Object.assign(document.createElement("link"), { rel: "stylesheet", href: address, onload: loaded, onerror: failed });
    document.head.prepend(sheet); // ours has the last word
  });
}

function spots() {
  return [...document.querySelectorAll("li[data-lat]")].map((item) => ({
    at: [Number(item.dataset.lat), Number(item.dataset.lon)],
    name: item.querySelector("bdi").textContent,
    told: item.querySelector(".value").textContent.trim(),
    isLive: item.classList.contains("live"),
    isAlarmed: item.classList.contains("alarmed"),
    href: item.querySelector("a").href,
  }));
}

function looks({ isLive, isAlarmed }) {
  const colour = style(isAlarmed ? "--alarm" : isLive ? "--accent" : "--muted");
  return { radius: isAlarmed ? 9 : 7, color: style("--card"), weight: 2, fillColor: colour, fillOpacity: isLive || isAlarmed ? 1 : 0.5 };
}

function text(kind, content) {
  return Object.assign(document.createElement(kind), { textContent: content });
}

/** Beside the spot its value; its name joins it where the pointer is. */
function label({ name, told }, isWhole) {
  const box = text("span", "");
  box.append(text("b", told), ...(isWhole ? [" ", text("bdi", name)] : []));
  return box;
}

/** The base map: areas and waters as lines, or tiles from one file. A feature without geometry or names is passed over. */
async function base(map, address) {
  if (address.endsWith(".pmtiles")) {
    await load("/static/vendor/protomaps-leaflet.js");
    const { p: tiles } = new protomapsL.PmtilesSource(address, true);
    const { maxZoom } = await tiles.getHeader(); // beyond it the last tiles are drawn larger
    protomapsL.leafletLayer({ url: tiles, maxDataZoom: maxZoom, flavor: dark.matches ? "dark" : "light", lang: document.documentElement.lang }).addTo(map);
    return null;
  }
  const answer = await fetch(address);
  const areas = await answer.json();
  const isWater = ({ properties }) => Boolean(properties?.water ?? properties?.waterway);
  return L.geoJSON(areas, {
    interactive: false,
    filter: ({ geometry }) => geometry !== null && !["Point", "MultiPoint"].includes(geometry?.type),
    style: (feature) => (isWater(feature) ? { color: style("--water"), weight: 2, fillOpacity: 0.2 } : { color: style("--line-strong"), weight: 1, fillColor: style("--land"), fillOpacity: 1 }),
  }).addTo(map);
}

async function show() {
  await Promise.all([load("/static/vendor/leaflet.js"), dress("/static/vendor/leaflet.css")]);
  const found = spots();
  place.replaceChildren();
  place.classList.add("drawn");
  const map = L.map(place, { preferCanvas: true, zoomControl: false, attributionControl: false, keyboard: true, zoomSnap: 0.5, zoomAnimation: moves, fadeAnimation: moves, inertia: moves });
  const { panBy } = map; // by the arrow keys
  if (!moves) map.panBy = (offset) => panBy.call(map, offset, { animate: false });
  L.control.zoom({ zoomInTitle: place.dataset.in, zoomOutTitle: place.dataset.out }).addTo(map);
  L.control.scale({ imperial: false }).addTo(map);
  map.fitBounds(L.latLngBounds(found.map(({ at }) => at)).pad(0.15), { maxZoom: 15, animate: false });
  place.setAttribute("role", "region");
  place.setAttribute("aria-label", place.dataset.label);
  const drawn = L.layerGroup().addTo(map);
  const put = () => {
    drawn.clearLayers();
    for (const spot of spots()) {
      const dot = L.circleMarker(spot.at, looks(spot)).on("click", () => location.assign(spot.href));
      const isPermanent = found.length <= MOST_LABELS;
      dot.bindTooltip(label(spot, !isPermanent), { permanent: isPermanent, direction: "top", offset: [0, -8], className: "label" });
      if (isPermanent) dot.on("mouseover", () => dot.setTooltipContent(label(spot, true)).bringToFront()).on("mouseout", () => dot.setTooltipContent(label(spot, false)));
      drawn.addLayer(dot);
    }
  };
  await base(map, place.dataset.base).catch(() => null); // the places stand without it
  put();
  onChange(put);
  dark.addEventListener("change", () => location.reload());
  return map;
}

/** The list comes first: map code is fetched only once the map is in sight. */
new IntersectionObserver((entries, watch) => {
  if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
  watch.disconnect();
  show();
}).observe(place);
