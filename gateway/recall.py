"""Readings that were lost on the way are asked for from the node's journal, one request at a time."""

import json
from collections.abc import Iterable, Sequence

from codec import message
from codec.desk.document import code_name
from codec.desk.words import FPORTS, RESET_CAUSES
from codec.message import Batch, Hello
from codec.wire import WireError
from gateway.judge.gaps import Gap, gaps
from gateway.judge.limits import LIMITS
from gateway.model import Reading, Uplink
from gateway.network import queue
from gateway.stages import Decoded
from gateway.store.database import Connection, among

_REACH_MS = 14 * 86_400_000  # of the journal
_HALF_A_DAY_MS = 43_200_000  # a number stands for one reading within it
_ROUNDED_MS = 2_000  # a journal counts whole seconds
_REPEATED_MS = 20_000  # two repetitions with their windows and pauses, at the slowest data rate
_READINGS = 12  # of a batch
_PAGE = 32  # readings
_EMPTIED = ("power_on", "brown_out")
_HELLO_MS = 600_000  # a hello leaves after the report of the same start
_PATIENCE = 2  # uplinks for each batch: reports and alarms go first
_OVER = ("failed", "expired", "cancelled")

_FORMER_REPORT = """
    SELECT fcnt FROM uplink WHERE session_id = ? AND fcnt < ? AND fport = ? ORDER BY fcnt DESC LIMIT 1
"""
_BETWEEN = "SELECT count(*) FROM uplink WHERE session_id = ? AND fcnt > ? AND fcnt < ?"
_FORMER_READING = "SELECT max(time) FROM numbered WHERE dev_eui = ? AND time < ?"
_MISSED = "INSERT INTO missed (dev_eui, after_ms, before_ms) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
_MISSING = "SELECT DISTINCT dev_eui FROM missed WHERE dev_eui IN ({keys})"
_SPANS = "SELECT after_ms, before_ms FROM missed WHERE dev_eui = ? ORDER BY after_ms"
_DONE = "DELETE FROM missed WHERE dev_eui = ? AND after_ms = ? AND before_ms = ?"
_QUANTITIES = "SELECT quantity FROM newest WHERE dev_eui = ? AND time >= ?"
_HELLOS = "SELECT payload FROM uplink WHERE dev_eui = ? AND fport = ? AND received_at BETWEEN ? AND ?"
_SINCE = "SELECT count(*) FROM uplink WHERE dev_eui = ? AND received_at > ?"
_KNOWN = "SELECT time FROM numbered WHERE dev_eui = ? AND number = ? AND time BETWEEN ? AND ? LIMIT 1"
_HAS = "SELECT 1 FROM reading WHERE dev_eui = ? AND quantity = ? AND time = ? AND uplink_id <> ? LIMIT 1"


def news(db: Connection, uplink: Uplink, decoded: Decoded) -> Decoded:
    """Without what another uplink has brought: a node may be asked, or answer, more than once.

    A number that has an instant keeps it, so that quantities of one look stay together.
    """
    if not isinstance(decoded.said, Batch):
        return decoded
    late_ms = _late_ms(db, uplink, decoded.said)
    instants = {
        time: _instant(db, uplink.dev_eui, number, time) or time - late_ms
        for time, number in decoded.numbered
    }
    dated = [each._replace(time=instants.get(each.time, each.time)) for each in decoded.readings]
    readings = [each for each in dated if not _has(db, each)]
    times = {each.time for each in readings}
    numbered = [(instants[time], number) for time, number in decoded.numbered if instants[time] in times]
    return Decoded(decoded.said, readings, numbered)


def note(db: Connection, uplink: Uplink, numbered: Sequence[tuple[int, int]]) -> None:
    """Before a report's reading is numbered: a frame before it was lost, so readings may have been."""
    if uplink.fport != FPORTS["report"] or not numbered or _follows(db, uplink):
        return
    ((first_ms, _),) = numbered
    (former_ms,) = db.execute(_FORMER_READING, (uplink.dev_eui, first_ms)).fetchone()
    if former_ms is not None and former_ms >= uplink.received_at - _REACH_MS:
        db.execute(_MISSED, (uplink.dev_eui, former_ms, first_ms))


def missing(db: Connection, dev_euis: Iterable[str]) -> set[str]:
    """Those of them of which something may be asked for."""
    return {row["dev_eui"] for row in among(db, _MISSING, dev_euis)}


def ask(db: Connection, dev_eui: str, now: int) -> int | None:
    """The number of the order that was queued, if there is one to queue now."""
    spans = [tuple(row) for row in db.execute(_SPANS, (dev_eui,))]
    if not spans or _is_asking(db, dev_eui):
        return None
    for after_ms, before_ms in spans:
        for quantity in _quantities(db, dev_eui, after_ms):
            for gap in gaps(db, dev_eui, quantity, after_ms, before_ms):
                number = _ask_for(db, dev_eui, quantity, gap, now)
                if number is not None:
                    return number
        db.execute(_DONE, (dev_eui, after_ms, before_ms))
    return None


def _ask_for(db: Connection, dev_eui: str, quantity: str, gap: Gap, now: int) -> int | None:
    first, count = gap.first, gap.missing
    if _lost_power(db, dev_eui, gap):
        first, count = outside_open_page(first, count)
    if count <= 0 or queue.is_in_vain(db, dev_eui, first, count):
        return None
    return queue.ask_journal(db, dev_eui, quantity, first, count, now, gap.before_ms + _REACH_MS)


def outside_open_page(first: int, count: int) -> tuple[int, int]:
    """Power loss forgets the open page, and the numbers go on at the next: what lies before it, or behind."""
    end = first + count
    going_on = end - end % _PAGE
    if going_on <= first:
        return first, count
    before = going_on - _PAGE - first
    return (first, before) if before > 0 else (going_on, end - going_on)


def _lost_power(db: Connection, dev_eui: str, gap: Gap) -> bool:
    """Between the readings beside the gap the node said hello after a start that emptied its RTC memory."""
    found = db.execute(_HELLOS, (dev_eui, FPORTS["hello"], gap.after_ms, gap.before_ms + _HELLO_MS))
    causes = (_reset_cause(bytes(row["payload"])) for row in found.fetchall())
    return any(cause in _EMPTIED for cause in causes)


def _reset_cause(payload: bytes) -> str | None:
    try:
        said = message.decode(payload)
    except WireError:
        return None
    return code_name(said.reset_cause, RESET_CAUSES, "cause") if isinstance(said, Hello) else None


def _follows(db: Connection, uplink: Uplink) -> bool:
    """Every frame of the session since its last report came."""
    row = db.execute(_FORMER_REPORT, (uplink.session_id, uplink.fcnt, FPORTS["report"])).fetchone()
    if row is None or row["fcnt"] == uplink.fcnt - 1:
        return row is not None
    (between,) = db.execute(_BETWEEN, (uplink.session_id, row["fcnt"], uplink.fcnt)).fetchone()
    return bool(between == uplink.fcnt - row["fcnt"] - 1)


def _quantities(db: Connection, dev_eui: str, since_ms: int) -> list[str]:
    """What the node measures, not always in the same look; a level follows from its distance."""
    found = (row["quantity"] for row in db.execute(_QUANTITIES, (dev_eui, since_ms - _HALF_A_DAY_MS)))
    return sorted(each for each in found if each in LIMITS and each != "level")


def _is_asking(db: Connection, dev_eui: str) -> bool:
    """The last request waits, or its batches may still be on their way: a new one would end them."""
    last = queue.last_journal(db, dev_eui)
    if last is None or last["state"] in _OVER:
        return False
    if last["ended_at"] is None:
        return True
    (order,) = json.loads(last["orders"])
    batches = 1 + order["count"] // _READINGS
    (uplinks,) = db.execute(_SINCE, (dev_eui, last["ended_at"])).fetchone()
    return bool(uplinks < _PATIENCE * batches)


def _late_ms(db: Connection, uplink: Uplink, batch: Batch) -> int:
    """A repetition (NbTrans) says nothing of its age: where both readings beside the batch agree, they do."""
    interval_ms, readings = 1000 * batch.interval_s, len(batch.readings)
    last_ms = uplink.received_at - 1000 * batch.age_s
    first_ms = last_ms - (readings - 1) * interval_ms
    before_ms = _instant(db, uplink.dev_eui, (batch.number - 1) & 0xFFFF, first_ms)
    after_ms = _instant(db, uplink.dev_eui, (batch.number + readings) & 0xFFFF, last_ms)
    if before_ms is None or after_ms is None:
        return 0
    least, most = sorted((first_ms - interval_ms - before_ms, last_ms + interval_ms - after_ms))
    is_late = least > _ROUNDED_MS and most - least <= _ROUNDED_MS and most <= _REPEATED_MS
    return least if is_late else 0


def _instant(db: Connection, dev_eui: str, number: int, time: int) -> int | None:
    """When the reading of this number was measured, if it came."""
    row = db.execute(_KNOWN, (dev_eui, number, time - _HALF_A_DAY_MS, time + _HALF_A_DAY_MS)).fetchone()
    return int(row["time"]) if row else None


def _has(db: Connection, reading: Reading) -> bool:
    wanted = (reading.dev_eui, reading.quantity, reading.time, reading.uplink_id)
    return bool(db.execute(_HAS, wanted).fetchone())
