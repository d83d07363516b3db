"""From a frame to what it says: plain functions on values."""

from codec import quantities, report
from codec.wire import WireError
from gateway.model import Reading, Uplink

_NOT_JUDGED = 2  # QARTOD


def decode(uplink: Uplink, mount_mm: int | None) -> list[Reading]:
    """The readings in a report, whatever its FPort; a level follows from the sensor's height over zero."""
    if uplink.fport == 0:
        raise WireError("MAC commands (FPort 0), not a report")
    steps = dict(report.decode(uplink.payload).values)
    steps.pop("number", None)
    time = uplink.received_at - _age_s(steps.pop("age_s", 0)) * 1000
    values = {name: _in_unit(name, value) for name, value in steps.items()}
    distance = values.get("distance")
    if distance is not None and mount_mm is not None:
        values["level"] = distance if isinstance(distance, str) else mount_mm - distance
    return [_reading(uplink, time, name, value) for name, value in values.items()]


def _age_s(steps: int | str) -> int:
    if steps != 0 and (isinstance(steps, str) or not quantities.in_range("age_s", steps)):
        raise WireError(f"age_s {steps}: the report cannot be dated")
    return int(steps)


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
