"""What the web asks of the store: read-only SQL, every list in one fixed order and read lazily.

A row is a dict by the names of the HTTP interface. `after` is the sort key of the last row already told;
a span of time is [start, end).
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from heapq import merge
from pathlib import Path
from typing import Any

from codec.quantities import UNITS

Row = dict[str, Any]
Span = tuple[int | None, int | None]
_EVER = (-(1 << 63), (1 << 63) - 1)

_DEVICES = """
    SELECT d.dev_eui, d.name, d.activation, s.dev_addr,
           CASE d.activation WHEN 'otaa' THEN s.created_at END AS joined_at,
           (SELECT max(received_at) FROM uplink WHERE dev_eui = d.dev_eui) AS last_seen,
           CASE WHEN s.fcnt_up >= 0 THEN s.fcnt_up END AS fcnt_up
    FROM device d
    LEFT JOIN session s ON s.id = (SELECT max(id) FROM session WHERE dev_eui = d.dev_eui AND state = 'active')
"""
_DEVICES_AFTER = _DEVICES + "WHERE d.archived_at IS NULL AND d.dev_eui > ? ORDER BY d.dev_eui"
_DEVICE = _DEVICES + "WHERE d.dev_eui = ?"

_LAST = """
    SELECT r.quantity, r.value, r.fault, r.flag, r.time
    FROM json_each(:quantities) q
    JOIN reading r ON r.quantity = q.value AND (r.uplink_id, r.time) = (
        SELECT uplink_id, time FROM reading WHERE dev_eui = :dev_eui AND quantity = q.value
        ORDER BY time DESC, uplink_id DESC LIMIT 1)
    ORDER BY q.key
"""

_READINGS = """
    SELECT dev_eui, quantity, value, fault, flag, time, uplink_id FROM reading
    WHERE dev_eui = :dev_eui AND quantity = :quantity AND time >= :start AND time < :end
      AND (time, uplink_id, quantity) > (:after_time, :after_uplink, :after_quantity)
    ORDER BY time, uplink_id
"""

_UPLINKS = """
    SELECT id, dev_eui, dev_addr, session_id, fcnt, fport, confirmed, received_at,
           lower(hex(payload)) AS payload, decoded, error
    FROM uplink
    WHERE received_at >= :start AND received_at < :end AND (received_at, id) > (:after_time, :after_id)
"""
_UPLINKS_OF_ALL = _UPLINKS + "ORDER BY received_at, id"
_UPLINKS_OF_ONE = _UPLINKS + "AND dev_eui = :dev_eui ORDER BY received_at, id"

_RECEPTIONS = """
    SELECT gateway_id, rssi_dbm, snr_db, frequency_hz, data_rate, tmst FROM reception
    WHERE uplink_id = ? ORDER BY received_at, rowid
"""


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that cannot write, with one view of the store from its first read to its end."""
    db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
    try:
        db.row_factory = sqlite3.Row
        db.execute("BEGIN")
        yield db
    finally:
        db.close()


def check(db: sqlite3.Connection) -> None:
    """sqlite3.Error when the store cannot be read."""
    db.execute("SELECT 1 FROM device LIMIT 1").fetchone()


def devices(db: sqlite3.Connection, after: tuple[str] | None = None) -> Iterator[Row]:
    """By DevEUI."""
    return (_with_last(db, row) for row in db.execute(_DEVICES_AFTER, after or ("",)))


def device(db: sqlite3.Connection, dev_eui: str) -> Row | None:
    row = db.execute(_DEVICE, (dev_eui,)).fetchone()
    return row and _with_last(db, row)


def readings(
    db: sqlite3.Connection,
    dev_eui: str,
    quantity: str | None = None,
    span: Span = (None, None),
    after: tuple[int, str, str] | None = None,
) -> Iterator[Row]:
    """By time, uplink and quantity. An index serves one quantity; several are merged as they are read."""
    wanted = _bounds(span, after) | {"dev_eui": dev_eui}
    _, wanted["after_uplink"], wanted["after_quantity"] = after or (None, "", "")
    series = [
        db.execute(_READINGS, wanted | {"quantity": each}) for each in ([quantity] if quantity else UNITS)
    ]
    # A merge that is left halfway closes its sources: cursors, by then without a connection, would complain.
    rows = merge(
        *(iter(each.fetchone, None) for each in series),
        key=lambda row: (row["time"], row["uplink_id"], row["quantity"]),
    )
    return (_with_unit(row) for row in rows)


def uplinks(
    db: sqlite3.Connection,
    dev_eui: str | None = None,
    span: Span = (None, None),
    after: tuple[int, str] | None = None,
) -> Iterator[Row]:
    """By the time of receipt and id."""
    wanted = _bounds(span, after) | {"dev_eui": dev_eui, "after_id": after[1] if after else ""}
    found = db.execute(_UPLINKS_OF_ONE if dev_eui else _UPLINKS_OF_ALL, wanted)
    return (_with_receptions(db, row) for row in found)


def events(db: sqlite3.Connection, after_id: int, limit: int) -> list[tuple[int, str, str]]:
    """Id, kind and JSON text, ids rising."""
    found = db.execute("SELECT id, kind, data FROM event WHERE id > ? ORDER BY id LIMIT ?", (after_id, limit))
    return [(row["id"], row["kind"], row["data"]) for row in found]


def last_event_id(db: sqlite3.Connection) -> int:
    """The highest id ever given, 0 before the first; trimming does not lower it."""
    row = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'event'").fetchone()
    return int(row["seq"]) if row else 0


def _bounds(span: Span, after: tuple[Any, ...] | None) -> Row:
    """`after` narrows the span too, so that a late page does not step over all that came before it."""
    after_time = _EVER[0] if after is None else int(after[0])
    start, end = (given if given is not None else ever for given, ever in zip(span, _EVER, strict=True))
    return {"start": max(start, after_time), "end": end, "after_time": after_time}


def _with_unit(row: sqlite3.Row) -> Row:
    return dict(row) | {"unit": UNITS[row["quantity"]]}


def _with_last(db: sqlite3.Connection, row: sqlite3.Row) -> Row:
    wanted = {"dev_eui": row["dev_eui"], "quantities": json.dumps(list(UNITS))}
    return dict(row) | {"last": [_with_unit(each) for each in db.execute(_LAST, wanted)]}


def _with_receptions(db: sqlite3.Connection, row: sqlite3.Row) -> Row:
    heard = [dict(each) for each in db.execute(_RECEPTIONS, (row["id"],))]
    flags = {
        "confirmed": bool(row["confirmed"]),
        "decoded": None if row["decoded"] is None else bool(row["decoded"]),
    }
    return dict(row) | flags | {"receptions": heard}
