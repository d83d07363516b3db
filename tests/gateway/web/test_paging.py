"""Walking a list page by page yields every row once, in order, whatever the page size."""

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.config import HttpConfig
from gateway.counters import Counters
from gateway.notify import Notifier
from gateway.web.api import create_app
from tests.gateway.web.conftest import CREEK, SQUARE, client_of
from tests.gateway.web.ledger import MINUTE, NOW, Ledger, StoppedClock

QUANTITIES = ["level", "battery", "laeq", "temperature"]
HEARD = st.tuples(
    st.sampled_from([CREEK, SQUARE]),
    st.integers(0, 4).map(lambda minute: NOW + minute * MINUTE),  # few times, so that many rows share one
    st.dictionaries(st.sampled_from(QUANTITIES), st.integers(0, 9).map(float), min_size=1),
)


async def walk(ledger: Ledger, path: str, name: str, **query: Any) -> list[Any]:
    """All rows; every page but the last is full."""
    app = create_app(ledger.path, StoppedClock(), Counters(), Notifier(), HttpConfig())
    rows: list[Any] = []
    async with client_of(app) as client:
        while True:
            answer = (await client.get(path, params=query)).json()
            rows += answer[name]
            if answer["next"] is None:
                assert len(answer[name]) <= query["limit"]
                return rows
            assert len(answer[name]) == query["limit"]
            query["cursor"] = answer["next"]


@settings(deadline=None, max_examples=40)  # each fills a store of its own
@given(
    heard=st.lists(HEARD, max_size=14), limit=st.integers(1, 9), quantity=st.sampled_from([None, *QUANTITIES])
)
def test_readings_are_walked_completely(heard: list[Any], limit: int, quantity: str | None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        ledger = filled(Path(folder) / "store.db", heard)
        query = {"limit": limit} | ({"quantity": quantity} if quantity else {})
        found = asyncio.run(walk(ledger, f"/api/v1/devices/{CREEK}/readings", "readings", **query))
        ledger.store.close()
    times = [each["time"] for each in found]
    assert times == sorted(times)
    assert sorted((each["time"], each["quantity"], each["value"]) for each in found) == sorted(
        (told(time), name, value)
        for dev_eui, time, values in heard
        for name, value in values.items()
        if dev_eui == CREEK and quantity in (None, name)
    )
    assert len({(each["uplink_id"], each["quantity"]) for each in found}) == len(found)


@settings(deadline=None, max_examples=40)  # each fills a store of its own
@given(heard=st.lists(HEARD, max_size=14), limit=st.integers(1, 9), dev_eui=st.sampled_from([None, CREEK]))
def test_uplinks_are_walked_completely(heard: list[Any], limit: int, dev_eui: str | None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        ledger = filled(Path(folder) / "store.db", heard)
        query = {"limit": limit} | ({"dev_eui": dev_eui} if dev_eui else {})
        found = asyncio.run(walk(ledger, "/api/v1/uplinks", "uplinks", **query))
        ledger.store.close()
    times = [each["received_at"] for each in found]
    assert times == sorted(times) == sorted(told(time) for eui, time, _ in heard if dev_eui in (None, eui))
    assert len({each["id"] for each in found}) == len(found)


async def test_devices_are_walked_completely(ledger: Ledger) -> None:
    whole = await walk(ledger, "/api/v1/devices", "devices", limit=1000)
    assert len(whole) == 4
    for limit in (1, 2, 3, 4):
        assert await walk(ledger, "/api/v1/devices", "devices", limit=limit) == whole


def filled(path: Path, heard: list[Any]) -> Ledger:
    ledger = Ledger(path)
    with ledger.store.transaction():
        ledger.add(CREEK, "Aue")
        ledger.add(SQUARE, "Markt")
        for dev_eui, time, values in heard:
            ledger.hear(dev_eui, time, values)
    return ledger


def told(time: int) -> str:
    return f"2026-11-22T12:{(time - NOW) // MINUTE:02}:00.000Z"
