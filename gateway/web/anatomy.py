"""A frame taken apart: which of its bytes says what, on the air and inside the payload."""

from typing import NamedTuple

from codec.desk import explain
from codec.lorawan import commands
from codec.wire import WireError

_MTYPES = ("join-request", "join-accept", "unconfirmed data up", "unconfirmed data down", "confirmed data up",
           "confirmed data down", "reserved", "proprietary")  # fmt: skip
_FLAGS = ((0x80, "ADR"), (0x40, "ADRACKReq"), (0x20, "ACK"), (0x10, "ClassB"))
_COMMANDS = {
    commands.LINK_CHECK: "LinkCheckReq",
    commands.LINK_ADR: "LinkADRAns",
    commands.DUTY_CYCLE: "DutyCycleAns",
    commands.RX_PARAM_SETUP: "RXParamSetupAns",
    commands.DEV_STATUS: "DevStatusAns",
    commands.NEW_CHANNEL: "NewChannelAns",
    commands.RX_TIMING_SETUP: "RXTimingSetupAns",
    commands.TX_PARAM_SETUP: "TXParamSetupAns",
    commands.DL_CHANNEL: "DlChannelAns",
    commands.DEVICE_TIME: "DeviceTimeReq",
}
_ACKS = {
    commands.LINK_ADR: ("channel mask", "data rate", "power"),
    commands.RX_PARAM_SETUP: ("channel", "RX2 data rate", "RX1 offset"),
    commands.NEW_CHANNEL: ("frequency", "data rates"),
    commands.DL_CHANNEL: ("frequency", "uplink frequency exists"),
}
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
        *of_commands(phy[8:port], 8),
        _part(phy, port, min(port + 1, end), "FPort", str(phy[port])),
        _part(phy, port + 1, end, "FRMPayload", "encrypted with AES-128"),
        _part(phy, end, len(phy), "MIC", "proves sender and counter"),
    ]
    return [part for part in parts if part.content]


def of_commands(options: bytes, start: int = 0) -> list[Part]:
    """MAC commands of a node, byte by byte (TS001-1.0.4, section 5): FOpts, or the payload of port 0."""
    found, rest = commands.split(options, commands.UP)
    parts = []
    for cid, body in found:
        name = _COMMANDS[cid]
        parts.append(Part(start, bytes([cid]), name, f"command {cid:#04x}, {len(body)} bytes follow"))
        parts += [
            Part(start + at, bytes([byte]), name, _answer(cid, at, byte)) for at, byte in enumerate(body, 1)
        ]
        start += 1 + len(body)
    return [*parts, *([Part(start, rest, "FOpts", "unknown, and with it all that follows")] if rest else [])]


def _answer(cid: int, at: int, byte: int) -> str:
    """Bits that are set agree, those that are not say what was refused."""
    if cid == commands.DEV_STATUS:
        margin = (byte & 0x3F) - 64 * (byte >> 5 & 1)
        battery = {0: "on external power", 255: "battery not measured"}.get(byte, f"battery {byte / 254:.0%}")
        return battery if at == 1 else f"the node hears us {margin} dB above its limit"
    told = _ACKS.get(cid, ())
    refused = [name for bit, name in enumerate(told) if not byte >> bit & 1]
    return f"refused: {', '.join(refused)}" if refused else f"agreed: {', '.join(told)}"


def of_payload(payload: bytes) -> tuple[list[Part], list[str], str | None]:
    """Its items, what it says in words, and why it cannot be read."""
    try:
        lines = [Part(line.at, line.content, line.bits, line.text) for line in explain.explain(payload)]
        return lines, explain.words(payload), None
    except WireError as error:
        return [Part(0, payload, "", "")], [], str(error)


def _part(phy: bytes, start: int, end: int, name: str, text: str) -> Part:
    return Part(start, phy[start : max(start, min(end, len(phy)))], name, text)
