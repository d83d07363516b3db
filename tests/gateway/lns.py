"""An LNS for tests: nodes whose reports it publishes as ChirpStack v4 does."""

import base64
import copy
import itertools
import json
from typing import Any

from codec import report
from gateway.web.shapes import instant
from tests.gateway.desk import START_MS
from tests.gateway.sources.samples import CHIRPSTACK_UP

REPORT = report.encode({"temperature": 215, "pm4": 59})
_clock = itertools.count(START_MS, 1000)


def dev_eui(number: int) -> str:
    return f"70b3d57ed002{number:04x}"


def topic(number: int) -> str:
    return f"application/1/device/{dev_eui(number)}/event/up"


def event(number: int, fcnt: int, payload: bytes = REPORT, fport: int = 1) -> bytes:
    """At a time of its own, as MQTT carries it."""
    said: dict[str, Any] = copy.deepcopy(CHIRPSTACK_UP)
    said["deviceInfo"] |= {"devEui": dev_eui(number), "deviceName": f"Aue {number}"}
    said |= {
        "devAddr": f"0100{number:04x}",
        "fCnt": fcnt,
        "fPort": fport,
        "data": base64.b64encode(payload).decode(),
        "time": instant(next(_clock)),
    }
    return json.dumps(said).encode()
