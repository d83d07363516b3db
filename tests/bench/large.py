"""A large ledger: nodes by the gateway's own writer, their rows in the order in which they would come."""

import sqlite3
import time
from contextlib import closing
from hashlib import sha256
from pathlib import Path

from gateway.config import Config
from gateway.model import Device, Installation, Session, Site
from gateway.store import rollups, sites
from gateway.store.ledger import Store

BUSY = 100  # nodes that have a year of days, and 30 days of 5-minute readings of fine dust, behind them
DAYS = 30
FIVE_MS, QUARTER_MS = 300_000, 900_000
_PER_DAY = rollups.DAY_MS // FIVE_MS
_GATEWAYS = 200
_LATER = 1 << 50  # nobody has fallen silent, whenever it is measured

# Quantity, least value and step; a report holds all four.
_SERIES = """(VALUES
    ('level', 900.0, 1.0), ('distance', 2600.0, 1.0), ('temperature', -9.7, 0.1), ('battery', 3.31, 0.01)
)"""
_QUICK = """
    PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF;
    PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -3000000; PRAGMA temp_store = MEMORY;
"""
_UPLINKS = """
    INSERT INTO uplink (id, session_id, dev_eui, dev_addr, fcnt, fport, confirmed, received_at, phy, payload,
        decoded)
    SELECT lower(hex(randomblob(8))), id, dev_eui, dev_addr, :fcnt, 1, 0, :start + id * 7919 % :length,
        randomblob(33), randomblob(20), 1
    FROM session WHERE id <= :nodes
"""
_RECEPTIONS = """
    INSERT INTO reception (uplink_id, gateway_id, received_at, rssi_dbm, snr_db, frequency_hz, data_rate,
        tmst)
    SELECT id, printf('aa555a%010x', session_id % :gateways), received_at, -101.5, 5.25, 868100000,
        'SF9BW125', fcnt
    FROM uplink WHERE received_at >= :start AND received_at < :start + :length
"""
_OF_REPORT = f"""
    INSERT INTO {{table}} (dev_eui, quantity, time, uplink_id, value, flag)
    SELECT u.dev_eui, q.column1, u.received_at, u.id,
        q.column2 + q.column3 * ((u.session_id * 7 + u.fcnt) % 400), 1
    FROM uplink u CROSS JOIN {_SERIES} q WHERE u.received_at >= :start AND u.received_at < :start + :length
"""
_DUST = """
    INSERT INTO {table} (dev_eui, quantity, time, uplink_id, value, flag)
    SELECT dev_eui, 'pm10', received_at, id, 9 + (session_id * 7 + fcnt) % 400 * 0.1, 1
    FROM uplink WHERE received_at >= :start AND received_at < :start + :length
"""
_ROLLUPS = f"""
    INSERT INTO {{table}} (dev_eui, quantity, start_ms, readings, total, least, most)
    SELECT s.dev_eui, q.column1, :start, :count, :count * (q.column2 + 200 * q.column3), q.column2,
        q.column2 + 400 * q.column3
    FROM session s CROSS JOIN {_SERIES} q
"""
_YEAR = """
    WITH RECURSIVE span (at) AS (SELECT 0 UNION ALL SELECT at + 1 FROM span WHERE at + 1 < :count)
    INSERT INTO {table} (dev_eui, quantity, start_ms, readings, total, least, most)
    SELECT s.dev_eui, 'pm10', :start + at * :length, 12, 300.0 + at % 97, 9, 49
    FROM session s CROSS JOIN span WHERE s.id <= :nodes
"""
_STATE = (
    "INSERT INTO judged SELECT dev_eui, quantity, time, value, time, value FROM newest",
    f"""INSERT INTO rhythm SELECT dev_eui, max(time), 900000, 0.01, 3, 0, max(time), {_LATER}
        FROM newest GROUP BY dev_eui""",
    "UPDATE session SET fcnt_up = (SELECT max(fcnt) FROM uplink WHERE session_id = session.id)",
)


def eui(number: int) -> str:
    return f"70b3d57ed0{number:06x}"


def site_id(number: int) -> str:
    return f"pegel-{number:05}"


def fill(config: Config, devices: int, readings: int) -> None:
    """About so many `readings`: four of each node each quarter of an hour, and those of the busy ones."""
    path = Path(str(config.store.where))
    with closing(Store(path, config.store.key_file)) as store, store.transaction():
        _register(store, devices)
    now = int(time.time() * 1000)
    now -= now % rollups.DAY_MS
    told, of_round = BUSY * DAYS * _PER_DAY, 4 * devices
    starts = range(now - -(-max(0, readings - told) // of_round) * QUARTER_MS, now, QUARTER_MS)
    marks = [readings // 4, readings // 2, readings]
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.executescript(_QUICK)
        db.execute("BEGIN")
        _fill_busy(db, starts.start, now)
        for at, start in enumerate(starts):
            _fill_quarter(db, devices, at, start)
            told += of_round
            if told >= marks[0]:
                del marks[0]
                size = _bytes(db)
                print(f"{told:,} readings: {size / 1e6:,.0f} MB, {size / told:.0f} bytes each", flush=True)
        db.execute(_OF_REPORT.format(table="newest"), _span(starts[-1]))
        for sql in _STATE:
            db.execute(sql)
        db.execute("COMMIT")


def _register(store: Store, devices: int) -> None:
    """With keys of their own, and a published place each."""
    numbers = range(devices)
    store.add_devices(Device(eui(number), f"Pegel {number:05}", "abp") for number in numbers)
    for number in numbers:
        keys = sha256(eui(number).encode()).digest()
        addr = f"26{number:06x}"
        store.add_session(Session(0, eui(number), addr, keys[:16], keys[16:], "active", -1, 0, 1, 0, 0, 1))
        place = (50 + number % 300 / 300, 9 + number % 211 / 211)
        sites.add(store.connection, Site(site_id(number), f"Pegel {number:05}", *place, published=True))
        sites.install(store.connection, Installation(site_id(number), eui(number), from_ms=0, mount_mm=3500))


def _fill_busy(db: sqlite3.Connection, end: int, today: int) -> None:
    """Each 5 minutes of 30 days before `end` a reading; hours and days of a year before `today`."""
    for at, start in enumerate(range(end - DAYS * rollups.DAY_MS, end, FIVE_MS)):
        _hear(db, BUSY, at, start, FIVE_MS)
        db.execute(_DUST.format(table="reading"), _span(start, FIVE_MS))
    db.execute(_DUST.format(table="newest"), _span(start, FIVE_MS))
    for table, length in rollups.SPANS.items():
        count = 365 * rollups.DAY_MS // length
        span = {"start": today - count * length, "length": length, "count": count, "nodes": BUSY}
        db.execute(_YEAR.format(table=table), span)


def _fill_quarter(db: sqlite3.Connection, nodes: int, at: int, start: int) -> None:
    _hear(db, nodes, 100_000 + at, start, QUARTER_MS)
    db.execute(_OF_REPORT.format(table="reading"), _span(start))
    for table, length in rollups.SPANS.items():
        count = length // QUARTER_MS
        if (at + 1) % count == 0:
            db.execute(_ROLLUPS.format(table=table), {"start": start - start % length, "count": count})


def _hear(db: sqlite3.Connection, nodes: int, fcnt: int, start: int, length: int) -> None:
    db.execute(_UPLINKS, {"nodes": nodes, "fcnt": fcnt} | _span(start, length))
    db.execute(_RECEPTIONS, {"gateways": _GATEWAYS} | _span(start, length))


def _span(start: int, length: int = QUARTER_MS) -> dict[str, int]:
    return {"start": start, "length": length}


def _bytes(db: sqlite3.Connection) -> int:
    pages, size = (db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
    return int(pages * size)
