"""A frame taken apart: which of its bytes says what, on the air and inside the payload."""

from typing import NamedTuple

from codec.desk import explain
from codec.wire import WireError

_MTYPES = ("join-request", "join-accept", "unconfirmed data up", "unconfirmed data down", "confirmed data up",
           "confirmed data down", "reserved", "proprietary")  # fmt: skip
_FLAGS = ((0x80, "ADR"), (0x40, "ADRACKReq"), (0x20, "ACK"), (0x10, "ClassB"))
_SHORTEST = 12  # MHDR, DevAddr, FCtrl, FCnt and MIC


class Part(NamedTuple):
    """`at` counts bytes from the start, `text` is English as the standards are."""

    at: int
    content: bytes
    name: str
    text: str


def of_frame(phy: bytes) -> list[Part]:
    """LoRaWAN 1.0.4, section 4; nothing for what an LNS has opened for us."""
    if len(phy) < _SHORTEST:
        return []
    options = phy[5] & 0x0F
    port = 8 + options
    end = len(phy) - 4
    flags = [name for bit, name in _FLAGS if phy[5] & bit]
    parts = [
        _part(phy, 0, 1, "MHDR", f"{_MTYPES[phy[0] >> 5]}, LoRaWAN R{(phy[0] & 3) + 1}"),
        _part(phy, 1, 5, "DevAddr", phy[4:0:-1].hex()),
        _part(phy, 5, 6, "FCtrl", ", ".join([*flags, f"{options} bytes of options"])),
        _part(phy, 6, 8, "FCnt", f"{int.from_bytes(phy[6:8], 'little')} (the lower 16 bits)"),
        _part(phy, 8, port, "FOpts", "MAC commands"),
        _part(phy, port, port + 1, "FPort", str(phy[port]) if port < end else ""),
        _part(phy, port + 1, end, "FRMPayload", "encrypted with AES-128"),
        _part(phy, end, len(phy), "MIC", "proves sender and counter"),
    ]
    return [part for part in parts if part.content]


def of_payload(payload: bytes) -> tuple[list[Part], list[str], str | None]:
    """Its items, what it says in words, and why it cannot be read."""
    try:
        lines = [Part(line.at, line.content, line.bits, line.text) for line in explain.explain(payload)]
        return lines, explain.words(payload), None
    except WireError as error:
        return [Part(0, payload, "", "")], [], str(error)


def _part(phy: bytes, start: int, end: int, name: str, text: str) -> Part:
    return Part(start, phy[start : max(start, min(end, len(phy)))], name, text)
