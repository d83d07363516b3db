"""A frame taken apart: which of its bytes says what, on the air and inside the payload."""

from typing import NamedTuple

from codec.desk import explain
from codec.lorawan import commands
from codec.wire import WireError
from gateway.words import Said, listed, said

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
    commands.LINK_ADR: ("anatomy.channelMask", "anatomy.dataRate", "anatomy.power"),
    commands.RX_PARAM_SETUP: ("anatomy.channel", "anatomy.rx2Rate", "anatomy.rx1Offset"),
    commands.NEW_CHANNEL: ("anatomy.frequency", "anatomy.dataRates"),
    commands.DL_CHANNEL: ("anatomy.frequency", "anatomy.uplinkFrequency"),
}
_SHORTEST = 12  # MHDR, DevAddr, FCtrl, FCnt and MIC


class Part(NamedTuple):
    """`at` counts bytes from the start; `text` can be told in German, but for that of the payload."""

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
        _part(phy, 0, 1, "MHDR", _header(phy[0])),
        _part(phy, 1, 5, "DevAddr", phy[4:0:-1].hex()),
        _part(phy, 5, 6, "FCtrl", listed([*flags, said("anatomy.options", count=options)])),
        _part(phy, 6, 8, "FCnt", said("anatomy.counter", counter=int.from_bytes(phy[6:8], "little"))),
        *of_commands(phy[8:port], 8),
        _part(phy, port, min(port + 1, end), "FPort", str(phy[port])),
        _part(phy, port + 1, end, "FRMPayload", said("anatomy.encrypted")),
        _part(phy, end, len(phy), "MIC", said("anatomy.mic")),
    ]
    return [part for part in parts if part.content]


def _header(mhdr: int) -> Said:
    return said("anatomy.header", kind=said(f"anatomy.kind.{mhdr >> 5}"), major=(mhdr & 3) + 1)


def of_commands(options: bytes, start: int = 0) -> list[Part]:
    """MAC commands of a node, byte by byte (TS001-1.0.4, section 5): FOpts, or the payload of port 0."""
    found, rest = commands.split(options, commands.UP)
    parts = []
    for cid, body in found:
        name = _COMMANDS[cid]
        parts.append(
            Part(start, bytes([cid]), name, said("anatomy.command", cid=f"{cid:#04x}", count=len(body)))
        )
        parts += [
            Part(start + at, bytes([byte]), name, _answer(cid, at, byte)) for at, byte in enumerate(body, 1)
        ]
        start += 1 + len(body)
    return [*parts, *([Part(start, rest, "FOpts", said("anatomy.unknown"))] if rest else [])]


def _answer(cid: int, at: int, byte: int) -> str:
    """Bits that are set agree, those that are not say what was refused."""
    if cid == commands.DEV_STATUS:
        margin = (byte & 0x3F) - 64 * (byte >> 5 & 1)
        return _battery(byte) if at == 1 else said("anatomy.margin", margin=margin)
    asked = _ACKS[cid]
    refused = [key for bit, key in enumerate(asked) if not byte >> bit & 1]
    what = listed([said(key) for key in refused or asked])
    return said("anatomy.refused" if refused else "anatomy.agreed", what=what)


def _battery(byte: int) -> Said:
    if byte in (0, 255):
        return said("anatomy.unmeasured" if byte else "anatomy.external")
    return said("anatomy.battery", share=round(100 * byte / 254))


def of_payload(payload: bytes) -> tuple[list[Part], list[str], str | None]:
    """Its items, what it says in words, and why it cannot be read."""
    try:
        lines = [Part(line.at, line.content, line.bits, line.text) for line in explain.explain(payload)]
        return lines, explain.words(payload), None
    except WireError as error:
        return [Part(0, payload, "", "")], [], str(error)


def _part(phy: bytes, start: int, end: int, name: str, text: str) -> Part:
    return Part(start, phy[start : max(start, min(end, len(phy)))], name, text)
