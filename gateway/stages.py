"""From a frame to what it says: plain functions on values."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from codec import message, quantities
from codec.message import Alarm, Answer, Batch, Hello, Newer, Report
from codec.wire import WireError
from gateway.model import Installation, Reading, Uplink

_NOT_JUDGED, _FAIL = 2, 4  # QARTOD
_OLDEST_S = 400 * 86_400  # no journal reaches further back
_STAMPS = ("number", "age_s")  # say which and when, they are no readings themselves


class Measured(NamedTuple):
    """Steps of a quantity, or the name of its fault, measured so long before the frame came."""

    age_s: int
    quantity: str
    steps: int | str


class Decoded(NamedTuple):
    """A message, None for MAC commands; `numbered`: instants and running numbers of its readings."""

    said: Any
    readings: list[Reading]
    numbered: list[tuple[int, int]]


def read(payload: bytes, fport: int | None) -> Any:
    """What a node says, whatever its FPort; None for MAC commands: FPort 0, or none and no payload."""
    if is_mac_only(payload, fport):
        return None
    said = message.decode(payload)
    if isinstance(said, Newer):
        raise WireError(f"{said.what} is newer than this gateway")
    if type(said) not in _MEASURED:
        raise WireError("a command, which no node sends")
    return said


def is_mac_only(payload: bytes, fport: int | None) -> bool:
    """Such a frame is for the network, and no message of a node (TS001-1.0.4 section 4.3.2)."""
    return fport == 0 or (fport is None and not payload)


def decode(uplink: Uplink, installations: Sequence[Installation] = ()) -> Decoded:
    """What it says, with its readings; a level follows from the height that its sensor then had."""
    said = read(uplink.payload, uplink.fport)
    if said is None:
        return Decoded(None, [], [])
    readings = []
    for age_s, quantity, steps in _MEASURED[type(said)](said):
        is_possible = isinstance(steps, str) or quantities.in_range(quantity, steps)
        flag = _NOT_JUDGED if is_possible else _FAIL
        value = steps if isinstance(steps, str) else float(quantities.to_unit(quantity, steps))
        time = uplink.received_at - age_s * 1000
        readings.append(_reading(uplink, time, quantity, value, flag))
        mount_mm = mount_at(installations, time) if quantity == "distance" else None
        if mount_mm is not None:
            level = value if isinstance(value, str) else mount_mm - value
            readings.append(_reading(uplink, time, "level", level, flag))
    return Decoded(said, readings, list(_numbered(uplink, said)))


def _numbered(uplink: Uplink, said: Any) -> Iterator[tuple[int, int]]:
    """Of what a node's journal has, too."""
    if isinstance(said, Report) and isinstance(said.values.get("number"), int):
        yield uplink.received_at - 1000 * said.values.get("age_s", 0), said.values["number"]
    if isinstance(said, Batch):
        last = len(said.readings) - 1
        for at, steps in enumerate(said.readings):
            if steps is not None:
                age_s = said.age_s + (last - at) * said.interval_s
                yield uplink.received_at - 1000 * age_s, (said.number + at) & 0xFFFF


def mount_at(installations: Sequence[Installation], time: int) -> int | None:
    """The sensor's height over the gauge zero at that time."""
    return next(
        (
            each.mount_mm
            for each in installations
            if each.from_ms <= time and (each.to_ms is None or time < each.to_ms)
        ),
        None,
    )


def _of_report(report: Report) -> Iterator[Measured]:
    age_s = report.values.get("age_s", 0)
    if age_s and (isinstance(age_s, str) or not quantities.in_range("age_s", age_s)):
        raise WireError(f"age_s {age_s}: the report cannot be dated")
    for quantity, steps in report.values.items():
        if quantity not in _STAMPS:
            yield Measured(age_s, quantity, steps)


def _of_batch(batch: Batch) -> Iterator[Measured]:
    """The last reading has the batch's age; a gap in the journal stays one."""
    oldest_s = batch.age_s + (len(batch.readings) - 1) * batch.interval_s
    if oldest_s > _OLDEST_S:
        raise WireError(f"readings {oldest_s} s old: a clock that was never told dates them")
    for back, steps in enumerate(reversed(batch.readings)):
        if steps is not None:
            yield Measured(batch.age_s + back * batch.interval_s, batch.quantity, steps)


def _of_alarm(alarm: Alarm) -> Iterator[Measured]:
    yield Measured(alarm.age_s, alarm.quantity, alarm.value)


def _of_none(_: Hello | Answer) -> Iterator[Measured]:
    yield from ()


_MEASURED: dict[type, Callable[[Any], Iterator[Measured]]] = {
    Report: _of_report,
    Batch: _of_batch,
    Alarm: _of_alarm,
    Hello: _of_none,
    Answer: _of_none,
}


def _reading(uplink: Uplink, time: int, quantity: str, value: float | str, flag: int) -> Reading:
    return Reading(
        dev_eui=uplink.dev_eui,
        quantity=quantity,
        time=time,
        value=None if isinstance(value, str) else value,
        fault=value if isinstance(value, str) else None,
        flag=flag,
        uplink_id=uplink.id,
    )
