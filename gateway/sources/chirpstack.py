"""The events of ChirpStack v4 and v3 (JSON over MQTT) as values, and its downlink command."""

import base64
import json
from typing import Any

from codec.wire import WireError
from gateway.sources.fields import Fields, first, lora_data_rate, parse, read_id
from gateway.sources.lns import Hearing, LnsAnswer, LnsDownlink, LnsJoin, LnsUplink, Message

TOPIC = "application/+/device/+/event/+"
TOPICS_V3 = (TOPIC, "application/+/device/+/rx", "application/+/device/+/join", "application/+/device/+/ack")


def read_v4(topic: str, body: bytes) -> Message | None:
    """None for the events that do not concern us."""
    route, event = _split(topic)
    if event not in _EVENTS_V4:
        return None
    fields = parse(body)
    info = fields.within("deviceInfo")
    dev_eui = info.require("devEui", info.identifier("devEui", 8))
    _check_topic(route, dev_eui)
    return _EVENTS_V4[event](fields, dev_eui, info.text("deviceName") or dev_eui, route)


def read_v3(topic: str, body: bytes) -> Message | None:
    """Topics end in `event/up` since 3.11, in `rx` before; identifiers are base64, or hex under `json_v3`."""
    route, event = _split(topic)
    if event not in _EVENTS_V3:
        return None
    fields = parse(body)
    dev_eui = fields.require("devEUI", fields.identifier("devEUI", 8))
    _check_topic(route, dev_eui)
    return _EVENTS_V3[event](fields, dev_eui, fields.text("deviceName") or dev_eui, route)


def command_v4(down: LnsDownlink) -> tuple[str, bytes]:
    """Topic and body; ChirpStack answers with `queueItemId`, which is ours."""
    return _command(down, {"id": down.reference, "devEui": down.route.rpartition("/")[2]})


def command_v3(down: LnsDownlink) -> tuple[str, bytes]:
    return _command(down, {"reference": down.reference})


def _command(down: LnsDownlink, head: dict[str, Any]) -> tuple[str, bytes]:
    data = base64.b64encode(down.payload).decode()
    body = {**head, "confirmed": down.confirmed, "fPort": down.fport, "data": data}
    return f"{down.route}/command/down", json.dumps(body).encode()


def _split(topic: str) -> tuple[str, str]:
    """`application/1/device/70b3.../event/up` into its device and `up`."""
    parts = topic.split("/")
    if len(parts) < 5 or parts[0] != "application" or parts[2] != "device":
        raise WireError("not a topic of ChirpStack")
    return "/".join(parts[:4]), parts[-1]


def _check_topic(route: str, dev_eui: str) -> None:
    if route.rpartition("/")[2].lower() != dev_eui:
        raise WireError("the topic names another device than the event")


def _up_v4(fields: Fields, dev_eui: str, name: str, route: str) -> Message:
    heard, radio = fields.objects("rxInfo"), fields.within("txInfo")
    return LnsUplink(
        dev_eui=dev_eui,
        name=name,
        dev_addr=fields.identifier("devAddr", 4),
        fcnt=fields.integer("fCnt", 0, 0xFFFFFFFF) or 0,
        fport=fields.integer("fPort", 0, 255),  # an LNS keeps port 0 to itself: absent is unknown
        confirmed=fields.flag("confirmed"),
        payload=fields.binary("data"),
        time_ms=first(*(each.time_ms("nsTime") for each in heard), fields.time_ms("time")),
        frequency_hz=radio.integer("frequency", 0, 10**10),
        data_rate=_data_rate_v4(fields, radio.within("modulation")),
        hearings=tuple(_hearing(each, "gatewayId", "snr") for each in heard),
        route=route,
    )


def _data_rate_v4(fields: Fields, modulation: Fields) -> str | None:
    return lora_data_rate(modulation.within("lora"), "bandwidth", "spreadingFactor") or _numbered(fields)


def _up_v3(fields: Fields, dev_eui: str, name: str, route: str) -> Message:
    heard, radio = fields.objects("rxInfo"), fields.within("txInfo")
    modulation = radio.within("loRaModulationInfo")
    return LnsUplink(
        dev_eui=dev_eui,
        name=name,
        dev_addr=fields.identifier("devAddr", 4),
        fcnt=fields.integer("fCnt", 0, 0xFFFFFFFF) or 0,
        fport=fields.integer("fPort", 0, 255),  # an LNS keeps port 0 to itself: absent is unknown
        confirmed=fields.flag("confirmedUplink"),
        payload=fields.binary("data"),
        time_ms=first(fields.time_ms("publishedAt"), *(each.time_ms("time") for each in heard)),
        frequency_hz=radio.integer("frequency", 0, 10**10),
        data_rate=lora_data_rate(modulation, "bandwidth", "spreadingFactor") or _numbered(radio),
        hearings=tuple(_hearing(each, "gatewayID", "loRaSNR") for each in heard),
        route=route,
    )


def _numbered(fields: Fields) -> str | None:
    """The data rate's number in a region that we are not told."""
    number = fields.integer("dr", 0, 15)
    return None if number is None else f"DR{number}"


def _hearing(heard: Fields, gateway_id: str, snr: str) -> Hearing:
    named = heard.require(gateway_id, heard.text(gateway_id))
    content = read_id(named)
    return Hearing(
        gateway_id=content.hex() if content and len(content) == 8 else named,
        rssi_dbm=heard.number("rssi", -300, 100),
        snr_db=heard.number(snr, -100, 100, absent=0.0),
    )


def _join_v4(fields: Fields, dev_eui: str, name: str, route: str) -> Message:
    return LnsJoin(dev_eui, name, fields.identifier("devAddr", 4), fields.time_ms("time"), route)


def _join_v3(fields: Fields, dev_eui: str, name: str, route: str) -> Message:
    times = (each.time_ms("time") for each in fields.objects("rxInfo"))
    time_ms = first(fields.time_ms("publishedAt"), *times)
    return LnsJoin(dev_eui, name, fields.identifier("devAddr", 4), time_ms, route)


def _ack_v4(fields: Fields, dev_eui: str, name: str, route: str) -> Message:
    outcome = "acknowledged" if fields.flag("acknowledged") else "not acknowledged"
    return LnsAnswer(dev_eui, outcome, fields.text("queueItemId"))


def _ack_v3(fields: Fields, dev_eui: str, name: str, route: str) -> Message:
    """It tells the downlink's counter, which it alone knows (chirpstack-api 3.9, AckEvent)."""
    outcome = "acknowledged" if fields.flag("acknowledged") else "not acknowledged"
    return LnsAnswer(dev_eui, outcome, None, is_oldest=True)


def _txack(fields: Fields, dev_eui: str, name: str, route: str) -> Message:
    return LnsAnswer(dev_eui, "transmitted", fields.text("queueItemId"))


_EVENTS_V4 = {"up": _up_v4, "join": _join_v4, "ack": _ack_v4, "txack": _txack}
_EVENTS_V3 = {"up": _up_v3, "rx": _up_v3, "join": _join_v3, "ack": _ack_v3, "txack": _txack}
