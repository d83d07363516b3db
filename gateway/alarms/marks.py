"""Marks in the store: rows with source and validity, ended and followed, never changed."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from gateway.alarms.rules import Mark, State
from gateway.model import NotFoundError
from gateway.store.database import Connection, among
from gateway.words import said

_MARKS = "SELECT * FROM mark WHERE site_id = ? ORDER BY quantity, measure, value, id"
_FOLLOW = """
    UPDATE mark SET valid_to = CASE WHEN valid_from > ? THEN valid_from ELSE ? END
    WHERE site_id = ? AND quantity = ? AND measure = ? AND name = ? AND (valid_to IS NULL OR valid_to > ?)
"""
_END = "UPDATE mark SET valid_to = CASE WHEN valid_from > ? THEN valid_from ELSE ? END WHERE id = ?"
_OF_DEVICES = """
    SELECT m.*, i.dev_eui, i.from_ms, i.to_ms FROM installation i JOIN mark m ON m.site_id = i.site_id
    WHERE i.dev_eui IN ({keys}) ORDER BY m.value, m.id
"""
_STATE = """
    SELECT s.time, s.recent, a.id IS NOT NULL AS is_on FROM mark m
    LEFT JOIN mark_state s ON s.mark_id = m.id AND s.dev_eui = ?
    LEFT JOIN alarm a ON a.subject = ? AND a.cleared_at IS NULL WHERE m.id = ?
"""
_REMEMBER = """
    INSERT INTO mark_state (mark_id, dev_eui, time, recent) VALUES (?, ?, ?, ?)
    ON CONFLICT (mark_id, dev_eui) DO UPDATE SET time = excluded.time, recent = excluded.recent
"""


def subject(mark_id: int, dev_eui: str) -> str:
    """Of the alarm that a node raises at a mark."""
    return f"mark:{mark_id}:{dev_eui}"


def add(db: Connection, mark: Mark) -> int:
    """The number it gets; one of the same name and quantity ends as this one begins."""
    begin = mark.valid_from
    db.execute(_FOLLOW, (begin, begin, mark.site_id, mark.quantity, mark.measure, mark.name, begin))
    row = asdict(mark)
    del row["id"]
    names, places = ", ".join(row), ", ".join("?" * len(row))
    added = f"INSERT INTO mark ({names}) VALUES ({places}) RETURNING id"  # noqa: S608 (a dataclass's names)
    return int(db.execute(added, tuple(row.values())).fetchone()["id"])


def end(db: Connection, mark_id: int, at: int) -> Mark:
    """Valid no more from then on."""
    mark = find(db, mark_id)
    db.execute(_END, (at, at, mark_id))
    return mark


def find(db: Connection, mark_id: int) -> Mark:
    row = db.execute("SELECT * FROM mark WHERE id = ?", (mark_id,)).fetchone()
    if row is None:
        raise NotFoundError(said("refusal.noMark", number=mark_id))
    return _mark(row)


def of_site(db: Connection, site_id: str, at: int | None = None) -> list[Mark]:
    """The lowest first; all there ever were, or those valid at a time."""
    found = [_mark(row) for row in db.execute(_MARKS, (site_id,))]
    return [mark for mark in found if at is None or is_valid(mark, at)]


def of_devices(db: Connection, dev_euis: Iterable[str]) -> dict[str, list[tuple[Mark, int, int | None]]]:
    """Of those that have any, each with the span in which the device has measured at its site."""
    found: dict[str, list[tuple[Mark, int, int | None]]] = {}
    for row in among(db, _OF_DEVICES, dev_euis):
        found.setdefault(row["dev_eui"], []).append((_mark(row), row["from_ms"], row["to_ms"]))
    return found


def is_valid(mark: Mark, at: int) -> bool:
    return mark.valid_from <= at and (mark.valid_to is None or at < mark.valid_to)


def state(db: Connection, mark: Mark, dev_eui: str) -> State:
    row = db.execute(_STATE, (dev_eui, subject(mark.id, dev_eui), mark.id)).fetchone()
    return State(bool(row["is_on"]), row["time"], row["recent"] or "")


def remember(db: Connection, mark: Mark, dev_eui: str, found: State) -> None:
    db.execute(_REMEMBER, (mark.id, dev_eui, found.time, found.recent))


def _mark(row: Any) -> Mark:
    return Mark(**{name: row[name] for name in Mark.__dataclass_fields__})
