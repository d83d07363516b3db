"""Hours and days (UTC) of every series with counts, kept as readings come; noise is summed as energy."""

from collections.abc import Iterable
from math import log10
from typing import NamedTuple

from gateway.store.database import Connection

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
SPANS = {"hourly": HOUR_MS, "daily": DAY_MS}
_ENERGIES = frozenset(("laeq", "lafmax", "l10", "l90"))
_LOUDEST_DB = 194  # the pressure of the air itself; a value beyond it that nobody has judged yet is no sound
_BAD = (4, 9)  # QARTOD fail and missing count for nothing

_ADD = """
    INSERT INTO {table} (dev_eui, quantity, start_ms, readings, total, least, most)
    VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (dev_eui, quantity, start_ms) DO UPDATE SET
        readings = {table}.readings + excluded.readings, total = {table}.total + excluded.total,
        least = CASE WHEN excluded.least < {table}.least THEN excluded.least ELSE {table}.least END,
        most = CASE WHEN excluded.most > {table}.most THEN excluded.most ELSE {table}.most END
"""
_ADDED = {table: _ADD.format(table=table) for table in SPANS}
_OF_SPAN = """
    SELECT time, value, flag FROM reading
    WHERE dev_eui = ? AND quantity = ? AND time >= ? AND time < ? AND value IS NOT NULL
"""
_READ = """
    SELECT start_ms, readings, total, least, most FROM {table}
    WHERE dev_eui = ? AND quantity = ? AND start_ms >= ? AND start_ms < ? ORDER BY start_ms
"""


class Span(NamedTuple):
    """The good readings of an hour or a day."""

    start_ms: int
    readings: int
    mean: float
    least: float
    most: float


def add(db: Connection, good: Iterable[tuple[str, str, int, float]]) -> None:
    """Device, quantity, time and value of readings that are new."""
    rows = [each for each in good if each[1] not in _ENERGIES or each[3] <= _LOUDEST_DB]
    for table, span_ms in SPANS.items():
        sums: dict[tuple[str, str, int], tuple[int, float, float, float]] = {}
        for dev_eui, quantity, time, value in rows:
            span, summed = (dev_eui, quantity, time - time % span_ms), _summed(quantity, value)
            former = sums.get(span)
            sums[span] = _joined(former, value, summed) if former else (1, summed, value, value)
        db.executemany(_ADDED[table], [(*span, *each) for span, each in sums.items()])


def recompute(db: Connection, dev_eui: str, quantity: str, from_ms: int, to_ms: int) -> None:
    """The days that touch [from, to) and their hours, from the readings as they are judged now."""
    start, end = from_ms - from_ms % DAY_MS, to_ms - to_ms % -DAY_MS
    for table in SPANS:
        db.execute(
            f"DELETE FROM {table} WHERE dev_eui = ? AND quantity = ? AND start_ms >= ? AND start_ms < ?",  # noqa: S608
            (dev_eui, quantity, start, end),
        )
    found = db.execute(_OF_SPAN, (dev_eui, quantity, start, end)).fetchall()
    add(db, [(dev_eui, quantity, row["time"], row["value"]) for row in found if row["flag"] not in _BAD])


def read(db: Connection, table: str, dev_eui: str, quantity: str, from_ms: int, to_ms: int) -> list[Span]:
    """`hourly` or `daily`, by time."""
    if table not in SPANS:
        raise ValueError(table)
    found = db.execute(_READ.format(table=table), (dev_eui, quantity, from_ms, to_ms)).fetchall()
    if quantity in _ENERGIES:
        return [Span(start, n, 10 * log10(total / n), least, most) for start, n, total, least, most in found]
    return [Span(start, n, total / n, least, most) for start, n, total, least, most in found]


def _joined(
    former: tuple[int, float, float, float], value: float, summed: float
) -> tuple[int, float, float, float]:
    readings, total, least, most = former
    return readings + 1, total + summed, min(least, value), max(most, value)


def _summed(quantity: str, value: float) -> float:
    return float(10 ** (value / 10)) if quantity in _ENERGIES else value
