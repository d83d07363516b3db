"""`make bench-pages`: pages with 10,000 series at 50,000 registered devices, by processor time."""

import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
from fastapi import FastAPI

from gateway.config import HttpConfig
from gateway.counters import Counters
from gateway.notify import Notifier
from gateway.store import rollups
from gateway.store.database import Connection
from gateway.store.ledger import Store
from gateway.web.api import create_app
from tests.gateway.web.conftest import client_of
from tests.gateway.web.ledger import NOW, StoppedClock

DEVICES, HEARD, TIMES = 50_000, 5_000, 20
SERIES = ("level", "battery")
YEAR = ("level", "pm25", "pm10", "laeq")
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
GATEWAYS = 20
BUSY = 0  # the node with a year of 5-minute readings behind it

_ROWS = {
    "device": "(dev_eui, name, activation, created_at) VALUES (?, ?, 'lns', 0)",
    "session": "(id, dev_eui, state, fcnt_up, created_at, source, route)"
    " VALUES (?, ?, 'active', 0, 0, 's', 'r')",
    "site": "(id, name, lat, lon, published, created_at) VALUES (?, ?, ?, ?, 1, 0)",
    "installation": "(site_id, dev_eui, from_ms) VALUES (?, ?, 0)",
    "uplink": "(id, session_id, dev_eui, fcnt, fport, confirmed, received_at, phy, payload, decoded)"
    " VALUES (?, ?, ?, ?, 1, 0, ?, x'', x'8518', 1)",
    "reception": "(uplink_id, gateway_id, received_at, rssi_dbm, snr_db) VALUES (?, ?, ?, -100, 5)",
    "reading": "(dev_eui, quantity, time, uplink_id, value, flag) VALUES (?, ?, ?, ?, ?, 1)",
    "newest": "(dev_eui, quantity, time, uplink_id, value, flag) VALUES (?, ?, ?, ?, ?, 1)",
}


def eui(number: int) -> str:
    return f"70b3d57ed0{number:06x}"


def fill(path: Path) -> None:
    """Every device has a site; one in ten has spoken each quarter of an hour of the last day."""
    with closing(Store(path)) as store, store.transaction():
        db = store.connection

        def put(table: str, rows: Iterator[tuple[object, ...]]) -> None:
            db.executemany(f"INSERT INTO {table} {_ROWS[table]}", rows)

        every, heard = range(DEVICES), range(HEARD)
        put("device", ((eui(n), f"Pegel {n:05}") for n in every))
        put("session", ((n + 1, eui(n)) for n in every))
        put("site", ((f"p{n}", f"Pegel {n:05}", 50 + n % 300 / 300, 9 + n % 211 / 211) for n in every))
        put("installation", ((f"p{n}", eui(n)) for n in every))
        times = [NOW - 5 * MINUTE - quarter * 15 * MINUTE for quarter in range(96)]
        frames = [(n, t, f"{n:08x}{t:08d}", at) for n in heard for t, at in enumerate(times)]
        put("uplink", ((id_, n + 1, eui(n), 96 - t, at) for n, t, id_, at in frames))
        put("reception", ((id_, f"gw{n % GATEWAYS}", at) for n, _, id_, at in frames))
        values = [
            (eui(n), each, at, id_, 800.0 + (n + t) % 50) for n, t, id_, at in frames for each in SERIES
        ]
        put("reading", iter(values))
        put("newest", (value for value in values if value[2] == times[0]))
        _a_year(db)


def _a_year(db: Connection) -> None:
    """Of one node: 104,832 readings of each quantity, their hours and days."""
    busy = f"{BUSY:08x}{0:08d}"
    for quantity in YEAR:
        values = [
            (eui(BUSY), quantity, at, 20.0 + at // HOUR % 40)
            for at in range(NOW - 365 * DAY, NOW - DAY, 5 * MINUTE)
        ]
        rows = ((dev_eui, name, at, busy, value) for dev_eui, name, at, value in values)
        db.executemany(f"INSERT INTO reading {_ROWS['reading']}", rows)
        rollups.add(db, values)
        if quantity not in SERIES:
            newest = (eui(BUSY), quantity, NOW - DAY, busy, 21.0)
            db.execute(f"INSERT INTO newest {_ROWS['newest']}", newest)


PAGES = {
    "overview, first 400 of 50,000 places": "/",
    "overview, searched": "/?q=Pegel 0042",
    "overview, a later part": "/?after=p4000",
    "place, 24 h": "/sites/p0",
    "place, a year": "/sites/p0?start=P1Y",
    "curve of a year (JSON)": "/sites/p0/level.json?start=P1Y",
    "curve of 30 days (JSON)": "/sites/p0/level.json?start=P30D",
    "curve of 7 days, each reading (JSON)": "/sites/p0/level.json?start=P7D&end=2026-11-20T00:00:00Z",
    "picture of a year (SVG)": "/sites/p0/level.svg?start=P1Y",
    "a year beside limits (API)": "/api/v1/sites/p0/orientation",
    "nodes, the first 200": "/nodes",
    "gateways": "/gateways",
    "live feed": "/live",
    "settings": "/settings",
    "alarms": "/alarms",
    "all places (GeoJSON)": "/sites.geojson",
}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(folder, "pages.db")
        if not path.exists():
            fill(path)
        config = HttpConfig(open_on_loopback=True)
        app = create_app(path, StoppedClock(NOW), Counters(), Notifier(), config)
        asyncio.run(_measure(app))


async def _measure(app: FastAPI) -> None:
    async with client_of(app) as client:
        for name, address in PAGES.items():
            costs = sorted([await _cost(client, address) for _ in range(TIMES)])
            middle, p95 = costs[TIMES // 2], costs[int(0.95 * TIMES) - 1]
            print(f"| {name} | {middle:.0f} ms | {p95:.0f} ms |", flush=True)


async def _cost(client: httpx.AsyncClient, address: str) -> float:
    begun = time.process_time()
    answer = await client.get(address)
    assert answer.status_code == 200, (address, answer.text)
    return (time.process_time() - begun) * 1000


if __name__ == "__main__":
    main()
