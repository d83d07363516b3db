"""The examples as test vectors of ChirpStack's device profiles and The Things Network's repository."""

import json
from typing import Any

from codec import message
from codec.desk.document import document, warnings
from codec.desk.generate.examples import EXAMPLES, Example

_COMMANDS = [example for example in EXAMPLES if example.kind == "command"]
_UPLINKS = [example for example in EXAMPLES if example.kind != "command"]


def chirpstack_decode() -> str:
    """As in chirpstack-device-profiles, vendors/*/codecs/test_decode_*.json."""
    return _json(
        [
            {"name": example.title, "input": _input(example), "expected": decoded(example.payload)}
            for example in EXAMPLES
        ]
    )


def chirpstack_encode() -> str:
    """As in chirpstack-device-profiles, vendors/*/codecs/test_encode_*.json."""
    return _json(
        [
            {"name": example.title, "input": _data(example), "expected": _encoded(example)}
            for example in _COMMANDS
        ]
    )


def the_things_network() -> str:
    """As in lorawan-devices, vendor/*/*-codec.yaml. JSON is YAML, and one line of it an example."""
    parts = {
        "uplinkDecoder": [(each, _input(each), decoded(each.payload)) for each in _UPLINKS],
        "downlinkEncoder": [(each, _data(each), _encoded(each)) for each in _COMMANDS],
        "downlinkDecoder": [(each, _input(each), decoded(each.payload)) for each in _COMMANDS],
    }
    lines = []
    for part, examples in parts.items():
        lines += [f"{part}:", "  fileName: decoder.js", "  examples:"]
        for example, given, expected in examples:
            lines += [
                f"    - description: {json.dumps(example.title)}",
                f"      input: {json.dumps(given)}",
                f"      output: {json.dumps(expected)}",
            ]
    return "\n".join(lines) + "\n"


def decoded(payload: bytes) -> dict[str, Any]:
    """What decodeUplink has to return."""
    said = message.decode(payload)
    found = warnings(said)
    return {"data": document(said), **({"warnings": found} if found else {})}


def _input(example: Example) -> dict[str, Any]:
    return {"fPort": example.fport, "bytes": list(example.payload)}


def _data(example: Example) -> dict[str, Any]:
    known = document(message.decode(example.payload))
    return {"data": {"token": known["token"], "orders": known["orders"]}}


def _encoded(example: Example) -> dict[str, Any]:
    return {"bytes": list(example.payload), "fPort": example.fport}


def _json(vectors: list[dict[str, Any]]) -> str:
    """One vector a line."""
    return "[\n" + ",\n".join("  " + json.dumps(vector) for vector in vectors) + "\n]\n"
