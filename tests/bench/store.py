"""The ledger at scale: python -m tests.bench.store DEVICES READINGS FOLDER. Start, and what pages read."""

import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from gateway.store import queries, rollups
from gateway.store.database import opened
from gateway.store.ledger import Store

NOW = 1_795_348_800_000
STEP_MS = 300_000
TIMES = 20
SERIES = ("distance", "level", "temperature", "humidity")
BUSY = 100  # devices that have a whole year behind them


TODAY = NOW - NOW % rollups.DAY_MS
_REGISTERED: tuple[tuple[str, Callable[[int], tuple[object, ...]]], ...] = (
    (
        "INSERT INTO device (dev_eui, name, activation, created_at) VALUES (?, 'x', 'lns', 0)",
        lambda number: (eui(number),),
    ),
    (
        "INSERT INTO session (id, dev_eui, state, fcnt_up, created_at, source, route)"
        " VALUES (?, ?, 'active', 0, 0, 's', 'r')",
        lambda number: (number + 1, eui(number)),
    ),
    (
        "INSERT INTO uplink"
        " (id, session_id, dev_eui, fcnt, confirmed, received_at, phy, payload, decoded)"
        " VALUES (?, ?, ?, 0, 0, ?, x'', x'8518', 1)",
        lambda number: (f"{number:016x}", number + 1, eui(number), NOW),
    ),
)
_READING = "INSERT INTO reading (dev_eui, quantity, time, uplink_id, value, flag) VALUES (?, ?, ?, ?, ?, 1)"
_NEWEST = """
    INSERT INTO newest (dev_eui, quantity, time, value, flag, uplink_id)
    SELECT dev_eui, quantity, time, value, flag, uplink_id FROM reading WHERE time = ?
"""
_DAY = """
    INSERT INTO daily (dev_eui, quantity, start_ms, readings, total, least, most)
    VALUES (?, 'pm10', ?, 288, 5760, 1, 99)
"""


def eui(number: int) -> str:
    return f"70b3d57ed0{number:06x}"


def fill(path: Path, devices: int, readings: int) -> None:
    """By SQL, as the gateway's rows would be: every device has four series, some a year's days beside."""
    each = readings // (devices * len(SERIES))
    with closing(Store(path)) as store, store.transaction():
        db = store.connection
        for sql, row in _REGISTERED:
            db.executemany(sql, (row(number) for number in range(devices)))
        for number in range(devices):
            for quantity in SERIES:
                db.executemany(_READING, _series(number, quantity, each))
        db.execute(_NEWEST, (NOW,))
        for number in range(BUSY):
            db.executemany(_READING, _series(number, "pm10", 30 * 288))
            db.executemany(_DAY, ((eui(number), TODAY - day * rollups.DAY_MS) for day in range(365)))


def _series(number: int, quantity: str, count: int) -> Iterator[tuple[object, ...]]:
    for at in range(count - 1, -1, -1):
        yield eui(number), quantity, NOW - STEP_MS * at, f"{number:016x}", 1234.0 + at % 50


def p95(path: Path, ask: Callable[[sqlite3.Connection], object]) -> tuple[float, float]:
    """Milliseconds by clock and processor, over a connection of its own each time, as a page asks."""
    took = []
    for _ in range(TIMES):
        began = time.perf_counter(), time.process_time()
        with opened(path) as db:
            ask(db)  # type: ignore[arg-type]
        took.append((time.perf_counter() - began[0], time.process_time() - began[1]))
    wall, processor = (sorted(each)[int(TIMES * 0.95) - 1] * 1000 for each in zip(*took, strict=True))
    return wall, processor


def main(devices: int, readings: int, folder: Path) -> None:
    path = folder / f"store-{devices}-{readings}.db"
    if not path.exists():
        began = time.perf_counter()
        fill(path, devices, readings)
        print(f"filled in {time.perf_counter() - began:.0f} s")
    began = time.perf_counter()
    with closing(Store(path)) as store:
        count = store.connection.execute("SELECT count(*) FROM device").fetchone()[0]
        undecoded = len(store.undecoded())
    print(f"start: {(time.perf_counter() - began) * 1000:.0f} ms ({count} devices, {undecoded} to decode)")
    year = NOW - 366 * rollups.DAY_MS
    asked: dict[str, Callable[..., object]] = {
        "page of 500 devices with last values": lambda db: list(
            queries.devices(db, (eui(devices // 2),), 500)
        ),
        "30 days of one 5-minute series": lambda db: list(
            queries.readings(db, eui(7), "pm10", (NOW - 30 * rollups.DAY_MS, NOW))
        ),
        "a year of daily means of 100 series": lambda db: [
            list(rollups.read(db, "daily", eui(number), "pm10", year, NOW)) for number in range(BUSY)
        ],
    }
    for name, ask in asked.items():
        wall, processor = p95(path, ask)
        print(f"{name}: p95 {wall:.0f} ms, of it {processor:.0f} ms of processor")
    print(f"{path.stat().st_size / 1e6:.0f} MB, {readings:,} readings")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
