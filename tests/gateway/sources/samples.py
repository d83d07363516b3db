"""Events as the makers of ChirpStack v4 and The Things Stack publish them, and one of ChirpStack v3.

ChirpStack v4: chirpstack-docs, src/chirpstack/integrations/events.md. The Things Stack: lorawan-stack-docs,
doc/content/integrations/data-formats/_index.md, where a comma is missing after `attributes`.
"""

import json
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent / "samples"

CHIRPSTACK_TOPIC = "application/17c82e96-be03-4f38-aef3-f83d48582d97/device/0101010101010101/event/up"
CHIRPSTACK_UP: dict[str, Any] = json.loads((_FOLDER / "chirpstack_up.json").read_text("utf-8"))
TTS_TOPIC = "v3/app1@tenant1/devices/dev1/up"
TTS_UP_AS_PUBLISHED = (_FOLDER / "tts_up_as_published.txt").read_bytes()
TTS_UP: dict[str, Any] = json.loads((_FOLDER / "tts_up.json").read_text("utf-8"))

# Composed from the fields of UplinkEvent in chirpstack-api 3.9.10 (as/integration/integration.proto), with
# identifiers in base64, decoded values as an escaped text, nulls where a gateway tells nothing.
V3_TOPIC = "application/123/device/0202020202020202/event/up"
V3_UP: dict[str, Any] = {
    "applicationID": "123",
    "applicationName": "temperature-sensor",
    "deviceName": "garden-sensor",
    "devEUI": "AgICAgICAgI=",
    "rxInfo": [
        {
            "gatewayID": "AwMDAwMDAwM=",
            "time": "2019-11-08T13:59:25.048445Z",
            "timeSinceGPSEpoch": None,
            "rssi": -48,
            "loRaSNR": 9,
            "channel": 5,
            "rfChain": 0,
            "board": 0,
            "antenna": 0,
            "location": {"latitude": 52.3740364, "longitude": 4.9144401, "altitude": 10.5},
            "fineTimestampType": "NONE",
            "context": "9u/uvA==",
            "uplinkID": "jhMh8Gq6RAOChSKbi83RHQ==",
        }
    ],
    "txInfo": {
        "frequency": 868100000,
        "modulation": "LORA",
        "loRaModulationInfo": {
            "bandwidth": 125,
            "spreadingFactor": 11,
            "codeRate": "4/5",
            "polarizationInversion": False,
        },
    },
    "adr": True,
    "dr": 1,
    "fCnt": 10,
    "fPort": 5,
    "data": "AQID",
    "objectJSON": '{"temperatureSensor":25,"humiditySensor":32}',
    "tags": {"key": "value"},
    "confirmedUplink": True,
    "devAddr": "AFE5Qg==",
    "publishedAt": None,
}
