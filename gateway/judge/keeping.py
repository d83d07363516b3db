"""Readings into the store with their flags: as they come, again when one is late, anew after a re-survey."""

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any

from gateway.judge import dust, qartod
from gateway.judge.limits import LIMITS
from gateway.judge.qartod import FAIL, MISSING, NOT_EVALUATED, PASS, Seen
from gateway.model import Reading
from gateway.store import rollups
from gateway.store.database import Connection, among
from gateway.store.ledger import Store

_REMEMBER = """
    INSERT INTO judged (dev_eui, quantity, time, value, since, before) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (dev_eui, quantity) DO UPDATE SET
        time = excluded.time, value = excluded.value, since = excluded.since, before = excluded.before
"""
_CORRECT = (
    "INSERT INTO corrected (dev_eui, quantity, model, time, uplink_id, value) VALUES (?, ?, ?, ?, ?, ?)"
)
_FLAG = "UPDATE {table} SET flag = ? WHERE dev_eui = ? AND quantity = ? AND time = ? AND flag <> ?"
_LEVELS = """
    INSERT INTO reading (dev_eui, quantity, time, uplink_id, value, fault, flag)
    SELECT r.dev_eui, 'level', r.time, r.uplink_id, i.mount_mm - r.value, r.fault,
           CASE WHEN r.value IS NULL THEN 9 ELSE 2 END
    FROM reading r JOIN installation i ON i.dev_eui = r.dev_eui
        AND i.from_ms <= r.time AND (i.to_ms IS NULL OR r.time < i.to_ms) AND i.mount_mm IS NOT NULL
    WHERE r.dev_eui = ? AND r.quantity = 'distance'
"""
_NEWEST_LEVEL = """
    INSERT INTO newest (dev_eui, quantity, time, value, fault, flag, uplink_id)
    SELECT dev_eui, quantity, time, value, fault, flag, uplink_id FROM reading
    WHERE dev_eui = ? AND quantity = 'level' ORDER BY time DESC, uplink_id DESC LIMIT 1
"""
_SPAN = "SELECT min(time) AS first, max(time) AS last FROM reading WHERE dev_eui = ? AND quantity = ?"
_JUDGED = "SELECT dev_eui, quantity, time, value, since, before FROM judged WHERE dev_eui IN ({keys})"
_time = attrgetter("time")
_WITH = ("humidity", *dust.SIZES)


Series = tuple[str, str]  # DevEUI and quantity


class _Judging:
    """The readings of some uplinks: what they earn, and what they change of those before them."""

    def __init__(self, db: Connection, dev_euis: Iterable[str]):
        self.seen: dict[Series, Seen] = {
            (dev_eui, quantity): Seen(*seen) for dev_eui, quantity, *seen in among(db, _JUDGED, dev_euis)
        }
        self.late: dict[Series, int] = {}
        self.spikes: list[tuple[Series, int, int]] = []
        self.changed: set[Series] = set()

    def judge(self, reading: Reading) -> Reading:
        if reading.value is None:
            return flagged(reading, MISSING)
        limits, series = LIMITS.get(reading.quantity), (reading.dev_eui, reading.quantity)
        if limits is None or reading.flag == FAIL:
            return reading
        seen = self.seen.get(series)
        if seen and reading.time <= seen.time:
            self.late[series] = min(reading.time, self.late.get(series, reading.time))
            return flagged(reading, qartod.gross_range(limits, reading.value))
        flag, after, spiked = qartod.judge(limits, seen, reading.time, reading.value)
        if seen and spiked != PASS:
            self.spikes.append((series, seen.time, spiked))
        if after is not None:
            self.seen[series] = after
            self.changed.add(series)
        return flagged(reading, flag)

    def together(self, readings: Sequence[Reading]) -> list[Reading]:
        """Those of one uplink, judged in the order of time."""
        if len(readings) == 1:
            return [self.judge(readings[0])]
        judged = {id(each): self.judge(each) for each in sorted(readings, key=_time)}
        return _together([judged[id(each)] for each in readings])


def keep(store: Store, said: Sequence[tuple[str, Sequence[Reading], str | None]]) -> list[list[Reading]]:
    """In the caller's transaction, of uplinks by their ids: what each said, as it is judged by now."""
    db = store.connection
    judging = _Judging(db, {reading.dev_eui for _, readings, _ in said for reading in readings})
    told = [judging.together(readings) for _, readings, _ in said]
    store.set_decoded(
        (uplink_id, each, error) for (uplink_id, _, error), each in zip(said, told, strict=True)
    )
    every = [reading for each in told for reading in each]
    rollups.add(db, _good(each for each in every if (each.dev_eui, each.quantity) not in judging.late))
    _remember(db, {series: judging.seen[series] for series in judging.changed})
    for each in told:
        dry(db, each)
    for (dev_eui, quantity), time, flag in judging.spikes:
        _flag(db, dev_eui, quantity, [(time, flag)])
        if flag == FAIL:
            rollups.recompute(db, dev_eui, quantity, time, time + 1)
    for (dev_eui, quantity), time in judging.late.items():
        rejudge(db, dev_eui, quantity, time)
    return told


def flagged(reading: Reading, flag: int) -> Reading:
    """dataclasses.replace takes six times as long, and this is done for each value that there is."""
    return Reading(
        reading.dev_eui, reading.quantity, reading.time, reading.value, reading.fault, flag, reading.uplink_id
    )


def rejudge(db: Connection, dev_eui: str, quantity: str, from_ms: int) -> None:
    """From the reading before that instant on: whether that one is a spike may have changed."""
    limits = LIMITS[quantity]
    start = from_ms - 2000 * max(limits.gap_s, limits.flat_s or 0)  # as far as the tests look back, twice
    rows = _values(db, dev_eui, quantity, start)
    beside = _beside(db, dev_eui, start) if quantity in dust.SIZES else {}
    seen: Seen | None = None
    earned: dict[int, int] = {}
    for time, value in rows:
        former = seen
        flag, seen, spiked = qartod.judge(limits, seen, time, value)
        earned[time] = max(flag, qartod.together(beside.get(time, {})).get(quantity, PASS))
        if former and spiked != PASS:
            earned[former.time] = max(earned[former.time], spiked)
    if seen is not None:
        _remember(db, {(dev_eui, quantity): seen})
    first = max((time for time in earned if time < from_ms), default=from_ms)
    _flag(db, dev_eui, quantity, [(time, flag) for time, flag in earned.items() if time >= first])
    rollups.recompute(db, dev_eui, quantity, first, max(earned, default=from_ms) + 1)


def relevel(db: Connection, dev_eui: str) -> None:
    """All levels of a device, from its distances and the heights its sensor had."""
    for table in ("reading", "newest", "judged"):
        db.execute(f"DELETE FROM {table} WHERE dev_eui = ? AND quantity = 'level'", (dev_eui,))  # noqa: S608
    db.execute(_LEVELS, (dev_eui,))
    span = db.execute(_SPAN, (dev_eui, "level")).fetchone()
    if span["first"] is None:
        return
    db.execute(
        "UPDATE reading SET flag = 9 WHERE dev_eui = ? AND quantity = 'level' AND value IS NULL", (dev_eui,)
    )
    db.execute(_NEWEST_LEVEL, (dev_eui,))
    rollups.recompute(db, dev_eui, "level", span["first"], span["last"] + 1)
    rejudge(db, dev_eui, "level", span["first"])


def number(db: Connection, numbered: Iterable[tuple[str, int, int]]) -> None:
    """Nodes, instants and running numbers of what came out of their journals."""
    db.executemany(
        "INSERT INTO numbered (dev_eui, time, number) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", list(numbered)
    )


def _together(readings: Sequence[Reading]) -> list[Reading]:
    values: dict[int, dict[str, float]] = {}
    if not any(each.quantity in dust.SIZES for each in readings):
        return list(readings)
    for each in readings:
        if each.value is not None and each.quantity in _WITH:
            values.setdefault(each.time, {})[each.quantity] = each.value
    flags = {time: qartod.together(beside) for time, beside in values.items()}
    return [
        flagged(each, flag)
        if each.flag not in (NOT_EVALUATED, MISSING)
        and (flag := flags.get(each.time, {}).get(each.quantity, PASS)) > each.flag
        else each
        for each in readings
    ]


def _good(readings: Iterable[Reading]) -> Iterable[tuple[str, str, int, float]]:
    for each in readings:
        if each.value is not None and each.flag != FAIL:
            yield each.dev_eui, each.quantity, each.time, each.value


def dry(db: Connection, readings: Sequence[Reading]) -> None:
    """Of one uplink, or of one redecoded."""
    if not any(each.quantity in dust.SIZES for each in readings):
        return
    humid = {
        each.time: each.value for each in readings if each.quantity == "humidity" and each.value is not None
    }
    rows: list[tuple[Any, ...]] = []
    for each in readings:
        if each.quantity in dust.SIZES and each.value is not None and each.time in humid:
            value = dust.dry(each.value, humid[each.time])
            if value is not None:
                rows.append((each.dev_eui, each.quantity, dust.MODEL, each.time, each.uplink_id, value))
    if rows:
        db.executemany(_CORRECT, rows)


def _remember(db: Connection, seen: dict[Series, Seen]) -> None:
    db.executemany(_REMEMBER, [(*series, *each) for series, each in seen.items()])


def _flag(db: Connection, dev_eui: str, quantity: str, flags: Iterable[tuple[int, int]]) -> None:
    rows = [(flag, dev_eui, quantity, time, flag) for time, flag in flags]
    for table in ("reading", "newest"):
        db.executemany(_FLAG.format(table=table), rows)


def _values(db: Connection, dev_eui: str, quantity: str, start: int) -> list[tuple[int, float]]:
    found = db.execute(
        "SELECT time, value FROM reading"
        " WHERE dev_eui = ? AND quantity = ? AND time >= ? AND value IS NOT NULL ORDER BY time, uplink_id",
        (dev_eui, quantity, start),
    )
    return [(row["time"], row["value"]) for row in found]


def _beside(db: Connection, dev_eui: str, start: int) -> dict[int, dict[str, float]]:
    beside: dict[int, dict[str, float]] = {}
    for quantity in _WITH:
        for time, value in _values(db, dev_eui, quantity, start):
            beside.setdefault(time, {})[quantity] = value
    return beside
