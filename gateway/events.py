"""What /api/v1/events tells: each row carries the object of the HTTP interface as JSON."""

import json
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from codec.quantities import UNITS
from gateway.model import Reading, Uplink
from gateway.store import queries
from gateway.store.ledger import Store
from gateway.web import shapes

_NUMBERS = ("rssi_dbm", "snr_db")
Kind = Literal["uplink", "reading", "join"]

_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def tell_join(store: Store, dev_eui: str) -> None:
    """The device as it stands, once its new session is in use."""
    device = shapes.Device.model_validate(queries.device(store.connection, dev_eui))
    store.add_events([("join", device.model_dump_json())])


def tell_uplinks(store: Store, told: Iterable[tuple[Uplink, Sequence[Reading], str | None]]) -> None:
    """Each uplink with its receptions so far, then each of its readings; the texts are those of shapes."""
    known = list(told)
    heard = queries.receptions(store.connection, (uplink.id for uplink, _, _ in known))
    events: list[tuple[Kind, str]] = []
    for uplink, readings, error in known:
        events.append(("uplink", _encode(_uplink(uplink, error, heard.get(uplink.id, [])))))
        events += [("reading", _encode(_reading(each))) for each in readings]
    store.add_events(events)


def _uplink(uplink: Uplink, error: str | None, heard: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": uplink.id,
        "dev_eui": uplink.dev_eui,
        "dev_addr": uplink.dev_addr,
        "session_id": uplink.session_id,
        "fcnt": uplink.fcnt,
        "fport": uplink.fport,
        "confirmed": uplink.confirmed,
        "received_at": shapes.instant(uplink.received_at),
        "payload": uplink.payload.hex(),
        "decoded": error is None,
        "error": error,
        "receptions": [each | {name: _plain(each[name]) for name in _NUMBERS} for each in heard],
    }


def _plain(number: float | None) -> float | None:
    return None if number is None else shapes.plain(number)


def _reading(reading: Reading) -> dict[str, Any]:
    return {
        "quantity": reading.quantity,
        "value": _plain(reading.value),
        "unit": UNITS[reading.quantity],
        "fault": reading.fault,
        "flag": reading.flag,
        "time": shapes.instant(reading.time),
        "dev_eui": reading.dev_eui,
        "uplink_id": reading.uplink_id,
    }
