"""An uplink as the JSON that leaves us, by the names of the HTTP interface."""

import json
from typing import Any

from gateway.store.outbox import Delivery
from gateway.web.shapes import instant

_encoder = json.JSONEncoder(ensure_ascii=False, allow_nan=False)  # kept: json.dumps would make one each time


def to_json(delivery: Delivery) -> bytes:
    said: dict[str, Any] = {
        "id": delivery.id,
        "dev_eui": delivery.dev_eui,
        "name": delivery.name,
        "dev_addr": delivery.dev_addr,
        "session_id": delivery.session_id,
        "fcnt": delivery.fcnt,
        "fport": delivery.fport,
        "confirmed": delivery.confirmed,
        "received_at": instant(delivery.received_at),
        "payload": delivery.payload.hex(),
        "error": delivery.error,
        "readings": [{**each, "time": instant(each["time"])} for each in delivery.readings],
        "receptions": delivery.receptions,
    }
    return encode(said)


def encode(said: Any) -> bytes:
    return _encoder.encode(said).encode()
