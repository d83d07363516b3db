"""Frames on the air as pcapng: each sender is an interface with its name, so the file alone says who sent."""

import struct
from typing import BinaryIO

from simulator.eventlog import Event
from simulator.pcap import LINKTYPE_LORATAP, loratap

SECTION, INTERFACE, PACKET = 0x0A0D0D0A, 1, 6  # types of blocks
BYTE_ORDER = 0x1A2B3C4D
IF_NAME, IF_TSRESOL = 2, 9  # options of an interface
_NO_LENGTH = -1  # of the section: up to the end of the file


class PcapngView:
    """One packet per transmission at its end; instants in microseconds, pcapng's own unit."""

    def __init__(self, file: BinaryIO):
        self._file = file
        self._interfaces: dict[str, int] = {}
        self._block(SECTION, struct.pack("<IHHq", BYTE_ORDER, 1, 0, _NO_LENGTH))

    def take(self, event: Event) -> None:
        if event["event"] not in ("up", "down"):
            return
        sender = event["node"] if event["event"] == "up" else event["gateway"]
        if sender not in self._interfaces:
            self._interfaces[sender] = len(self._interfaces)
            head = struct.pack("<HHI", LINKTYPE_LORATAP, 0, 0)
            self._block(INTERFACE, head + _option(IF_NAME, sender.encode()) + _option(0, b""))
        packet = loratap(event) + event["phy"]
        high, low = divmod(event["t"], 1 << 32)
        head = struct.pack("<IIIII", self._interfaces[sender], high, low, len(packet), len(packet))
        self._block(PACKET, head + _padded(packet))

    def _block(self, kind: int, body: bytes) -> None:
        size = struct.pack("<I", len(body) + 12)
        self._file.write(struct.pack("<I", kind) + size + body + size)


def _option(code: int, value: bytes) -> bytes:
    return struct.pack("<HH", code, len(value)) + _padded(value)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)
