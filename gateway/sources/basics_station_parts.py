"""What Basics Station's messages are made of: frames in their parts, EUIs, and fields read with checks."""

import json
import re
from typing import Any

from codec.lorawan import frames
from codec.wire import WireError

_NO_PORT = -1
_SHORTEST_DATA = 12
_JOIN_REQUEST = 23
_DASHED = re.compile(r"(?:[0-9a-fA-F]{2}-){7}[0-9a-fA-F]{2}", re.ASCII)
_GROUP = re.compile(r"[0-9a-fA-F]{1,4}", re.ASCII)
_HEX = re.compile(r"(?:[0-9a-fA-F]{2})*", re.ASCII)


def text_of(fields: dict[str, Any]) -> str:
    return json.dumps(fields, separators=(",", ":"), allow_nan=False)


def object_of(text: str | bytes) -> dict[str, Any]:
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        raise WireError("not JSON") from None
    if not isinstance(fields, dict):
        raise WireError("not a JSON object")
    return fields


def integer(fields: dict[str, Any], name: str, low: int, high: int, default: int | None = None) -> int:
    value = fields.get(name)
    value = default if value is None else value
    if type(value) is not int or not low <= value <= high:
        raise WireError(f"{name} is not an integer from {low} to {high}")
    return value


def _int32(fields: dict[str, Any], name: str) -> bytes:
    """Signed by the protocol; unsigned by some who write it."""
    return (integer(fields, name, -(1 << 31), (1 << 32) - 1) & 0xFFFFFFFF).to_bytes(4, "little")


def number(fields: dict[str, Any], name: str) -> float | None:
    """None too when it is beyond sense: a strange signal strength must not cost the frame beside it."""
    value = fields.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e15:
        return None
    return float(value)


def short_text(fields: dict[str, Any], name: str, default: str | None = None) -> str:
    value = fields.get(name)
    value = default if value is None else value
    if not isinstance(value, str) or len(value) > 256:
        raise WireError(f"{name} is not a short text")
    return value


def binary(fields: dict[str, Any], name: str) -> bytes:
    value = fields.get(name)
    if not isinstance(value, str) or len(value) > 510 or not _HEX.fullmatch(value):
        raise WireError(f"{name} is not hex of at most 255 bytes")
    return bytes.fromhex(value)


def eui(fields: dict[str, Any], name: str) -> str:
    """01-23-.., the ID6 0123:4567:89ab:cdef with :: for zeros, 16 digits or a number."""
    value = fields.get(name)
    if type(value) is int and 0 <= value < 1 << 64:
        return f"{value:016x}"
    if isinstance(value, str):
        if _DASHED.fullmatch(value):
            return value.replace("-", "").lower()
        if re.fullmatch(r"[0-9a-fA-F]{16}", value, re.ASCII):
            return value.lower()
        groups = _id6(value)
        if groups:
            return "".join(f"{int(group, 16):04x}" for group in groups)
    raise WireError(f"{name} is not an EUI")


def _id6(text: str) -> list[str] | None:
    """Four groups, or fewer around one `::`."""
    head, gap, tail = text.partition("::")
    left, right = head.split(":") if head else [], tail.split(":") if tail else []
    groups = [*left, *["0"] * (4 - len(left) - len(right)), *right] if gap else left
    return groups if len(groups) == 4 and all(map(_GROUP.fullmatch, groups)) else None


def dashed(eui_hex: str) -> str:
    return "-".join(eui_hex[at : at + 2] for at in range(0, 16, 2))


# Frames in parts: s2e_parse_lora_frame of the station.


def parts(phy: bytes) -> dict[str, Any]:
    kind = frames.mtype(phy)
    if kind == frames.JOIN_REQUEST and len(phy) == _JOIN_REQUEST:
        return {
            "msgtype": "jreq",
            "MHdr": phy[0],
            "JoinEui": dashed(phy[8:0:-1].hex()),
            "DevEui": dashed(phy[16:8:-1].hex()),
            "DevNonce": int.from_bytes(phy[17:19], "little"),
            "MIC": int.from_bytes(phy[19:], "little", signed=True),
        }
    if not frames.is_up(kind) or len(phy) < _SHORTEST_DATA:
        return {"msgtype": "propdf", "FRMPayload": phy.hex()}
    port_at = 8 + (phy[5] & 0x0F)
    if port_at > len(phy) - 4:
        raise WireError("a frame whose options are longer than itself")
    return {
        "msgtype": "updf",
        "MHdr": phy[0],
        "DevAddr": int.from_bytes(phy[1:5], "little", signed=True),
        "FCtrl": phy[5],
        "FCnt": int.from_bytes(phy[6:8], "little"),
        "FOpts": phy[8:port_at].hex(),
        "FPort": phy[port_at] if port_at < len(phy) - 4 else _NO_PORT,
        "FRMPayload": phy[port_at + 1 : -4].hex(),
        "MIC": int.from_bytes(phy[-4:], "little", signed=True),
    }


def _data_frame(fields: dict[str, Any]) -> bytes:
    options, payload = binary(fields, "FOpts"), binary(fields, "FRMPayload")
    port = integer(fields, "FPort", _NO_PORT, 255)
    if len(options) > 15 or (port == _NO_PORT and payload):
        raise WireError("FOpts or FRMPayload without room or port")
    head = bytes([integer(fields, "MHdr", 0, 255)]) + _int32(fields, "DevAddr")
    counter = integer(fields, "FCnt", 0, 0xFFFF).to_bytes(2, "little")
    body = b"" if port == _NO_PORT else bytes([port]) + payload
    return head + bytes([integer(fields, "FCtrl", 0, 255)]) + counter + options + body + _int32(fields, "MIC")


def _join_request(fields: dict[str, Any]) -> bytes:
    euis = [bytes.fromhex(eui(fields, name))[::-1] for name in ("JoinEui", "DevEui")]
    nonce = integer(fields, "DevNonce", 0, 0xFFFF).to_bytes(2, "little")
    return bytes([integer(fields, "MHdr", 0, 255)]) + b"".join(euis) + nonce + _int32(fields, "MIC")


def _proprietary(fields: dict[str, Any]) -> bytes:
    return binary(fields, "FRMPayload")


FRAMES = {
    "updf": _data_frame,
    "jreq": _join_request,
    "propdf": _proprietary,
}
