"""Alarms in the store: raised once per subject, acknowledged by somebody, ended when it is over."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from gateway.alarms import notices
from gateway.model import ConflictError, NotFoundError
from gateway.store.database import Connection, among
from gateway.words import said

Kind = Literal["mark", "rise", "node", "silence", "gateway_silence", "conflict"]
KINDS: tuple[Kind, ...] = ("mark", "rise", "node", "silence", "gateway_silence", "conflict")

_PUBLIC_KINDS = frozenset({"mark", "rise", "node"})
_RAISE = """
    INSERT INTO alarm (kind, subject, site_id, mark_id, dev_eui, gateway_id, uplink_id, quantity, value, peak,
                       measured_at, raised_at, drill)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (subject) WHERE cleared_at IS NULL DO NOTHING RETURNING id
"""
_CLEAR = "UPDATE alarm SET cleared_at = ? WHERE subject = ? AND cleared_at IS NULL RETURNING id"
_REACH = "UPDATE alarm SET peak = ? WHERE subject = ? AND cleared_at IS NULL AND peak < ?"
_ACKNOWLEDGE = "UPDATE alarm SET acknowledged_at = ?, acknowledged_by = ? WHERE id = ?"
_OPEN_AT = "SELECT DISTINCT dev_eui FROM alarm WHERE cleared_at IS NULL AND dev_eui IN ({keys})"
_NEWEST_FIRST = " ORDER BY a.raised_at DESC, a.id DESC"
_SHOWN = """
    SELECT a.*, s.name AS site_name, s.published, s.lat, s.lon, d.name AS device_name,
           m.name AS mark_name, m.value AS mark_value
    FROM alarm a LEFT JOIN site s ON s.id = a.site_id LEFT JOIN device d ON d.dev_eui = a.dev_eui
    LEFT JOIN mark m ON m.id = a.mark_id
"""


class AlarmError(ConflictError):
    """What is asked of an alarm cannot be."""


@dataclass(frozen=True, slots=True)
class Cause:
    """What an alarm is about. `subject` names the one thing of which one alarm at most is open."""

    kind: Kind
    subject: str
    measured_at: int
    site_id: str | None = None
    mark_id: int | None = None
    dev_eui: str | None = None
    gateway_id: str | None = None
    uplink_id: str | None = None
    quantity: str | None = None
    value: float | None = None
    drill: bool = False


def open_alarm(db: Connection, cause: Cause, now: int) -> int | None:
    """Its number, with its notices owed; None when such an alarm is open already."""
    row = db.execute(
        _RAISE,
        (cause.kind, cause.subject, cause.site_id, cause.mark_id, cause.dev_eui, cause.gateway_id,
         cause.uplink_id, cause.quantity, cause.value, cause.value, cause.measured_at, now, int(cause.drill)),
    ).fetchone()  # fmt: skip
    if row is None:
        return None
    notices.owe_raised(db, int(row["id"]), cause.kind, cause.site_id, now)
    _tell(db, int(row["id"]))
    return int(row["id"])


def close(db: Connection, subject: str, now: int) -> int | None:
    """The number of the alarm that is over now; None when none was open."""
    row = db.execute(_CLEAR, (now, subject)).fetchone()
    if row is None:
        return None
    notices.owe_cleared(db, int(row["id"]), now)
    _tell(db, int(row["id"]))
    return int(row["id"])


def close_like(db: Connection, prefix: str, now: int) -> None:
    """All whose subject begins so."""
    found = db.execute(
        "SELECT subject FROM alarm WHERE cleared_at IS NULL AND subject LIKE ?", (prefix + "%",)
    ).fetchall()
    for row in found:
        close(db, row["subject"], now)


def reach(db: Connection, subject: str, value: float) -> None:
    """Remember the highest value of an open alarm."""
    db.execute(_REACH, (value, subject, value))


def acknowledge(db: Connection, alarm_id: int, by: str, now: int) -> None:
    """Nobody further is told. A drill is over with it."""
    row = find(db, alarm_id)
    if row["acknowledged_at"] is not None:
        raise AlarmError(said("refusal.acknowledged", number=alarm_id))
    db.execute(_ACKNOWLEDGE, (now, by, alarm_id))
    notices.cancel_later(db, alarm_id)
    if row["drill"]:
        close(db, row["subject"], now)
    _tell(db, alarm_id)


def is_public(row: Mapping[str, Any]) -> bool:
    """As it is shown, with its site: a drill is no news for the public, and neither is a dead battery."""
    return bool(row["published"] and row["kind"] in _PUBLIC_KINDS and not row["drill"])


def find(db: Connection, alarm_id: int) -> dict[str, Any]:
    row = db.execute(_SHOWN + "WHERE a.id = ?", (alarm_id,)).fetchone()
    if row is None:
        raise NotFoundError(said("refusal.noAlarm", number=alarm_id))
    return dict(row)


def is_open(db: Connection, prefix: str) -> bool:
    """Whether an alarm is open whose subject begins so."""
    found = db.execute("SELECT 1 FROM alarm WHERE cleared_at IS NULL AND subject LIKE ?", (prefix + "%",))
    return found.fetchone() is not None


def in_force(db: Connection, site_id: str | None = None) -> list[dict[str, Any]]:
    """The newest first, with the names of what they are about; of one site, or all."""
    wanted = "WHERE a.cleared_at IS NULL" + ("" if site_id is None else " AND a.site_id = ?")
    arguments = () if site_id is None else (site_id,)
    return [dict(row) for row in db.execute(_SHOWN + wanted + _NEWEST_FIRST, arguments)]


def open_at(db: Connection, dev_euis: Iterable[str]) -> set[str]:
    """Those of the devices about which an alarm is open."""
    return {row["dev_eui"] for row in among(db, _OPEN_AT, dev_euis)}


def history(
    db: Connection, site_id: str | None = None, before: tuple[int, int] | None = None
) -> Iterator[dict[str, Any]]:
    """The newest first, after the one with that `raised_at` and `id`."""
    raised_at, alarm_id = before or ((1 << 62), (1 << 62))
    wanted = "WHERE (a.raised_at, a.id) < (?, ?)"
    arguments: tuple[object, ...] = (raised_at, alarm_id)
    if site_id is not None:
        wanted, arguments = wanted + " AND a.site_id = ?", (*arguments, site_id)
    for row in db.execute(_SHOWN + wanted + _NEWEST_FIRST, arguments):
        yield dict(row)


def _tell(db: Connection, alarm_id: int) -> None:
    """To those who follow the events: that something happened to it, and no more, for everybody hears it."""
    db.execute("INSERT INTO event (kind, data) VALUES ('alarm', ?)", (f'{{"id":{alarm_id}}}',))
