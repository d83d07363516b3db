"""An uplink as the JSON that leaves us, by the names of the HTTP interface."""

import json
from typing import Any

from gateway import told
from gateway.store.outbox import Delivery

_encoder = json.JSONEncoder(ensure_ascii=False, allow_nan=False)  # kept: json.dumps would make one each time


def to_json(delivery: Delivery) -> bytes:
    readings = ",".join(f"{{{told.reading(each)}}}" for each in delivery.readings)
    return (
        f'{{{told.frame(delivery)},"name":{told.text(delivery.name)},"error":{told.text(delivery.error)},'
        f'"readings":[{readings}],"receptions":[{told.receptions(delivery.receptions)}]}}'
    ).encode()


def encode(said: Any) -> bytes:
    return _encoder.encode(said).encode()
