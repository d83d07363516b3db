"""Downlinks as users of ChirpStack v4 and The Things Stack v3 order them, and what they are told of them."""

import base64
import json
import re
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from codec.wire import WireError
from simulator.lns_events import TENANT, device_info, iso, tts_ids

_FPORTS = range(1, 224)
_MOST_BYTES = 242

Outcome = Literal["queued", "sent", "acknowledged", "failed"]


class Order(NamedTuple):
    """A downlink that a user wants; `reference` is theirs."""

    dev_eui: str
    fport: int
    payload: bytes
    confirmed: bool
    reference: str


class Commands(NamedTuple):
    """How users of such an LNS ask, and are told: `tell` makes (event, body), or None where it is silent."""

    topic: Callable[[str], str]  # to subscribe to, by application
    read: Callable[[str, bytes], list[Order]]
    tell: Callable[
        [Order, Outcome, int, str], tuple[str, dict[str, Any]] | None
    ]  # at what time, of which node


def _chirpstack(topic: str, body: bytes) -> list[Order]:
    """`application/A/device/EUI/command/down`."""
    given = _object(body)
    dev_eui = topic.split("/")[3]
    if given.get("devEui") != dev_eui:
        raise WireError(f"devEui is {given.get('devEui')!r}, and the topic says {dev_eui}")
    return [_order(dev_eui, given, ("fPort", "data"), str(given.get("id", "")))]


def _tts(topic: str, body: bytes) -> list[Order]:
    """`v3/A/devices/eui-EUI/down/push`; correlation ids come back with what is told."""
    rows = _object(body).get("downlinks")
    named = re.fullmatch("eui-([0-9a-f]{16})", topic.split("/")[3])
    if named is None or not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise WireError("expected a device eui-... and a list of downlinks")
    references = [(row.get("correlation_ids") or [""])[0] for row in rows]
    names = ("f_port", "frm_payload")
    return [_order(named[1], row, names, str(said)) for row, said in zip(rows, references, strict=True)]


def _order(dev_eui: str, given: dict[str, Any], names: tuple[str, str], reference: str) -> Order:
    fport, data = (given.get(name) for name in names)
    if not isinstance(fport, int) or fport not in _FPORTS:
        raise WireError(f"{names[0]} {fport!r}: expected 1 to 223")
    try:
        payload = base64.b64decode(data or "", validate=True)
    except (ValueError, TypeError):
        raise WireError(f"{names[1]}: expected base64") from None
    if len(payload) > _MOST_BYTES:
        raise WireError(f"{names[1]}: {len(payload)} bytes, {_MOST_BYTES} at most")
    return Order(dev_eui, fport, payload, given.get("confirmed") is True, reference)


def _object(body: bytes) -> dict[str, Any]:
    try:
        given = json.loads(body)
    except ValueError:
        raise WireError("no JSON") from None
    if not isinstance(given, dict):
        raise WireError("no JSON object")
    return given


def _chirpstack_told(
    order: Order, outcome: Outcome, at_us: int, node: str
) -> tuple[str, dict[str, Any]] | None:
    """Queueing is not told. What was never acknowledged is an ack without `acknowledged`."""
    if outcome == "queued":
        return None
    told = {
        "queueItemId": order.reference,
        "time": iso(at_us),
        "deviceInfo": device_info(node, order.dev_eui),
    }
    if outcome == "sent":
        return "txack", told
    return "ack", told | ({"acknowledged": True} if outcome == "acknowledged" else {})


_TTS_KINDS = {"queued": "queued", "sent": "sent", "acknowledged": "ack", "failed": "failed"}


def _tts_told(order: Order, outcome: Outcome, at_us: int, node: str) -> tuple[str, dict[str, Any]]:
    kind = _TTS_KINDS[outcome]
    downlink: dict[str, Any] = {
        "f_port": order.fport,
        "frm_payload": base64.b64encode(order.payload).decode(),
        "priority": "NORMAL",
        "correlation_ids": [order.reference],
    }
    if order.confirmed:
        downlink["confirmed"] = True
    body = {
        "end_device_ids": tts_ids(order.dev_eui),
        "correlation_ids": [order.reference, f"as:downlink:{TENANT}"],
        "received_at": iso(at_us),
        f"downlink_{kind}": {"downlink": downlink} if outcome == "failed" else downlink,
    }
    return f"down/{kind}", body


COMMANDS = {
    "chirpstack": Commands(
        lambda application: f"application/{application}/device/+/command/down", _chirpstack, _chirpstack_told
    ),
    "tts": Commands(lambda application: f"v3/{application}/devices/+/down/push", _tts, _tts_told),
}
