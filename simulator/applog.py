"""Application events played back: ChirpStack v3 and v4, The Things Stack v3, sealed again into frames.

Such events are decrypted, so their frames get new keys: a session for life that belongs to the replay.
"""

import base64
import binascii
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from codec.lorawan import frames, regions
from gateway import devices
from gateway.model import Reception
from simulator.pcap import SessionKeys

_REGION = regions.REGIONS["EU868"]
_EUI_DIGITS = 16
_TMST_MODULUS = 1 << 32


@dataclass(frozen=True)
class AppEvent:
    """One uplink as a network server tells it; times in ms, `heard` as (gateway, RSSI, SNR)."""

    at_ms: int
    dev_eui: str
    name: str
    fcnt: int
    fport: int | None
    confirmed: bool
    payload: bytes
    hz: int
    sf: int
    bw_hz: int
    heard: tuple[tuple[str, float | None, float | None], ...]


def reader_of(body: dict[str, Any]) -> Callable[[dict[str, Any]], AppEvent | None] | None:
    """Who reads a line that looks like this, None when it is no application event."""
    for key, read in (("end_device_ids", _tts), ("deviceInfo", _chirpstack), ("devEUI", _chirpstack_v3)):
        if key in body:
            return read
    return None


def session_of(dev_eui: str) -> SessionKeys:
    """The replay's own keys for a device: nobody's on the air."""
    digest = hashlib.sha256(f"messfunk:replay:{dev_eui}".encode()).digest()
    dev_addr = int.from_bytes(hashlib.sha256(digest).digest()[:4], "big") & 0x01FFFFFF
    return SessionKeys(dev_addr, digest[:16], digest[16:])


def provisioning(event: AppEvent) -> devices.Provisioning:
    keys = session_of(event.dev_eui)
    abp = devices.AbpKeys(f"{keys.dev_addr:08x}", keys.nwk_s_key, keys.app_s_key)
    return devices.Provisioning(dev_eui=event.dev_eui, name=event.name, keys=abp)


def receptions(event: AppEvent) -> list[Reception]:
    """The frame under the replay's keys, as each gateway would have told of it."""
    keys = session_of(event.dev_eui)
    kind = frames.CONFIRMED_UP if event.confirmed else frames.UNCONFIRMED_UP
    plain = frames.Plain(kind, keys.dev_addr, 0, event.fcnt, b"", event.fport, event.payload)
    phy = frames.build(plain, keys.nwk_s_key, keys.app_s_key)
    datr = regions.datr(event.sf, event.bw_hz)
    tmst = event.at_ms * 1000 % _TMST_MODULUS
    return [
        Reception(eui, event.at_ms, phy, event.hz, datr, rssi, snr, tmst) for eui, rssi, snr in event.heard
    ]


def _chirpstack(body: dict[str, Any]) -> AppEvent | None:
    if "txInfo" not in body:
        return None  # status, join, log: nothing that was on the air as an uplink
    lora = body["txInfo"]["modulation"]["lora"]
    return AppEvent(
        at_ms=_time_ms(body["time"]),
        dev_eui=body["deviceInfo"]["devEui"].lower(),
        name=body["deviceInfo"].get("deviceName", ""),
        fcnt=int(body.get("fCnt", 0)),
        fport=body.get("fPort"),
        confirmed=bool(body.get("confirmed", False)),
        payload=_base64(body.get("data") or ""),
        hz=int(body["txInfo"]["frequency"]),
        sf=int(lora["spreadingFactor"]),
        bw_hz=int(lora["bandwidth"]),
        heard=tuple((_eui(row["gatewayId"]), row.get("rssi"), row.get("snr")) for row in body["rxInfo"]),
    )


def _chirpstack_v3(body: dict[str, Any]) -> AppEvent | None:
    if "fCnt" not in body or "txInfo" not in body:
        return None
    sf, bw_hz, _ = _REGION.data_rates[body["txInfo"]["dr"]]
    data = body.get("data") or ""
    at_ms = body["_timestamp"] if "_timestamp" in body else _time_ms(body["rxInfo"][0]["time"])
    return AppEvent(
        at_ms=int(at_ms),
        dev_eui=body["devEUI"].lower(),
        name=body.get("deviceName", ""),
        fcnt=int(body["fCnt"]),
        fport=body.get("fPort"),
        confirmed=bool(body.get("confirmedUplink", False)),
        payload=bytes.fromhex(data) if "_timestamp" in body else _base64(data),  # CampusIoT writes hex
        hz=int(body["txInfo"]["frequency"]),
        sf=sf,
        bw_hz=bw_hz,
        heard=tuple((_eui(row["gatewayID"]), row.get("rssi"), row.get("loRaSNR")) for row in body["rxInfo"]),
    )


def _tts(body: dict[str, Any]) -> AppEvent | None:
    up = body.get("uplink_message")
    if up is None:
        return None
    lora = up["settings"]["data_rate"]["lora"]
    ids = body["end_device_ids"]
    return AppEvent(
        at_ms=_time_ms(up.get("received_at") or body["received_at"]),
        dev_eui=ids["dev_eui"].lower(),
        name=ids.get("device_id", ""),
        fcnt=int(up.get("f_cnt", 0)),
        fport=up.get("f_port"),
        confirmed=bool(up.get("confirmed", False)),
        payload=_base64(up.get("frm_payload") or ""),
        hz=int(up["settings"]["frequency"]),
        sf=int(lora["spreading_factor"]),
        bw_hz=int(lora["bandwidth"]),
        heard=tuple(
            (_eui(row["gateway_ids"].get("eui", "0" * _EUI_DIGITS)), row.get("rssi"), row.get("snr"))
            for row in up["rx_metadata"]
        ),
    )


def _eui(text: str) -> str:
    """An EUI; what is longer was made anonymous and keeps its first half."""
    eui = text.lower()[:_EUI_DIGITS]
    if len(bytes.fromhex(eui)) * 2 != _EUI_DIGITS:
        raise ValueError(f"{text!r} is not a gateway's EUI")
    return eui


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError("data is not base64") from None


def _time_ms(text: str) -> int:
    """TTS writes nanoseconds, which Python does not read."""
    head, dot, tail = text.rstrip("Z").partition(".")
    at = datetime.fromisoformat(head + (dot + tail[:6].ljust(6, "0") if dot and tail[:6].isdigit() else ""))
    return round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)
