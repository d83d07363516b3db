"""What the web asks of the store: read-only SQL, every list in one fixed order.

A row is a dict by the names of the HTTP interface. `after` is the sort key of the last row already told;
a span of time is [start, end). Rows are read when they are asked for, `limit` of them at most.
"""

from collections.abc import Iterable, Iterator, Sequence
from heapq import merge
from itertools import groupby, islice
from typing import Any

from codec.quantities import UNITS
from gateway.store.database import ALL, Connection, among
from gateway.store.database import Row as Found
from gateway.store.database import opened as opened

Row = dict[str, Any]
Span = tuple[int | None, int | None]
_EVER = (-(1 << 63), (1 << 63) - 1)
_BATCH = 500
_PLACES = {quantity: place for place, quantity in enumerate(UNITS)}

_DEVICES = """
    SELECT d.dev_eui, d.name, d.group_name AS "group", d.activation, s.dev_addr,
           CASE d.activation WHEN 'otaa' THEN s.created_at END AS joined_at,
           (SELECT max(received_at) FROM uplink WHERE dev_eui = d.dev_eui) AS last_seen,
           CASE WHEN s.fcnt_up >= 0 THEN s.fcnt_up END AS fcnt_up
    FROM device d
    LEFT JOIN session s ON s.id = (SELECT max(id) FROM session WHERE dev_eui = d.dev_eui AND state = 'active')
"""
_DEVICES_AFTER = _DEVICES + "WHERE d.archived_at IS NULL AND d.dev_eui > ? ORDER BY d.dev_eui LIMIT ?"
_DEVICES_OF_GROUP = _DEVICES_AFTER.replace("ORDER BY", "AND d.group_name = ? ORDER BY")
_GROUPS = """
    SELECT group_name AS name, count(*) AS devices FROM device
    WHERE group_name IS NOT NULL AND archived_at IS NULL GROUP BY group_name ORDER BY group_name
"""
_DEVICE = _DEVICES + "WHERE d.dev_eui = ?"
_DEVICES_OF = _DEVICES + "WHERE d.dev_eui IN ({ids}) ORDER BY d.dev_eui"

_NEWEST = """
    SELECT dev_eui, quantity, value, fault, flag, time FROM newest WHERE dev_eui IN ({ids}) ORDER BY dev_eui
"""

_NEWEST_OF = "SELECT dev_eui, quantity, value, time, uplink_id FROM newest WHERE dev_eui IN ({keys})"

_READINGS = """
    SELECT dev_eui, quantity, value, fault, flag, time, uplink_id FROM reading
    WHERE dev_eui = ? AND quantity = ? AND time >= ? AND time < ?
      AND (time, uplink_id, quantity) > (?, ?, ?)
    ORDER BY time, uplink_id LIMIT ?
"""

_UPLINKS = """
    SELECT id, dev_eui, dev_addr, session_id, fcnt, fport, confirmed, received_at, payload, decoded, error
    FROM uplink
    WHERE received_at >= ? AND received_at < ? AND (received_at, id) > (?, ?)
"""
_UPLINKS_OF_ALL = _UPLINKS + "ORDER BY received_at, id LIMIT ?"
_UPLINKS_OF_ONE = _UPLINKS + "AND dev_eui = ? ORDER BY received_at, id LIMIT ?"
_NEWEST_OF_ALL = _UPLINKS + "ORDER BY received_at DESC, id DESC LIMIT ?"
_NEWEST_OF_ONE = _UPLINKS + "AND dev_eui = ? ORDER BY received_at DESC, id DESC LIMIT ?"
_UPLINK = _UPLINKS.partition("WHERE")[0] + "WHERE id = ?"

_RECEPTIONS = """
    SELECT gateway_id, rssi_dbm, snr_db, frequency_hz, data_rate, tmst FROM reception
    WHERE uplink_id = ? ORDER BY received_at, id
"""


def check(db: Connection) -> None:
    """StoreError when the store cannot be read."""
    db.execute("SELECT 1 FROM device LIMIT 1").fetchone()


def devices(
    db: Connection, after: tuple[str] | None = None, limit: int = ALL, group: str | None = None
) -> Iterator[Row]:
    """By DevEUI; of one group, if it is named."""
    (last,) = after or ("",)
    while limit > 0:
        most = min(limit, _BATCH)
        if group is None:
            found = db.execute(_DEVICES_AFTER, (last, most)).fetchall()
        else:
            found = db.execute(_DEVICES_OF_GROUP, (last, group, most)).fetchall()
        if not found:
            return
        for neighbours in [found] if group is None else [[each] for each in found]:
            yield from _with_newest(db, neighbours)
        last, limit = found[-1]["dev_eui"], limit - len(found)


def groups(db: Connection) -> list[Row]:
    """By name, each with how many nodes are in it."""
    return [dict(row) for row in db.execute(_GROUPS)]


def device(db: Connection, dev_eui: str) -> Row | None:
    found = db.execute(_DEVICE, (dev_eui,)).fetchall()
    return next(_with_newest(db, found), None)


def devices_of(db: Connection, wanted: Sequence[str]) -> Iterator[Row]:
    """Some by their DevEUI, archived ones too; some hundred at most."""
    return _with_newest(db, db.execute(_DEVICES_OF.format(ids=marks_for(wanted)), wanted).fetchall())


def marks_for(values: Sequence[object]) -> str:
    """As many placeholders."""
    return ", ".join("?" * len(values))


def readings(
    db: Connection,
    dev_eui: str,
    quantity: str | None = None,
    span: Span = (None, None),
    after: tuple[int, str, str] | None = None,
    limit: int = ALL,
) -> Iterator[Row]:
    """By time, uplink and quantity. They lie by quantity: of one they come in order, several are merged."""
    start, end, *key = _bounds(span, after or (_EVER[0], "", ""))
    known = db.execute("SELECT quantity FROM newest WHERE dev_eui = ?", (dev_eui,)).fetchall()
    wanted = [quantity] if quantity else [row["quantity"] for row in known]
    series = [db.execute(_READINGS, (dev_eui, each, start, end, *key, limit)) for each in wanted]
    if len(series) == 1:
        return (_with_unit(row) for row in series[0].fetchall())
    # A merge that is left halfway closes its sources: cursors, by then without a connection, would complain.
    rows = merge(
        *(iter(each.fetchone, None) for each in series),
        key=lambda row: (row["time"], row["uplink_id"], row["quantity"]),
    )
    return (_with_unit(row) for row in islice(rows, limit))


def uplinks(
    db: Connection,
    dev_eui: str | None = None,
    span: Span = (None, None),
    after: tuple[int, str] | None = None,
    limit: int = ALL,
) -> Iterator[Row]:
    """By the time of receipt and id."""
    wanted = _bounds(span, after or (_EVER[0], ""))
    if dev_eui:
        found = db.execute(_UPLINKS_OF_ONE, (*wanted, dev_eui, limit))
    else:
        found = db.execute(_UPLINKS_OF_ALL, (*wanted, limit))
    return (_with_receptions(db, row) for row in found)


def newest_uplinks(
    db: Connection, dev_eui: str | None, limit: int, span: Span = (None, None)
) -> Iterator[Row]:
    """The newest first."""
    wanted = _bounds(span, (_EVER[0], ""))
    if dev_eui:
        found = db.execute(_NEWEST_OF_ONE, (*wanted, dev_eui, limit))
    else:
        found = db.execute(_NEWEST_OF_ALL, (*wanted, limit))
    return (_with_receptions(db, row) for row in found.fetchall())


def uplink(db: Connection, uplink_id: str) -> Row | None:
    found = db.execute(_UPLINK, (uplink_id,)).fetchone()
    return found and _with_receptions(db, found)


def events(db: Connection, after_id: int, limit: int) -> list[tuple[int, str, str]]:
    """Id, kind and what is kept of it, ids rising; gateway.events tells what that means."""
    found = db.execute("SELECT id, kind, data FROM event WHERE id > ? ORDER BY id LIMIT ?", (after_id, limit))
    return [(row["id"], row["kind"], row["data"]) for row in found]


def last_event_id(db: Connection) -> int:
    """The highest id, 0 before the first; trimming keeps it."""
    row = db.execute("SELECT max(id) AS newest FROM event").fetchone()
    return int(row["newest"] or 0)


def _bounds(span: Span, after: tuple[Any, ...]) -> tuple[Any, ...]:
    """`after` narrows the span too, so that a late page does not step over all that came before it."""
    start, end = (given if given is not None else ever for given, ever in zip(span, _EVER, strict=True))
    return (max(start, after[0]), end, *after)


def _with_unit(row: Found) -> Row:
    return dict(row) | {"unit": UNITS[row["quantity"]]}


def _with_newest(db: Connection, found: list[Found]) -> Iterator[Row]:
    """The devices, each with its newest values in the order of the registry."""
    if not found:
        return
    ids = [row["dev_eui"] for row in found]
    rows = db.execute(_NEWEST.format(ids=marks_for(ids)), ids)
    newest = {dev_eui: list(each) for dev_eui, each in groupby(rows, key=lambda row: row["dev_eui"])}
    for row in found:
        last = sorted(newest.get(row["dev_eui"], ()), key=lambda each: _PLACES[each["quantity"]])
        yield dict(row) | {"last": [_without_device(each) for each in last]}


def newest(db: Connection, dev_euis: Iterable[str]) -> dict[str, list[Found]]:
    """The newest values of some devices, each in the order of the registry."""
    found: dict[str, list[Found]] = {}
    for row in among(db, _NEWEST_OF, dev_euis):
        found.setdefault(row["dev_eui"], []).append(row)
    for rows in found.values():
        rows.sort(key=lambda each: _PLACES[each["quantity"]])
    return found


def _without_device(row: Found) -> Row:
    told = _with_unit(row)
    del told["dev_eui"]
    return told


def _with_receptions(db: Connection, row: Found) -> Row:
    heard = [dict(each) for each in db.execute(_RECEPTIONS, (row["id"],))]
    told = {
        "confirmed": bool(row["confirmed"]),
        "payload": row["payload"].hex(),
        "decoded": None if row["decoded"] is None else bool(row["decoded"]),
    }
    return dict(row) | told | {"receptions": heard}
