"""What /api/v1/events tells: each row carries the object of the HTTP interface as JSON."""

from collections.abc import Iterable
from typing import Any

from codec.quantities import UNITS
from gateway.model import Reading, Uplink
from gateway.store import queries
from gateway.store.ledger import Store
from gateway.web import shapes

_READING = tuple(Reading.__dataclass_fields__)


def tell_join(store: Store, dev_eui: str) -> None:
    """The device as it stands, once its new session is in use."""
    device = shapes.Device.model_validate(queries.device(store.connection, dev_eui))
    store.add_events([("join", device.model_dump_json())])


def tell_uplink(store: Store, uplink: Uplink, readings: Iterable[Reading]) -> None:
    """The uplink with its receptions so far, then each of its readings."""
    row = queries.uplink(store.connection, uplink.id)
    said = [shapes.Reading(**_fields(each), unit=UNITS[each.quantity]) for each in readings]
    store.add_events(
        [
            ("uplink", shapes.Uplink.model_validate(row).model_dump_json()),
            *(("reading", each.model_dump_json()) for each in said),
        ]
    )


def _fields(reading: Reading) -> dict[str, Any]:
    return {name: getattr(reading, name) for name in _READING}
