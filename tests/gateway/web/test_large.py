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
from gateway.model import Installation
from gateway.notify import Notifier
from gateway.store import queries, sites
from gateway.store.database import Connection, Where
from gateway.web import places
from gateway.web.api import create_app
from gateway.web.listing import part
from tests.gateway.web.conftest import CREEK, SQUARE
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


def test_a_part_begins_after_the_last_one() -> None:
    known = [(str(n), f"Name {n}") for n in range(5)]
    assert part(known, "", "", 2) == part(known, "", "gone", 2)
    assert (part(known, "", "1", 2).ids, part(known, "", "1", 2).following) == (["2", "3"], "3")
    assert (part(known, "", "3", 2).ids, part(known, "", "3", 2).following) == (["4"], None)
    assert part(known, "NAME 3", "", 2).ids == ["3"] and part(known, "nobody", "", 2).total == 0
