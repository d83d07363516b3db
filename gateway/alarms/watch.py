"""Looks at all that is decoded, in the transaction that stores it: marks, rise, the node's own alarms."""

from collections.abc import Sequence

from codec.message import Alarm, Batch, Hello
from gateway.alarms import hearing, marks, records, rise
from gateway.alarms.records import Cause
from gateway.alarms.rules import Mark, Sample, judge
from gateway.model import Reading, Uplink
from gateway.store.database import Connection, among
from gateway.words.times import MINUTE_MS

_SUSPECT, _FAIL = 3, 4  # QARTOD
# From which rise per hour on silence is told at once; a distance shrinks as the water rises.
_RISING = {"level": 60.0, "head": 60.0, "distance": -60.0}

_POINTS = """
    SELECT time, value FROM reading
    WHERE dev_eui = ? AND quantity = ? AND time > ? AND time <= ? AND value IS NOT NULL AND flag < ?
    ORDER BY time
"""
_LATELY = """
    SELECT dev_eui, quantity, time, value FROM reading
    WHERE dev_eui IN ({keys}) AND quantity IN ('level', 'head', 'distance') AND time >= ?
      AND value IS NOT NULL AND flag < ?
"""
_TELL_MARKS = """
    INSERT INTO node_marks (dev_eui, marks, told_at) VALUES (?, ?, ?)
    ON CONFLICT (dev_eui) DO UPDATE SET marks = excluded.marks, told_at = excluded.told_at
"""


Heard = tuple[Uplink, object, Sequence[Reading]]  # an uplink, its message, and its readings, which are stored


class Rising:
    """Whether the water rises at each node: looked at anew when a minute has passed between measurements."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[int, bool]] = {}

    def look(self, db: Connection, heard: Sequence[Heard]) -> None:
        """What these nodes measured lately is read at once."""
        wanted: dict[str, int] = {}
        for uplink, _, readings in heard:
            until = max((each.time for each in readings if each.quantity in _RISING), default=None)
            if until is not None and abs(until - self._looked_at(uplink.dev_eui)) >= MINUTE_MS:
                wanted[uplink.dev_eui] = until
        points: dict[str, dict[str, list[tuple[int, float]]]] = {dev_eui: {} for dev_eui in wanted}
        begin = min(wanted.values(), default=0) - rise.WINDOW_MS
        for dev_eui, quantity, time, value in among(db, _LATELY, wanted, begin, _SUSPECT):
            points[dev_eui].setdefault(quantity, []).append((time, value))
        for dev_eui, until in wanted.items():
            self._known[dev_eui] = until, _rises(points[dev_eui], until)

    def is_urgent(self, dev_eui: str, good: Sequence[Reading]) -> bool | None:
        """None where this uplink says nothing of the water."""
        return self._known[dev_eui][1] if any(map(_moves, good)) else None

    def _looked_at(self, dev_eui: str) -> int:
        known = self._known.get(dev_eui)
        return known[0] if known else -MINUTE_MS


def _rises(points: dict[str, list[tuple[int, float]]], until: int) -> bool:
    """A level is the mirror of its distance, so one of them will do."""
    for quantity in points.keys() - ({"distance"} if "level" in points else set()):
        lately = [each for each in points[quantity] if until - rise.WINDOW_MS <= each[0] <= until]
        per_hour = rise.per_hour(lately)
        if per_hour is not None and per_hour / _RISING[quantity] >= 1:
            return True
    return False


def saw(db: Connection, now: int, heard: Sequence[Heard], rising: Rising) -> None:
    """Uplinks in the order of the ledger."""
    dev_euis = {uplink.dev_eui for uplink, _, _ in heard}
    watched = marks.of_devices(db, dev_euis)
    alarmed = records.open_at(db, dev_euis)
    rising.look(db, heard)
    spoken = []
    for uplink, said, readings in heard:
        good = [each for each in readings if each.value is not None and each.flag < _FAIL]
        is_alarm = isinstance(said, Alarm)
        if is_alarm or uplink.dev_eui in watched or isinstance(said, Hello):
            _look(db, uplink, said, good, watched.get(uplink.dev_eui, ()), now)
        is_alarmed = uplink.dev_eui in alarmed or is_alarm or uplink.dev_eui in watched
        # What comes from a journal says nothing of how the water moves.
        is_urgent = None if isinstance(said, Batch) else rising.is_urgent(uplink.dev_eui, good)
        if is_alarmed and _is_above(db, uplink.dev_eui):
            is_urgent = True
        spoken.append((uplink, is_urgent))
    hearing.heard(db, spoken, now)


def _look(
    db: Connection,
    uplink: Uplink,
    said: object,
    good: Sequence[Reading],
    watched: Sequence[tuple[Mark, int, int | None]],
    now: int,
) -> None:
    """At the marks of its site, and at what the node itself says of marks."""
    for reading in sorted(good, key=lambda each: each.time):
        for mark, from_ms, to_ms in watched:
            is_there = from_ms <= reading.time and (to_ms is None or reading.time < to_ms)
            if mark.quantity == reading.quantity and is_there and marks.is_valid(mark, reading.time):
                _judge(db, mark, reading, isinstance(said, Alarm), now)
    if isinstance(said, Alarm):
        _believe(db, said, uplink, good, now)
    if isinstance(said, Hello):
        db.execute(_TELL_MARKS, (uplink.dev_eui, " ".join(map(str, said.marks)), uplink.received_at))


def rise_per_hour(db: Connection, dev_eui: str, quantity: str, until: int) -> float | None:
    """Over the last half hour, without what is suspect."""
    wanted = (dev_eui, quantity, until - rise.WINDOW_MS - 1, until, _SUSPECT)
    return rise.per_hour([(row["time"], row["value"]) for row in db.execute(_POINTS, wanted)])


def _judge(db: Connection, mark: Mark, reading: Reading, is_confirmed: bool, now: int) -> None:
    value = reading.value
    if mark.measure == "rise":
        value, is_confirmed = rise_per_hour(db, reading.dev_eui, reading.quantity, reading.time), False
    if value is None:
        return
    time = min(reading.time, now)  # of a clock that is ahead
    before = marks.state(db, mark, reading.dev_eui)
    after = judge(mark, before, Sample(time, value, reading.flag == _SUSPECT, is_confirmed))
    if after == before:
        return
    marks.remember(db, mark, reading.dev_eui, after)
    subject = marks.subject(mark.id, reading.dev_eui)
    if after.is_on and before.is_on:
        records.reach(db, subject, value)
    elif before.is_on:
        records.close(db, subject, now)
    elif after.is_on:
        kind: records.Kind = "rise" if mark.measure == "rise" else "mark"
        cause = Cause(
            kind,
            subject,
            time,
            mark.site_id,
            mark.id,
            reading.dev_eui,
            None,
            reading.uplink_id,
            reading.quantity,
            value,
        )
        records.open_alarm(db, cause, now)


def _believe(db: Connection, said: Alarm, uplink: Uplink, good: Sequence[Reading], now: int) -> None:
    """A mark that only the node knows raises an alarm of its own, until the node says that it is left."""
    subject = f"node:{uplink.dev_eui}"
    if said.mark == 0:
        records.close(db, subject, now)
        return
    if records.is_open(db, f"mark:%:{uplink.dev_eui}"):
        return
    shown = next((each for each in good if each.quantity == "level"), good[0] if good else None)
    site = db.execute(
        "SELECT site_id FROM installation WHERE dev_eui = ? AND to_ms IS NULL", (uplink.dev_eui,)
    ).fetchone()
    cause = Cause(
        "node",
        subject,
        shown.time if shown else uplink.received_at,
        site_id=site and site["site_id"],
        dev_eui=uplink.dev_eui,
        uplink_id=uplink.id,
        quantity=shown.quantity if shown else None,
        value=shown.value if shown else None,
    )
    records.open_alarm(db, cause, now)


def _is_above(db: Connection, dev_eui: str) -> bool:
    """A mark, its site's or the node's own."""
    return records.is_open(db, f"mark:%:{dev_eui}") or records.is_open(db, f"node:{dev_eui}")


def _moves(reading: Reading) -> bool:
    return reading.quantity in _RISING
