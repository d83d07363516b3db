"""What /api/v1/events tells: each row carries objects of the HTTP interface as JSON, one a line."""

from collections.abc import Iterable

from gateway import told
from gateway.model import Reading
from gateway.store import queries
from gateway.store.ledger import Store
from gateway.store.outbox import Delivery
from gateway.web import shapes


def tell_join(store: Store, dev_eui: str) -> None:
    """The device as it stands, once its new session is in use."""
    device = shapes.Device.model_validate(queries.device(store.connection, dev_eui))
    store.add_events([("join", device.model_dump_json())])


def tell_uplinks(store: Store, heard: Iterable[Delivery]) -> None:
    """Each uplink with its receptions so far, behind it its readings; the texts are those of shapes."""
    store.add_events(
        [("uplink", "\n".join((_uplink(each), *map(_reading, each.readings)))) for each in heard]
    )


def _uplink(said: Delivery) -> str:
    is_read = "true" if said.error is None else "false"
    return (
        f'{{{told.frame(said)},"decoded":{is_read},"error":{told.text(said.error)},'
        f'"receptions":[{told.receptions(said.receptions)}]}}'
    )


def _reading(said: Reading) -> str:
    return f'{{{told.reading(said)},"dev_eui":"{said.dev_eui}","uplink_id":"{said.uplink_id}"}}'
