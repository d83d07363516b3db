"""The messages of The Things Stack v3 (JSON over MQTT) as values, and its downlink queue."""

import base64
import json

from codec.wire import WireError
from gateway.sources.fields import Fields, first, lora_data_rate, parse
from gateway.sources.lns import Hearing, LnsAnswer, LnsDownlink, LnsJoin, LnsUplink, Message

TOPIC = "v3/+/devices/+/#"

_OUTCOMES = {
    "down/queued": "queued",
    "down/sent": "transmitted",
    "down/ack": "acknowledged",
    "down/nack": "not acknowledged",
    "down/failed": "failed",
}


def read(topic: str, body: bytes) -> Message | None:
    """None for the messages that do not concern us."""
    parts = topic.split("/")
    if len(parts) < 5 or parts[0] != "v3" or parts[2] != "devices":
        raise WireError("not a topic of The Things Stack")
    route, kind = "/".join(parts[:4]), "/".join(parts[4:])
    if kind not in ("up", "join", *_OUTCOMES):
        return None
    fields = parse(body)
    ids = fields.within("end_device_ids")
    dev_eui = ids.require("dev_eui", ids.identifier("dev_eui", 8))
    if kind in _OUTCOMES:
        return LnsAnswer(dev_eui, _OUTCOMES[kind], _reference(fields, kind))
    if ids.text("device_id") != parts[3]:
        raise WireError("the topic names another device than the message")
    return (_up if kind == "up" else _join)(fields, ids, dev_eui, route)


def push(down: LnsDownlink) -> tuple[str, bytes]:
    """Topic and body: appended to what the stack has queued for the node already."""
    queued = {
        "f_port": down.fport,
        "frm_payload": base64.b64encode(down.payload).decode(),
        "confirmed": down.confirmed,
        "priority": "NORMAL",
        "correlation_ids": [down.reference],
    }
    return f"{down.route}/down/push", json.dumps({"downlinks": [queued]}).encode()


def _up(fields: Fields, ids: Fields, dev_eui: str, route: str) -> Message:
    message = fields.within("uplink_message")
    settings = message.within("settings")
    lora = settings.within("data_rate").within("lora")
    heard = message.objects("rx_metadata")
    return LnsUplink(
        dev_eui=dev_eui,
        name=ids.text("device_id") or dev_eui,
        dev_addr=ids.identifier("dev_addr", 4),
        fcnt=message.integer("f_cnt", 0, 0xFFFFFFFF) or 0,
        fport=message.integer("f_port", 0, 255),  # the stack keeps port 0 to itself: absent is unknown
        confirmed=message.flag("confirmed"),
        payload=message.binary("frm_payload"),
        time_ms=first(message.time_ms("received_at"), fields.time_ms("received_at")),
        frequency_hz=settings.integer("frequency", 0, 10**10),
        data_rate=lora_data_rate(lora, "bandwidth", "spreading_factor"),
        hearings=tuple(_hearing(each) for each in heard),
        route=route,
        simulated=fields.flag("simulated"),
    )


def _hearing(heard: Fields) -> Hearing:
    """A gateway behind Packet Broker has a name and no EUI."""
    ids = heard.within("gateway_ids")
    return Hearing(
        gateway_id=ids.identifier("eui", 8) or ids.require("gateway_id", ids.text("gateway_id")),
        rssi_dbm=heard.number("rssi", -300, 100),
        snr_db=heard.number("snr", -100, 100, absent=0.0),
    )


def _join(fields: Fields, ids: Fields, dev_eui: str, route: str) -> Message:
    accept = fields.within("join_accept")
    time_ms = first(accept.time_ms("received_at"), fields.time_ms("received_at"))
    return LnsJoin(dev_eui, ids.text("device_id") or dev_eui, ids.identifier("dev_addr", 4), time_ms, route)


def _reference(fields: Fields, kind: str) -> str | None:
    """Ours is given back among the stack's own, which all have a prefix such as `as:downlink:`."""
    member = "downlink_" + kind.rpartition("/")[2]
    inner = fields.within(member)
    said = (fields, inner, inner.within("downlink"))
    found = [each for place in said for each in place.texts("correlation_ids")]
    return next((each for each in found if ":" not in each), None)
