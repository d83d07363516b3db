"""Looks at all that is decoded, in the transaction that stores it: marks, rise, the node's own alarms."""

from collections.abc import Sequence

from codec.message import Alarm, Batch, Hello
from gateway.alarms import hearing, marks, records, rise
from gateway.alarms.records import Cause
from gateway.alarms.rules import Mark, Sample, judge
from gateway.model import Clock, Reading, Uplink
from gateway.store.database import Connection

_SUSPECT, _FAIL = 3, 4  # QARTOD
# From which rise per hour on silence is told at once; a distance shrinks as the water rises.
_RISING = {"level": 60.0, "head": 60.0, "distance": -60.0}

_POINTS = """
    SELECT time, value FROM reading
    WHERE dev_eui = ? AND quantity = ? AND time > ? AND time <= ? AND value IS NOT NULL AND flag < ?
    ORDER BY time
"""
_TELL_MARKS = """
    INSERT INTO node_marks (dev_eui, marks, told_at) VALUES (?, ?, ?)
    ON CONFLICT (dev_eui) DO UPDATE SET marks = excluded.marks, told_at = excluded.told_at
"""


def saw(db: Connection, clock: Clock, uplink: Uplink, said: object, readings: Sequence[Reading]) -> None:
    """An uplink and its message, once its readings are stored."""
    now = clock.now_ms()
    good = [each for each in readings if each.value is not None and each.flag < _FAIL]
    watched = marks.of_device(db, uplink.dev_eui)
    for reading in sorted(good, key=lambda each: each.time):
        for mark, from_ms, to_ms in watched:
            is_there = from_ms <= reading.time and (to_ms is None or reading.time < to_ms)
            if mark.quantity == reading.quantity and is_there and marks.is_valid(mark, reading.time):
                _judge(db, mark, reading, isinstance(said, Alarm), now)
    if isinstance(said, Alarm):
        _believe(db, said, uplink, good, now)
    if isinstance(said, Hello):
        db.execute(_TELL_MARKS, (uplink.dev_eui, " ".join(map(str, said.marks)), uplink.received_at))
    is_of_now = not isinstance(said, Batch)  # what comes from a journal says nothing of how the water moves
    hearing.heard(db, uplink, _is_urgent(db, uplink.dev_eui, good if is_of_now else ()), now)


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


def _is_urgent(db: Connection, dev_eui: str, good: Sequence[Reading]) -> bool | None:
    """Whether the water rises or is above a mark; None where this uplink says nothing of it."""
    if records.is_open(db, f"mark:%:{dev_eui}") or records.is_open(db, f"node:{dev_eui}"):
        return True
    newest = {each.quantity: each.time for each in good if each.quantity in _RISING}
    if not newest:
        return None
    rises = {quantity: rise_per_hour(db, dev_eui, quantity, time) for quantity, time in newest.items()}
    return any(each is not None and each / _RISING[quantity] >= 1 for quantity, each in rises.items())
