"""A small village in a store, and a client that asks the app about it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from gateway.commands import Writer
from gateway.composition import COMMANDS
from gateway.config import HttpConfig
from gateway.counters import Counters
from gateway.notify import Notifier
from gateway.web.api import create_app
from tests.gateway.web.following import Site, serving
from tests.gateway.web.ledger import MINUTE, NOW, Ledger, StoppedClock

CREEK = "70b3d57ed0000001"
SQUARE = "70b3d57ed0000002"
OLD_METER = "70b3d57ed0000003"
UNHEARD = "70b3d57ed0000004"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """Two nodes that report, one whose payload is not ours, one that was never heard."""
    ledger = Ledger(tmp_path / "a store?#.db")  # characters that a URI would trip over
    with ledger.store.transaction():
        ledger.add(CREEK, "Aue", since=NOW - 600 * MINUTE)
        ledger.add(SQUARE, "Marktplatz <b>laut</b>", since=NOW - 600 * MINUTE)
        ledger.add(OLD_METER, "Zähler", "abp", since=NOW - 600 * MINUTE)
        ledger.add(UNHEARD, "Lager", since=None)
        for minute in range(50, 0, -10):
            values = {"level": 1234.0 - minute, "distance": 2766.0 + minute, "battery": 3.71}
            ledger.hear(CREEK, NOW - minute * MINUTE, values, (-101.0, -88.5))
        ledger.hear(SQUARE, NOW - 7 * MINUTE, {"laeq": 61.3, "temperature": "no_answer"})
        ledger.hear(OLD_METER, NOW - 5 * MINUTE, None, payload=bytes.fromhex("00ff10"))
    yield ledger
    ledger.store.close()


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def counters() -> Counters:
    return Counters(datagrams=7, uplinks=7)


@pytest.fixture
def notifier() -> Notifier:
    return Notifier()


@pytest.fixture
def app(ledger: Ledger, clock: StoppedClock, counters: Counters, notifier: Notifier) -> FastAPI:
    writer = Writer(ledger.store, clock, COMMANDS)
    return create_app(ledger.path, clock, counters, notifier, HttpConfig(), writer)


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as client:
        yield client


@pytest.fixture
async def site(app: FastAPI, ledger: Ledger, notifier: Notifier) -> AsyncIterator[Site]:
    async with serving(app, ledger, notifier) as made:
        yield made


def client_of(app: FastAPI, address: str = "127.0.0.1") -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(address, 40000))
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080")
