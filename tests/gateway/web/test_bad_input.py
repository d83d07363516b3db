"""What must not bring a page down or lead its reader astray: hostile names, values and clocks."""

import json
from xml.etree import ElementTree

import httpx
import pytest

from tests.gateway.web.conftest import CREEK, SQUARE
from tests.gateway.web.ledger import MINUTE, NOW, Ledger
from tests.gateway.web.test_pages import cards

HOSTILE = '<script>x</script>" onload="y\u202eevil\u2066\u0007'
PAGES = (
    "/",
    f"/sites/{CREEK}",
    f"/sites/{CREEK}?start=P1Y",
    f"/embed/{CREEK}/level",
    "/nodes",
    "/live",
    "/alarms",
)


@pytest.fixture
def named(ledger: Ledger) -> Ledger:
    with ledger.store.transaction():
        for table, key in (("site", "id"), ("device", "dev_eui")):
            ledger.store.connection.execute(f"UPDATE {table} SET name = ? WHERE {key} = ?", (HOSTILE, CREEK))
    return ledger


@pytest.mark.parametrize("path", PAGES)
async def test_a_name_is_text_on_every_page(named: Ledger, client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 200
    assert "<script>x" not in answer.text and '" onload="' not in answer.text


async def test_a_name_is_text_in_pictures_and_exports(named: Ledger, client: httpx.AsyncClient) -> None:
    drawing = (await client.get(f"/sites/{CREEK}/level.svg")).text
    told = [
        each.text or "" for each in ElementTree.fromstring(drawing).iter("{http://www.w3.org/2000/svg}text")
    ]
    assert '<script>x</script>" onload="yevil' in told  # as letters, in their own direction
    assert not set("\u202e\u2066\u0007") & set(drawing)
    features = (await client.get("/sites.geojson")).json()["features"]
    assert HOSTILE in [each["properties"]["name"] for each in features]
    assert (await client.get(f"/sites/{CREEK}/level.csv")).headers["Content-Disposition"].isascii()


@pytest.mark.parametrize("value", [1e9, -1e9, 1e300])
async def test_an_absurd_value_is_drawn_and_told_and_nothing_breaks(
    ledger: Ledger, client: httpx.AsyncClient, value: float
) -> None:
    with ledger.store.transaction():
        ledger.hear(CREEK, NOW - MINUTE, {"level": value})  # that nobody has rejected
    for path in (
        *PAGES,
        f"/sites/{CREEK}/level.svg",
        f"/sites/{CREEK}/level.png",
        f"/sites/{CREEK}/level.csv",
    ):
        assert (await client.get(path)).status_code == 200, path
    for path in (f"/sites/{CREEK}/level.json", "/sites.geojson", f"/api/v1/sites/{CREEK}/readings"):
        told = (await client.get(path)).text
        json.loads(told, parse_constant=pytest.fail)


async def test_a_clock_that_was_ahead_hides_nothing_for_ever(
    ledger: Ledger, client: httpx.AsyncClient
) -> None:
    with ledger.store.transaction():
        ledger.hear(SQUARE, NOW + 60 * MINUTE, {"laeq": 50.0})
    assert "in der Zukunft" in cards((await client.get("/")).text)[SQUARE]
    assert "in der Zukunft" in (await client.get(f"/sites/{SQUARE}")).text
    with ledger.store.transaction():
        ledger.hear(SQUARE, NOW - MINUTE, {"laeq": 58.0})
    for told in (cards((await client.get("/")).text)[SQUARE], (await client.get(f"/sites/{SQUARE}")).text):
        assert "58 &#8239;dB" in " ".join(told.replace('<span class="unit">', " ").split())
        assert "in der Zukunft" not in told


async def test_what_has_no_position_is_told_without_one(ledger: Ledger, client: httpx.AsyncClient) -> None:
    features = (await client.get("/sites.geojson")).json()["features"]
    assert {each["geometry"] for each in features} == {None} and len(features) == 4
    unheard = next(each["properties"] for each in features if each["properties"]["name"] == "Lager")
    assert unheard["value"] is None and unheard["standing"] == "unheard"
