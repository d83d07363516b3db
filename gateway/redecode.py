"""History through the present codec, calibration and judge: first the difference, then the deed."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from codec.wire import WireError
from gateway import recall, stages
from gateway.access.roles import Role
from gateway.commands import Command, Writing
from gateway.config import Eui
from gateway.judge import keeping
from gateway.judge.limits import LIMITS
from gateway.judge.qartod import MISSING
from gateway.model import Reading, Uplink
from gateway.store import rollups, sites
from gateway.store.database import Connection
from gateway.store.ledger import Store

_SHOWN = 20
_NAMES = Uplink._fields
_NEWEST = """
    INSERT INTO newest (dev_eui, quantity, time, value, fault, flag, uplink_id)
    SELECT dev_eui, quantity, time, value, fault, flag, uplink_id FROM reading
    WHERE dev_eui = ? AND quantity = ? ORDER BY time DESC, uplink_id DESC LIMIT 1
"""
_SPAN = "SELECT min(time) AS first, max(time) AS last FROM reading WHERE dev_eui = ? AND quantity = ?"

Key = tuple[str, int]  # quantity and instant
Said = float | str | None  # a value, a fault, nothing


@dataclass(frozen=True, slots=True)
class Difference:
    """What one uplink said, and what it says now; of each reading that is not the same."""

    uplink: Uplink
    readings: list[Reading]
    error: str | None
    changes: dict[Key, tuple[Said, Said]]


def differences(store: Store, dev_eui: str) -> Iterator[Difference]:
    """Of one device, in its order."""
    db = store.connection
    placed = sites.installations(db, dev_eui)
    found = db.execute("SELECT * FROM uplink WHERE dev_eui = ? ORDER BY session_id, fcnt", (dev_eui,))
    for row in found.fetchall():
        uplink = Uplink(**{name: row[name] for name in _NAMES})
        error = None
        try:
            readings = recall.news(db, uplink, stages.decode(uplink, placed)).readings
        except WireError as refused:
            readings, error = [], str(refused)
        before = _stored(db, uplink.id)
        after = {(each.quantity, each.time): each.fault or each.value for each in readings}
        changes = {
            key: (before.get(key), after.get(key))
            for key in sorted(before.keys() | after.keys())
            if before.get(key) != after.get(key)
        }
        if changes or error != row["error"]:
            yield Difference(uplink, readings, error, changes)


def replace(store: Store, difference: Difference) -> None:
    """Its readings by what they are now. What follows from them is made anew by `settle`."""
    for table in ("reading", "corrected"):
        store.connection.execute(f"DELETE FROM {table} WHERE uplink_id = ?", (difference.uplink.id,))  # noqa: S608
    told = [reading if reading.fault is None else _missing(reading) for reading in difference.readings]
    store.set_decoded([(difference.uplink.id, told, difference.error)])
    keeping.dry(store.connection, difference.readings)


def settle(db: Connection, dev_eui: str, quantities: set[str]) -> None:
    """Flags, newest value, hours and days of series that have changed."""
    for quantity in sorted(quantities):
        for table in ("newest", "judged", *rollups.SPANS):
            db.execute(f"DELETE FROM {table} WHERE dev_eui = ? AND quantity = ?", (dev_eui, quantity))  # noqa: S608
        db.execute(_NEWEST, (dev_eui, quantity))
        span = db.execute(_SPAN, (dev_eui, quantity)).fetchone()
        if span["first"] is None:
            continue
        if quantity in LIMITS:
            keeping.rejudge(db, dev_eui, quantity, span["first"])  # and its hours and days
        else:
            rollups.recompute(db, dev_eui, quantity, span["first"], span["last"] + 1)


def redecode(writing: Writing, dev_eui: Eui | None = None, apply: bool = False) -> dict[str, Any]:
    """Of one device or of all; without `apply` nothing is changed. Sinks are not told again."""
    store, uplinks, changed = writing.store, 0, 0
    shown: list[dict[str, Any]] = []
    for each in [dev_eui] if dev_eui else [device.dev_eui for device in store.devices()]:
        quantities: set[str] = set()
        for difference in differences(store, each):
            uplinks += 1
            changed += len(difference.changes)
            quantities |= {quantity for quantity, _ in difference.changes}
            quantities |= {reading.quantity for reading in difference.readings}
            shown += [_told(difference, key) for key in difference.changes][: _SHOWN - len(shown)]
            if apply:
                replace(store, difference)
        if apply:
            settle(store.connection, each, quantities)
    return {"uplinks": uplinks, "readings": changed, "applied": apply, "first": shown}


def _told(difference: Difference, key: Key) -> dict[str, Any]:
    before, after = difference.changes[key]
    quantity, time = key
    return {
        "uplink_id": difference.uplink.id,
        "dev_eui": difference.uplink.dev_eui,
        "quantity": quantity,
        "time": time,
        "before": before,
        "after": after,
    }


def _missing(reading: Reading) -> Reading:
    return reading._replace(flag=MISSING)


def _stored(db: Connection, uplink_id: str) -> dict[Key, Said]:
    found = db.execute("SELECT quantity, time, value, fault FROM reading WHERE uplink_id = ?", (uplink_id,))
    return {(row["quantity"], row["time"]): row["fault"] or row["value"] for row in found}


COMMANDS = (Command("redecode", Role.ADMIN, redecode),)
