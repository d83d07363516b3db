"""What the public hears as it happens: of published places only, over lines that may break."""

import asyncio
import json
import logging
import os
import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path

import pytest
from fastapi import FastAPI

from gateway import events
from gateway.model import Installation
from gateway.store import queries, sites
from gateway.web.news import News
from gateway.web.patience import Patient
from tests.gateway.web.conftest import CREEK, SQUARE
from tests.gateway.web.following import Site
from tests.gateway.web.ledger import MINUTE, NOW, Value

NEWS = "/api/v1/news"
ALARM = """
    INSERT INTO alarm (kind, subject, site_id, measured_at, raised_at, drill) VALUES (?, ?, ?, 0, 0, ?)
    RETURNING id
"""


@pytest.fixture
def village(site: Site) -> Site:
    """The creek is published; its node hung at a private place until an hour ago."""
    db = site.ledger.store.connection
    with site.ledger.store.transaction():
        db.execute("UPDATE site SET published = 1 WHERE id = ?", (CREEK,))
        sites.install(db, Installation(SQUARE, CREEK, from_ms=0))
        sites.install(db, Installation(CREEK, CREEK, from_ms=NOW - 60 * MINUTE))
    return site


def hear(site: Site, dev_eui: str, time: int, values: dict[str, Value]) -> None:
    with site.ledger.store.transaction():
        uplink, _ = site.ledger.hear(dev_eui, time, values)
        events.tell_uplinks(site.ledger.store, [uplink.id])
    site.notifier.announce(queries.last_event_id(site.ledger.store.connection))


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not is_so():  # noqa: ASYNC110 (what is waited for has no event)
            await asyncio.sleep(0.01)


def news(app: FastAPI) -> News:
    found: News = app.state.site.news
    return found


async def test_only_what_is_measured_at_published_places_is_told(village: Site, app: FastAPI) -> None:
    async with village.follow(path=NEWS) as follower:
        await until(lambda: news(app).is_reading)
        hear(village, SQUARE, NOW - MINUTE, {"laeq": 77.7})
        hear(village, CREEK, NOW - 90 * MINUTE, {"level": 7777.0})  # late, of where it hung before
        village.happen("join", dev_eui=CREEK)
        hear(village, CREEK, NOW - MINUTE, {"level": 1240.0, "temperature": "no_answer"})
        told = await follower.take(2)
    values = {each.data["quantity"]: (each.data["value"], each.data["fault"]) for each in told}
    assert values == {"level": (1240, None), "temperature": (None, "no_answer")}
    for each in told:
        assert (each.kind, each.id, each.data["site_id"]) == ("reading", 0, CREEK), "and no number"
        assert each.data.keys() == {"site_id", "quantity", "value", "unit", "fault", "flag", "time"}


async def test_alarms_are_told_as_the_public_sees_them(village: Site, app: FastAPI) -> None:
    db, ids = village.ledger.store.connection, []
    cases = (("mark", SQUARE, 0), ("silence", CREEK, 0), ("mark", CREEK, 1), ("mark", CREEK, 0))
    async with village.follow(path=NEWS) as follower:
        await until(lambda: news(app).is_reading)
        for kind, site_id, drill in cases:
            with village.ledger.store.transaction():
                ids.append(db.execute(ALARM, (kind, f"{len(ids)}", site_id, drill)).fetchone()[0])
                db.execute("INSERT INTO event (kind, data) VALUES ('alarm', ?)", (f'{{"id":{ids[-1]}}}',))
        village.happen("join", dev_eui=CREEK)
        told = await follower.next()
    assert (told.kind, told.data) == ("alarm", {"site_id": CREEK, "id": ids[-1]})


async def test_who_asks_for_one_place_hears_of_no_other(village: Site, app: FastAPI) -> None:
    with village.ledger.store.transaction():
        village.ledger.store.connection.execute("UPDATE site SET published = 1")
    async with village.follow(path=f"{NEWS}?site={SQUARE}") as follower:
        await until(lambda: news(app).is_reading)
        hear(village, CREEK, NOW - MINUTE, {"level": 1.0})
        hear(village, SQUARE, NOW - MINUTE, {"laeq": 61.0})
        assert (await follower.next()).data["value"] == 61


async def test_there_is_room_for_so_many_and_the_others_are_told(
    village: Site, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(news(app), "most", 2)
    async with village.follow(path=NEWS) as first, village.follow(path=NEWS) as second:
        await until(lambda: news(app).is_full)
        refused = await village.client.get(NEWS)
        assert refused.status_code == 503 and "time to time" in refused.json()["detail"]
        await until(lambda: news(app).is_reading)
        hear(village, CREEK, NOW - MINUTE, {"level": 5.0})
        assert [(await each.next()).data["value"] for each in (first, second)] == [5, 5]
    await until(lambda: not news(app).is_full)
    assert (await village.client.head(NEWS)).status_code == 200


async def test_listeners_do_not_hold_up_the_end(village: Site) -> None:
    async with village.follow(path=NEWS) as follower:
        village.server.should_exit = True
        with pytest.raises(EOFError):
            await asyncio.wait_for(follower.next(), 5)


async def test_a_store_that_breaks_ends_the_streams_and_the_next_listen_again(
    village: Site, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with village.follow(path=NEWS) as follower:
        await until(lambda: news(app).is_reading)
        path = village.ledger.path
        monkeypatch.setattr(news(app), "_store", Path("/nowhere/at/all"))
        village.notifier.announce(10**6)
        with pytest.raises(EOFError):
            await follower.next()
    monkeypatch.setattr(news(app), "_store", path)
    async with village.follow(path=NEWS) as follower:
        await until(lambda: news(app).is_reading)
        hear(village, CREEK, NOW - MINUTE, {"level": 6.0})
        assert (await follower.next()).data["value"] == 6


def long_history(site: Site) -> str:
    """A table of megabytes; its address."""
    row = site.ledger.store.connection.execute("SELECT uplink_id FROM newest WHERE dev_eui = ?", (CREEK,))
    uplink_id = row.fetchone()[0]
    values = [(CREEK, "level", NOW - at * 20_000, uplink_id, 1000.0 + at % 97, 1) for at in range(1, 40_000)]
    with site.ledger.store.transaction():
        site.ledger.store.connection.execute("UPDATE installation SET site_id = dev_eui")
        site.ledger.store.connection.executemany(
            "INSERT OR IGNORE INTO reading (dev_eui, quantity, time, uplink_id, value, flag)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            values,
        )
    return f"/sites/{CREEK}/level.csv?start=P30D"


def descriptors() -> int:
    """Sockets, and connections to the store by their log: the file itself SQLite keeps open for the next."""
    found = 0
    for each in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            target = os.readlink(each)
            found += target.startswith("socket:") or target.endswith("-wal")
    return found


@pytest.fixture
async def quiet(caplog: pytest.LogCaptureFixture) -> AsyncIterator[list[object]]:
    """What went wrong in a callback or was worth a warning."""
    wrong: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: wrong.append(context))
    yield wrong
    wrong += [each for each in caplog.records if each.levelno >= logging.WARNING]
    assert wrong == []


async def open_socket(site: Site, path: str) -> socket.socket:
    """A client that has asked and read the beginning of the answer."""
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.setblocking(False)
    loop, url = asyncio.get_running_loop(), site.client.base_url
    await loop.sock_connect(line, (url.host, url.port))
    await loop.sock_sendall(line, f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    assert (await loop.sock_recv(line, 15)).startswith(b"HTTP/1.1 200")
    return line


async def test_streams_that_are_cut_leave_nothing_behind(
    village: Site, app: FastAPI, quiet: list[object]
) -> None:
    table = long_history(village)
    assert (await village.client.get(table)).status_code == 200
    connections = village.server.server_state.connections
    tasks, files = len(asyncio.all_tasks()), descriptors()
    lines = [await open_socket(village, path) for path in (NEWS, "/api/v1/events", table) * 3]
    await until(lambda: news(app).is_reading)
    for number, line in enumerate(lines):
        if number % 2:  # half of them by a reset
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        line.close()
        hear(village, CREEK, NOW - number, {"level": 3.0})
    await until(lambda: len(connections) <= 1 and len(asyncio.all_tasks()) <= tasks)
    await until(lambda: descriptors() <= files and not news(app).is_reading)
    async with village.follow(path=NEWS) as follower:
        await until(lambda: news(app).is_reading)
        hear(village, CREEK, NOW, {"level": 4.0})
        assert (await follower.next()).data["value"] == 4


async def test_who_does_not_read_is_hung_up_on(
    village: Site, app: FastAPI, monkeypatch: pytest.MonkeyPatch, quiet: list[object]
) -> None:
    monkeypatch.setattr(Patient, "stall_s", 0.2)
    village.server._listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    lines = [await open_socket(village, path) for path in (long_history(village), NEWS)]
    await until(lambda: news(app).is_reading)
    big = json.dumps({"id": 1}) + " " * 50_000
    monkeypatch.setattr("gateway.web.news.items", lambda db, told: [(CREEK, big.encode()) for _ in told])
    for _ in range(20):
        village.happen("join", dev_eui=CREEK)
        await asyncio.sleep(0)
    await until(lambda: not village.server.server_state.connections and not news(app).is_reading)
    for line in lines:
        line.close()
