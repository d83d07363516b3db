"""The Semtech UDP protocol (GWMP, PROTOCOL.TXT v1.4 and v1.6) as bytes: both ends, no socket.

Whatever the peer got wrong raises WireError. How `rxpk` and `txpk` map to the gateway's values is here too.
"""

import base64
import binascii
import json
import re
from enum import IntEnum
from typing import Any, NamedTuple

from codec.wire import Reader, WireError
from gateway.model import Downlink, Reception


class Kind(IntEnum):
    """The fourth byte of every datagram."""

    PUSH_DATA = 0
    PUSH_ACK = 1
    PULL_DATA = 2
    PULL_RESP = 3
    PULL_ACK = 4
    TX_ACK = 5


_VERSIONS = (1, 2)
_FROM_GATEWAY = (Kind.PUSH_DATA, Kind.PULL_DATA, Kind.TX_ACK)  # these carry the gateway's EUI
_BODY_REQUIRED = (Kind.PUSH_DATA, Kind.PULL_RESP)

_BAD_CRC = -1  # rxpk.stat: the radio's CRC did not fit
_TMST_MODULUS = 1 << 32
_DATR = re.compile(r"SF(?:[5-9]|1[0-2])BW[1-9]\d{1,2}", re.ASCII)


class BadCrcError(WireError):
    """The gateway heard a frame and says itself that it is damaged."""


class Datagram(NamedTuple):
    """`eui` is None in datagrams from the server, `body` in those without JSON."""

    version: int
    token: int
    kind: Kind
    eui: str | None = None
    body: dict[str, Any] | None = None


def parse(datagram: bytes) -> Datagram:
    """Split a datagram of either end."""
    r = Reader(datagram)
    version, token, number = r.uint(1), int.from_bytes(r.take(2), "big"), r.uint(1)
    if version not in _VERSIONS:
        raise WireError(f"protocol version {version}, expected 1 or 2")
    if number > Kind.TX_ACK:
        raise WireError(f"datagram type {number} does not exist", 3)
    kind = Kind(number)
    eui = r.take(8).hex() if kind in _FROM_GATEWAY else None
    return Datagram(version, token, kind, eui, _parse_body(kind, r.take(r.left())))


def build(
    kind: Kind, token: int, eui: str | None = None, body: dict[str, Any] | None = None, version: int = 2
) -> bytes:
    """A datagram of either end; an acknowledgement repeats token and version of what it answers."""
    if (eui is not None) != (kind in _FROM_GATEWAY):
        raise ValueError(f"{kind.name} goes {'with' if eui is None else 'without'} the EUI of a gateway")
    head = bytes([version]) + token.to_bytes(2, "big") + bytes([kind]) + bytes.fromhex(eui or "")
    return head + (b"" if body is None else json.dumps(body, separators=(",", ":"), allow_nan=False).encode())


def packets(body: dict[str, Any] | None) -> list[Any]:
    """The `rxpk` of a PUSH_DATA, each still to be read; empty when it only carries statistics."""
    found = (body or {}).get("rxpk")
    if found is None:
        return []
    if not isinstance(found, list):
        raise WireError("rxpk is not a list")
    return found


def read_rxpk(rxpk: object, gateway_id: str, received_at: int) -> Reception:
    """One heard frame. BadCrcError when the gateway marks it as damaged."""
    fields = _object(rxpk, "rxpk")
    if _integer(fields, "stat", -1, 1, default=1) == _BAD_CRC:
        raise BadCrcError("the gateway reports a CRC error")
    return Reception(
        gateway_id=gateway_id,
        received_at=received_at,
        phy=_data(fields),
        frequency_hz=_frequency_hz(fields),
        data_rate=_data_rate(fields),
        rssi_dbm=_number_or_none(fields, "rssi", -300, 100),
        snr_db=_number_or_none(fields, "lsnr", -100, 100),
        tmst=_integer(fields, "tmst", 0, _TMST_MODULUS - 1),
    )


def rxpk(reception: Reception) -> dict[str, Any]:
    """What a packet forwarder says of a frame it heard."""
    return {
        "tmst": reception.tmst,
        "chan": 0,
        "rfch": 0,
        "freq": reception.frequency_hz / 1e6,
        "stat": 1,
        "modu": "LORA",
        "datr": reception.data_rate,
        "codr": "4/5",
        "lsnr": reception.snr_db,
        "rssi": reception.rssi_dbm,
        "size": len(reception.phy),
        "data": base64.b64encode(reception.phy).decode(),
    }


def read_txpk(body: dict[str, Any] | None, gateway_id: str) -> Downlink:
    """The frame a PULL_RESP asks a gateway to send."""
    fields = _object((body or {}).get("txpk"), "txpk")
    return Downlink(
        gateway_id=gateway_id,
        phy=_data(fields),
        frequency_hz=_frequency_hz(fields),
        data_rate=_data_rate(fields),
        power_dbm=_integer(fields, "powe", -20, 40),
        tmst=None if fields.get("imme") is True else _integer(fields, "tmst", 0, _TMST_MODULUS - 1),
    )


def txpk(downlink: Downlink) -> dict[str, Any]:
    """The body of a PULL_RESP. `rfch` 0 is the one radio that sends on most gateways."""
    when = {"imme": True} if downlink.tmst is None else {"imme": False, "tmst": downlink.tmst}
    return {
        "txpk": {
            **when,
            "freq": downlink.frequency_hz / 1e6,
            "rfch": 0,
            "powe": downlink.power_dbm,
            "modu": "LORA",
            "datr": downlink.data_rate,
            "codr": "4/5",
            "ipol": True,
            "ncrc": True,
            "size": len(downlink.phy),
            "data": base64.b64encode(downlink.phy).decode(),
        }
    }


def tx_ack(error: str | None) -> dict[str, Any]:
    """The body of a TX_ACK; `error` is None when the frame will be sent."""
    return {"txpk_ack": {"error": error or "NONE"}}


def tx_error(body: dict[str, Any] | None) -> str | None:
    """Why the gateway will not send, by the protocol's names such as TOO_LATE; None when it will.

    A warning (since v1.5: sent with less power) is no error.
    """
    answer = (body or {}).get("txpk_ack")
    error = None if answer is None else _object(answer, "txpk_ack").get("error")
    if not (error is None or isinstance(error, str)):
        raise WireError("txpk_ack.error is not a text")
    return None if error in (None, "", "NONE") else error


def _parse_body(kind: Kind, raw: bytes) -> dict[str, Any] | None:
    raw = raw.rstrip(b"\0")  # some forwarders send their whole text buffer
    if not raw:
        if kind in _BODY_REQUIRED:
            raise WireError(f"{kind.name} without JSON")
        return None
    try:
        body = _decode(raw.decode())
    except (ValueError, RecursionError):
        raise WireError(f"the body of {kind.name} is not JSON") from None
    return _object(body, f"the body of {kind.name}")


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


_decode = json.JSONDecoder(parse_constant=_refuse_constant).decode


def _object(value: object, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise WireError(f"{name} is not an object")
    return value


def _integer(fields: dict[str, Any], name: str, low: int, high: int, default: int | None = None) -> int:
    value = fields.get(name)
    value = default if value is None else value
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise WireError(f"{name} is not an integer from {low} to {high}")
    return value


def _number(fields: dict[str, Any], name: str, low: float, high: float) -> float:
    value = fields.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= high:
        raise WireError(f"{name} is not a number from {low} to {high}")
    return value


def _number_or_none(fields: dict[str, Any], name: str, low: float, high: float) -> float | None:
    return None if fields.get(name) is None else _number(fields, name, low, high)


def _frequency_hz(fields: dict[str, Any]) -> int:
    return round(_number(fields, "freq", 1, 10000) * 1e6)


def _data_rate(fields: dict[str, Any]) -> str:
    if fields.get("modu") != "LORA":
        raise WireError("modu is not LORA, the only modulation served")
    datr = fields.get("datr")
    if not isinstance(datr, str) or not _DATR.fullmatch(datr):
        raise WireError("datr is not a LoRa data rate such as SF9BW125")
    return datr


def _data(fields: dict[str, Any]) -> bytes:
    """The frame's bytes. Base64 comes padded or not, and URL-safe even in the protocol's own sample."""
    text = fields.get("data")
    if not isinstance(text, str):
        raise WireError("data is not a text")
    text = text.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise WireError("data is not base64") from None
    if not 0 < len(data) <= 255:
        raise WireError(f"data holds {len(data)} bytes, a LoRa frame has 1 to 255")
    if _integer(fields, "size", 1, 255, default=len(data)) != len(data):
        raise WireError("size is not the number of bytes in data")
    return data
