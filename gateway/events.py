"""What /api/v1/events tells: each row carries the object of the HTTP interface as JSON."""

from collections.abc import Iterable
from dataclasses import asdict

from codec import quantities
from gateway.model import Reading, Uplink
from gateway.store import queries
from gateway.store.ledger import Store
from gateway.web import shapes


def tell_join(store: Store, dev_eui: str) -> None:
    """The device as it stands, once its new session is in use."""
    device = shapes.Device.model_validate(queries.device(store.connection, dev_eui))
    store.add_event("join", device.model_dump_json())


def tell_uplink(store: Store, uplink: Uplink, readings: Iterable[Reading]) -> None:
    """The uplink with its receptions so far, then each of its readings."""
    row = queries.uplink(store.connection, uplink.id)
    store.add_event("uplink", shapes.Uplink.model_validate(row).model_dump_json())
    for reading in readings:
        row = asdict(reading) | {"unit": quantities.QUANTITIES[reading.quantity].unit}
        store.add_event("reading", shapes.Reading.model_validate(row).model_dump_json())
