"""From a frame to what it says: plain functions on values."""

from dataclasses import dataclass

from codec import message, quantities
from codec.wire import WireError
from gateway.model import Reading, Uplink

_NOT_JUDGED = 2  # QARTOD


@dataclass(frozen=True, slots=True)
class Message:
    """A report in units: each value a number or the name of its fault. `number` is the node's own count."""

    values: dict[str, float | str]
    age_s: int
    number: int | None


def read(payload: bytes, fport: int | None) -> Message:
    """What a payload says, whatever its FPort."""
    if fport == 0:
        raise WireError("MAC commands (FPort 0), not a report")
    said = message.decode(payload)
    if isinstance(said, message.Newer):
        raise WireError(f"{said.what} is newer than this gateway")
    if not isinstance(said, message.Report):
        raise WireError(f"a message of the kind {type(said).__name__.lower()}, not a report")
    steps = dict(said.values)
    number = steps.pop("number", None)
    age_s = steps.pop("age_s", 0)
    if age_s != 0 and (isinstance(age_s, str) or not quantities.in_range("age_s", age_s)):
        raise WireError(f"age_s {age_s}: the report cannot be dated")
    values = {name: _in_unit(name, value) for name, value in steps.items()}
    return Message(values, int(age_s), number if isinstance(number, int) else None)


def decode(uplink: Uplink, mount_mm: int | None) -> list[Reading]:
    """The readings of an uplink; a level follows from the sensor's height over the gauge zero."""
    message = read(uplink.payload, uplink.fport)
    values = dict(message.values)
    distance = values.get("distance")
    if distance is not None and mount_mm is not None:
        values["level"] = distance if isinstance(distance, str) else mount_mm - distance
    time = uplink.received_at - message.age_s * 1000
    return [_reading(uplink, time, name, value) for name, value in values.items()]


def _in_unit(name: str, steps: int | str) -> float | str:
    """A fault stays what it is."""
    return steps if isinstance(steps, str) else float(quantities.to_unit(name, steps))


def _reading(uplink: Uplink, time: int, quantity: str, value: float | str) -> Reading:
    return Reading(
        dev_eui=uplink.dev_eui,
        quantity=quantity,
        time=time,
        value=None if isinstance(value, str) else value,
        fault=value if isinstance(value, str) else None,
        flag=_NOT_JUDGED,
        uplink_id=uplink.id,
    )
