"""The base map in a real browser: fetched only where it is shown, robust against what a GeoJSON may lack."""

import json
from pathlib import Path

from gateway.web.section import PageConfig
from tests.e2e import village
from tests.e2e.conftest import Browser, FastClock, Site, serving
from tests.e2e.test_page import is_quiet

RING = [[9.6, 50.5], [9.8, 50.5], [9.8, 50.6], [9.6, 50.5]]
FEATURES = [
    {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [RING]}},
    {"type": "Feature", "properties": None, "geometry": {"type": "LineString", "coordinates": RING[:2]}},
    {"type": "Feature", "properties": {"water": "Aue"}, "geometry": None},
    {"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [9.7, 50.5]}},
]


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
        assert browser.do("judge")["found"] == []
        is_quiet(browser)
        browser.do("open", url=f"{site.url}sites/{village.CREEK}")
        browser.do("find", selector=".plot canvas")
        assert not requested(browser, "leaflet")
    ledger.store.close()


def test_without_a_base_map_no_map_code_is_fetched(site: Site, browser: Browser) -> None:
    browser.do("open", url=site.url)
    browser.do("find", selector=".plan .spot circle")
    assert not requested(browser, "leaflet") and not requested(browser, "map.js")
    is_quiet(browser)
