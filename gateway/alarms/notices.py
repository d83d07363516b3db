"""What is owed to whom: written with the alarm, once per alarm, target and step, and marked when sent."""

from dataclasses import dataclass
from typing import Any, Literal

from gateway.store.database import Connection

Step = Literal["raised", "cleared"]
CAP = "cap"
_FIRST_WAIT_MS, _LONGEST_WAIT_MS = 5_000, 600_000
_ATTEMPTS = 150  # about a day
NEVER = 1 << 62

_OWE = """
    INSERT INTO notice (alarm_id, target, step, due_at)
    SELECT ?, name, 'raised', ? + 1000 * after_s FROM notification
    WHERE (site_id IS NULL OR site_id = ?) AND (kind IS NULL OR kind = ?)
    ON CONFLICT (alarm_id, target, step) DO NOTHING
"""
_OWE_CAP = """
    INSERT INTO notice (alarm_id, target, step, due_at) VALUES (?, ?, ?, ?)
    ON CONFLICT (alarm_id, target, step) DO NOTHING
"""
_OWE_CLEARED = """
    INSERT INTO notice (alarm_id, target, step, due_at)
    SELECT alarm_id, target, 'cleared', ? FROM notice WHERE alarm_id = ? AND step = 'raised'
    ON CONFLICT (alarm_id, target, step) DO NOTHING
"""
# What came later than at once and is not yet due: an escalation.
_CANCEL = """
    DELETE FROM notice WHERE alarm_id = ? AND step = 'raised' AND sent_at IS NULL AND failures = 0
    AND target IN (SELECT name FROM notification WHERE after_s > 0)
"""
_DUE = """
    SELECT id, alarm_id, target, step, due_at, failures FROM notice
    WHERE sent_at IS NULL AND due_at <= ? ORDER BY id
"""
_FAILED = "UPDATE notice SET failures = failures + 1, due_at = ?, reason = ? WHERE id = ?"


@dataclass(frozen=True, slots=True)
class Notice:
    """What is owed."""

    id: int
    alarm_id: int
    target: str
    step: Step
    due_at: int
    failures: int


def owe_raised(db: Connection, alarm_id: int, kind: str, site_id: str | None, now: int) -> None:
    """To everybody who is to be told of it; to some only later, unless it is acknowledged by then."""
    db.execute(_OWE, (alarm_id, now, site_id, kind))
    db.execute(_OWE_CAP, (alarm_id, CAP, "raised", now))


def owe_cleared(db: Connection, alarm_id: int, now: int) -> None:
    """To those who were told that it began, or still will be."""
    cancel_later(db, alarm_id)
    db.execute(_OWE_CLEARED, (now, alarm_id))


def cancel_later(db: Connection, alarm_id: int) -> None:
    db.execute(_CANCEL, (alarm_id,))


def due(db: Connection, now: int) -> list[Notice]:
    return [Notice(**dict(row)) for row in db.execute(_DUE, (now,))]


def sent(db: Connection, notice: Notice, now: int) -> None:
    db.execute("UPDATE notice SET sent_at = ?, reason = NULL WHERE id = ?", (now, notice.id))


def failed(db: Connection, notice: Notice, reason: str, now: int) -> None:
    """It is tried again, each time later, and after about a day no more."""
    wait_ms = min(_LONGEST_WAIT_MS, _FIRST_WAIT_MS << min(notice.failures, 16))
    again = NEVER if notice.failures + 1 >= _ATTEMPTS else now + wait_ms
    db.execute(_FAILED, (again, reason, notice.id))


def of_alarm(db: Connection, alarm_id: int) -> list[dict[str, Any]]:
    """What was told of it and what still is to be told."""
    found = db.execute(
        "SELECT target, step, due_at, sent_at, failures, reason FROM notice"
        " WHERE alarm_id = ? AND target <> ? ORDER BY id",
        (alarm_id, CAP),
    )
    return [dict(row) for row in found]
