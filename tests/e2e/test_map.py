"""The base map in a real browser: fetched only where it is shown, robust against what a GeoJSON may lack."""

import json
from pathlib import Path

from gateway.web.section import PageConfig
from tests.e2e import tiles, village
from tests.e2e.conftest import Browser, FastClock, Site, serving
from tests.e2e.test_page import is_quiet

RING = [[9.6, 50.5], [9.8, 50.5], [9.8, 50.6], [9.6, 50.5]]
FEATURES = [
    {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [RING]}},
    {"type": "Feature", "properties": None, "geometry": {"type": "LineString", "coordinates": RING[:2]}},
    {"type": "Feature", "properties": {"water": "Aue"}, "geometry": None},
    {"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [9.7, 50.5]}},
]


# How far the map still goes once an arrow key has moved it: whoever wants less motion sees none.
MOVED = """(() => {
  const map = document.getElementById("map");
  const pane = () => map.querySelector(".leaflet-map-pane").getBoundingClientRect().left;
  map.focus();
  const before = pane();
  map.dispatchEvent(new KeyboardEvent("keydown", { keyCode: 37, bubbles: true }));
  const at = pane();
  if (at === before) throw new Error("the key did not move the map");
  return new Promise((done) => setTimeout(() => done(pane() - at), 400));
})()"""


def requested(browser: Browser, part: str) -> bool:
    return any(part in url for url in browser.do("heard")["requests"])


def test_the_map_takes_the_place_of_the_plan(tmp_path: Path, browser: Browser) -> None:
    file = tmp_path / "map.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": FEATURES}), encoding="utf-8")
    ledger = village.build(tmp_path / "village.db")
    with serving(ledger, FastClock(), page=PageConfig(map_file=file)) as site:
        browser.do("open", url=site.url)
        browser.do("find", selector="#map.drawn canvas")
        browser.do("find", selector='#map .label:has-text("cm")')
        browser.do("find", selector=".leaflet-control-scale")
        assert requested(browser, "/map.geojson") and requested(browser, "/leaflet.js")
        assert browser.do("judge")["found"] == [] and browser.do("touch") == []
        assert browser.do("evaluate", script=MOVED) == 0
        is_quiet(browser)
        browser.do("open", url=f"{site.url}sites/{village.CREEK}")
        browser.do("find", selector=".plot canvas")
        assert not requested(browser, "leaflet")
    ledger.store.close()


def test_tiles_of_one_file_are_fetched_by_parts_and_drawn(tmp_path: Path, browser: Browser) -> None:
    """A lake in the west, land in the east, drawn larger than the file's last zoom has them."""
    file = tmp_path / "region.pmtiles"
    tiles.write(file, range(9, 12), (9.6, 50.48, 9.8, 50.62))
    ledger = village.build(tmp_path / "village.db")
    with serving(ledger, FastClock(), page=PageConfig(map_file=file)) as site:
        browser.do("open", url=site.url)
        for x, colour in ((0.1, [128, 222, 234]), (0.9, [226, 223, 218])):
            browser.do("until", script=PIXEL.replace("AT", str(x)), value=colour)
        assert requested(browser, "/map.pmtiles") and requested(browser, "/protomaps-leaflet.js")
        assert browser.do("judge")["found"] == []
        is_quiet(browser)
    ledger.store.close()


# The colour of the tile that lies there, at a part of the map's width and a tenth of its height.
PIXEL = """(() => {
  const map = document.getElementById("map").getBoundingClientRect();
  const [x, y] = [map.left + map.width * AT, map.top + map.height / 10];
  for (const canvas of document.querySelectorAll("#map canvas.leaflet-tile")) {
    const box = canvas.getBoundingClientRect();
    if (x < box.left || x >= box.right || y < box.top || y >= box.bottom) continue;
    const at = [(x - box.left) * canvas.width / box.width, (y - box.top) * canvas.height / box.height];
    const one = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
    one.drawImage(canvas, ...at, 1, 1, 0, 0, 1, 1);
    return [...one.getImageData(0, 0, 1, 1).data].slice(0, 3);
  }
})()"""


def test_without_a_base_map_no_map_code_is_fetched(site: Site, browser: Browser) -> None:
    browser.do("open", url=site.url)
    browser.do("find", selector=".plan .spot circle")
    assert not requested(browser, "leaflet") and not requested(browser, "map.js")
    is_quiet(browser)
