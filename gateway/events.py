"""What /api/v1/events tells. Of an uplink its id is kept: the texts are made for whoever listens."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from gateway import told
from gateway.store import outbox, queries
from gateway.store.database import Connection
from gateway.store.ledger import Store
from gateway.store.outbox import Delivery
from gateway.web import shapes


class Event(NamedTuple):
    """`id` is where to go on from once it is told; `data` an object of the HTTP interface as JSON."""

    id: int
    kind: str
    data: str


def tell_join(store: Store, dev_eui: str) -> None:
    """The device as it stands, once its new session is in use."""
    device = shapes.Device.model_validate(queries.device(store.connection, dev_eui))
    store.add_events([("join", device.model_dump_json())])


def tell_uplinks(store: Store, uplink_ids: Iterable[str]) -> None:
    store.add_events([("uplink", each) for each in uplink_ids])


def read(db: Connection, after_id: int, limit: int) -> tuple[int, list[Event]]:
    """The number of the last of at most `limit` rows behind `after_id`, and what they tell."""
    rows = queries.events(db, after_id, limit)
    uplinks = outbox.deliveries(db, [data for _, kind, data in rows if kind == "uplink"])
    events: list[Event] = []
    for number, kind, data in rows:
        if kind != "uplink" or data.startswith("{"):  # a join, an alarm, or told by an older version
            events.append(Event(number, kind, data))
        elif data in uplinks:  # not deleted since
            events += _of_uplink(number, uplinks[data])
    return rows[-1][0] if rows else after_id, events


def _of_uplink(number: int, said: Delivery) -> Iterator[Event]:
    """It and its readings: only who has heard the last goes on behind it."""
    yield Event(number - bool(said.readings), "uplink", _uplink(said))
    for left, each in zip(reversed(range(len(said.readings))), said.readings, strict=True):
        yield Event(number - bool(left), "reading", told.reading_of_uplink(each))


def _uplink(said: Delivery) -> str:
    is_read = "true" if said.error is None else "false"
    return (
        f'{{{told.frame(said)},"decoded":{is_read},"error":{told.text(said.error)},'
        f'"receptions":[{told.receptions(said.receptions)}]}}'
    )
