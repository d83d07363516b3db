"""Base maps: simplified within the tolerance, chosen by key, robust against what a GeoJSON may lack."""

import json
import math
import random
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import messfunk
from gateway import geo


def area(ags: str | None, ring: list[list[float]], **properties: Any) -> dict[str, Any]:
    told = {"AGS": ags} if ags else {}
    return {
        "type": "Feature",
        "properties": told | properties,
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


def circle(points: int, radius: float = 0.05) -> list[list[float]]:
    angles = [math.tau * number / points for number in range(points)]
    ring = [[9.7 + radius * math.cos(angle), 50.5 + radius * math.sin(angle)] for angle in angles]
    return [*ring, ring[0]]


def collection(*features: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features)}


def test_communes_are_chosen_by_key_and_keep_name_and_key() -> None:
    made = geo.imported(
        collection(area("06631009", circle(400), GEN="Fulda", EWZ=68000), area("06632001", circle(9))),
        "06631",
    )
    [only] = made["features"]
    assert only["properties"] == {"name": "Fulda", "ags": "06631009"}
    [ring] = only["geometry"]["coordinates"]
    assert ring[0] == ring[-1] and 8 < len(ring) < 100


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000), st.floats(1, 500))
def test_no_point_lies_further_off_than_the_tolerance(seed: int, tolerance_m: float) -> None:
    dice = random.Random(seed)
    line = [(9.7 + 0.001 * number, 50.5 + dice.gauss(0, 0.002)) for number in range(40)]
    kept = geo.simplify(line, tolerance_m)
    assert (kept[0], kept[-1]) == (line[0], line[-1]) and set(kept) <= set(line)
    places = [line.index(point) for point in kept]
    for first, last in pairwise(places):
        for point in line[first:last]:
            assert off_m(point, line[first], line[last]) <= tolerance_m * 1.001


def off_m(point: geo.Position, start: geo.Position, end: geo.Position) -> float:
    """By trying many places on the stretch: another way than the one that is tested."""
    stretch = 111_195 * math.cos(math.radians(50.5))

    def flat(x: float, y: float) -> tuple[float, float]:
        return x * stretch, y * 111_195

    steps = [number / 400 for number in range(401)]
    on = [(start[0] + k * (end[0] - start[0]), start[1] + k * (end[1] - start[1])) for k in steps]
    return min(math.dist(flat(*point), flat(*each)) for each in on) - 1.0  # half the distance of two tries


LINE = {"type": "LineString", "coordinates": [[9, 50], [9.1, 50]]}
LINES = {"type": "MultiLineString", "coordinates": [[[9, 50, 300], [9.1, 50, 310]]]}
POINT = {"type": "Point", "coordinates": [9, 50]}


@pytest.mark.parametrize(
    "feature",
    [
        {"properties": None, "geometry": LINE},
        {"geometry": LINES},
        {"properties": {"name": None}, "geometry": LINE},
    ],
)
def test_properties_may_be_missing(feature: dict[str, Any]) -> None:
    [made] = geo.imported(collection(feature, {"type": "Feature", "geometry": None}, None, 7))["features"]
    assert made["properties"] == {}


@pytest.mark.parametrize(
    "document",
    [
        None, [], {}, {"features": 1}, collection(), collection({"geometry": POINT}),
        collection(area("1", [[9, "x"], [9, 50]])), collection(area("1", [[500_000, 5_600_000]] * 5)),
        collection(area("1", [])), collection(area("06631", circle(9))) | {"crs": "EPSG:25832"},
    ],
)  # fmt: skip
def test_what_is_no_map_is_refused(document: Any) -> None:
    with pytest.raises(geo.GeoError):
        geo.imported(document)


def test_the_command_writes_a_small_file(tmp_path: Path) -> None:
    source, to = tmp_path / "vg250.geojson", tmp_path / "map.geojson"
    source.write_text(json.dumps(collection(area("06631009", circle(2000), GEN="Fulda"))), encoding="utf-8")
    command = ["geo", "import", str(source), "--ags", "06631", "--to", str(to), "--json"]
    done = CliRunner().invoke(messfunk.main, command)
    assert done.exit_code == 0, done.output
    assert json.loads(done.output)["features"] == 1 and to.stat().st_size < source.stat().st_size / 10
    (tmp_path / "no.json").write_text("{", encoding="utf-8")
    refused = CliRunner().invoke(messfunk.main, ["geo", "import", str(tmp_path / "no.json")])
    assert refused.exit_code == 1 and "not JSON" in refused.output
