"""Lists in parts, curves of hours and days with their band, and how often a page asks the store."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise

import httpx
import pytest
from fastapi import FastAPI

from gateway.access.roles import Principal, Role
from gateway.config import HttpConfig
from gateway.counters import Counters
from gateway.model import Installation, Site
from gateway.notify import Notifier
from gateway.store import queries, sites
from gateway.store.database import Connection, Where
from gateway.web import links, places
from gateway.web.api import create_app
from gateway.web.listing import Listed, part
from tests.gateway.web.conftest import CREEK, SQUARE, client_of
from tests.gateway.web.ledger import MINUTE, NOW, Ledger, StoppedClock

HOUR, DAY = 60 * MINUTE, 24 * 60 * MINUTE


@pytest.fixture
def app(ledger: Ledger, clock: StoppedClock) -> FastAPI:
    """Whoever asks from this machine may do everything."""
    return create_app(ledger.path, clock, Counters(), Notifier(), HttpConfig(open_on_loopback=True))


@pytest.fixture
def long(ledger: Ledger) -> Ledger:
    """Forty days of two readings an hour: its level rises by 1 mm an hour, the second is 7 mm higher."""
    with ledger.store.transaction():
        for hour in range(24 * 40):
            for later in (0, 1):
                time = NOW - 40 * DAY + hour * HOUR + later * 30 * MINUTE
                ledger.hear(CREEK, time, {"head": 1000.0 + hour + 7 * later})
    return ledger


async def test_a_long_curve_is_made_of_hours_with_their_band(long: Ledger, client: httpx.AsyncClient) -> None:
    week = (await client.get(f"/sites/{CREEK}/head.json?start=P7D")).json()
    assert week["least"] is None and len(week["times"]) == 7 * 48
    month = (await client.get(f"/sites/{CREEK}/head.json?start=P30D")).json()
    assert len(month["times"]) == 30 * 24 and {b - a for a, b in pairwise(month["times"])} == {HOUR}
    for at, value, least, most in zip(
        month["times"], month["values"], month["least"], month["most"], strict=True
    ):
        hour = (at - (NOW - 40 * DAY)) // HOUR
        assert (least, value, most) == pytest.approx((100 + hour / 10, 100.35 + hour / 10, 100.7 + hour / 10))
    year = (await client.get(f"/sites/{CREEK}/head.json?start=P1Y")).json()
    assert len(year["times"]) == 41 and year["least"][20] < year["values"][20] < year["most"][20]
    page = (await client.get(f"/sites/{CREEK}?quantity=head&start=P30D")).text
    assert "Mittelwerte je Stunde oder Tag" in page and "720" in page
    picture = (await client.get(f"/sites/{CREEK}/head.svg?start=P1Y")).text
    assert 'fill-opacity="0.2"' in picture
    assert 'fill-opacity="0.2"' not in (await client.get(f"/sites/{CREEK}/head.svg?start=P7D")).text
    readings = (await client.get(f"/sites/{CREEK}/head.csv?start=P1Y")).text
    assert len(readings.splitlines()) == 1 + 40 * 48


async def test_days_of_many_places_stand_in_one_answer(long: Ledger, client: httpx.AsyncClient) -> None:
    """Only of those that the asker may see, each once, in the order asked for."""
    path = f"/api/v1/rollups?quantity=head&site={SQUARE}&site={CREEK}&site=nowhere&site={CREEK}"
    told = (await client.get(path)).json()
    square, creek = told["series"]
    assert (square["site_id"], square["start"], creek["site_id"]) == (SQUARE, [], CREEK)
    assert creek["readings"] == [24, *[48] * 39, 24] and creek["start"][1] == "2026-10-14T00:00:00.000Z"
    assert creek["mean"][1] == pytest.approx(1012 + 11.5 + 3.5) and creek["most"][1] == 1012 + 23 + 7
    hours = (await client.get(path + "&span=hourly&from=2026-10-14T00:00:00Z&to=2026-10-14T02:00:00Z")).json()
    assert hours["series"][1]["mean"] == [1015.5, 1016.5] and told["unit"] == "mm" == hours["unit"]
    refused = await client.get(path + "&span=hourly&from=2000-01-01T00:00:00Z")
    assert refused.status_code == 422 and "50,000 at most" in refused.text
    async with client_of(client._transport.app, "198.51.100.7") as stranger:  # type: ignore[attr-defined]
        assert (await stranger.get(path)).json()["series"] == []


def test_hours_in_which_a_node_came_tell_of_neither_place(long: Ledger) -> None:
    """It left the creek at a quarter past an hour."""
    db, moved = long.store.connection, NOW - 20 * DAY + 15 * MINUTE
    with long.store.transaction():
        sites.install(db, Installation(SQUARE, CREEK, from_ms=moved))
    admin = Principal("x", Role.ADMIN)
    span = (NOW - 40 * DAY, NOW)
    with queries.opened(long.path) as read:
        assert list(places.places(read, None, [CREEK, SQUARE])) == []  # nothing is published
        of_creek, of_square = (
            [each.start_ms for each in places.spans(read, place, "hourly", "head", span)]
            for place in places.places(read, admin, [CREEK, SQUARE])
        )
    assert len(of_creek) == 20 * 24 and max(of_creek) == NOW - 20 * DAY - HOUR
    assert min(of_square) == NOW - 20 * DAY + HOUR and len(of_square) == 20 * 24 - 1


@dataclass
class Counting:
    """A connection that notes what it is asked."""

    db: Connection
    asked: list[str]

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> object:
        self.asked.append(sql)
        return self.db.execute(sql, parameters)


@pytest.mark.parametrize("path", ["/", "/sites.geojson", "/settings", "/nodes", "/alarms", f"/sites/{CREEK}"])
async def test_ten_times_the_places_do_not_ask_ten_times_as_often(
    ledger: Ledger, client: httpx.AsyncClient, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    opened = queries.opened

    @contextmanager
    def counting(where: Where) -> Iterator[Counting]:
        with opened(where) as db:
            yield Counting(db, asked)

    monkeypatch.setattr(queries, "opened", counting)
    costs = []
    for number in (20, 200):
        with ledger.store.transaction():
            for each in range(number):
                dev_eui = f"{0x70B3D57ED1000000 + number * 1000 + each:016x}"
                ledger.add(dev_eui, f"Pegel {number}-{each}", since=NOW - DAY)
                ledger.hear(dev_eui, NOW - 10 * MINUTE, {"level": 1.0})
        asked.clear()
        assert (await client.get(path)).status_code == 200
        costs.append(len(asked))
    per_row = {"/nodes": 1.0, "/settings": 2.0}.get(path, 0.0)
    assert costs[1] - costs[0] <= 200 * per_row + 4, (path, costs)


async def test_lists_go_on_where_the_part_before_ended(ledger: Ledger, client: httpx.AsyncClient) -> None:
    with ledger.store.transaction():
        for each in range(450):
            ledger.add(f"{0x70B3D57ED1000000 + each:016x}", f"Pegel {each:03}", since=None)
    for path, least in (("/nodes", 200), ("/settings", 100)):
        seen: list[str] = []
        address: str | None = path
        while address:
            page = (await client.get(address)).text
            seen += re.findall(r"Pegel \d{3}(?=<)", page)
            found = re.search(r'href="([^"]*)" rel="next"', page)
            address = found and found[1].replace("&amp;", "&")
        assert sorted(set(seen)) == [f"Pegel {each:03}" for each in range(450)], (path, least)
    told = (await client.get("/nodes?q=pegel 07")).text
    assert len(set(re.findall(r"Pegel \d{3}(?=<)", told))) == 10


def test_a_part_begins_after_the_last_one(ledger: Ledger) -> None:
    def shown(query: str = "", after: str = "", most: int = 2) -> tuple[list[str], str | None]:
        found = part(db, [Listed("site", "id", "id LIKE ?", ("n%",))], query, after, most)
        return [*found.ids], found.following

    db = ledger.store.connection
    with ledger.store.transaction():
        for id_, name in (("n3", "Ähre"), ("n1", "Aal"), ("n0", ""), ("n4", "Straße 5_%!"), ("n2", "Ahorn")):
            sites.add(db, Site(id_, name))
    assert shown() == (["n1", "n2"], "n2") == shown(after="gone") == shown(after="\0")
    assert shown(after="n2") == (["n3", "n0"], "n0")
    assert shown(after="n0") == (["n4"], None)
    assert shown("AHR") == (["n3"], None) and shown("strasse") == (["n4"], None) == shown("_%!")
    assert shown("n0") == (["n0"], None) and shown("5%") == ([], None) == shown("%" * 10_000)


def test_silent_nodes_come_first_whatever_the_size_of_a_part(ledger: Ledger) -> None:
    db = ledger.store.connection
    with ledger.store.transaction():
        for number in range(9):
            ledger.add(f"{number:016x}", f"Node {number}", since=None)
            db.execute(
                "INSERT INTO rhythm VALUES (?, 0, 1, 0, 1, 0, 0, ?)", (f"{number:016x}", NOW + number % 3 - 1)
            )
    lists = [each._replace(seen=f"dev_eui < '1' AND {each.seen}") for each in links.by_silence(NOW)]
    for most in (1, 2, 3, 4, 20):
        walked, after = [], ""
        while after is not None:
            found = part(db, lists, "node", after, most)
            walked += [int(dev_eui, 16) for dev_eui in found.ids]
            after = found.following
        assert walked == [0, 1, 3, 4, 6, 7, 2, 5, 8] and list(found.counts) == [6, 3]
