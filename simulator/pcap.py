"""Frames on the air as a pcap with LoRaTap headers (link type 270), and the key file that opens them."""

import os
import re
import struct
from pathlib import Path
from typing import BinaryIO, NamedTuple

from simulator.eventlog import Event

MAGIC = 0xA1B2C3D4
LINKTYPE_LORATAP = 270
RSSI_ZERO = 139  # LoRaTap counts RSSI from -139 dBm
LORATAP = 15  # bytes of its header
_SYNC_WORD = 0x34
_RECORD = struct.Struct("<IIII")
_LORATAP = struct.Struct(">BBHIBBBBBbB")
_ROW = re.compile(r'"([0-9a-f]{8})","([0-9a-f]{32})","([0-9a-f]{32})",', re.IGNORECASE)


class SessionKeys(NamedTuple):
    """What opens a node's frames; for the key file that Wireshark reads, and for nothing else."""

    dev_addr: int
    nwk_s_key: bytes
    app_s_key: bytes


class PcapView:
    """One record per transmission at its end, up and down alike; signal fields hold the power sent."""

    def __init__(self, file: BinaryIO):
        self._file = file
        file.write(struct.pack("<IHHiIII", MAGIC, 2, 4, 0, 0, 65535, LINKTYPE_LORATAP))

    def take(self, event: Event) -> None:
        if event["event"] in ("up", "down"):
            packet = loratap(event) + event["phy"]
            seconds, microseconds = divmod(event["t"], 1_000_000)
            self._file.write(_RECORD.pack(seconds, microseconds, len(packet), len(packet)) + packet)


def loratap(event: Event) -> bytes:
    """The header (version 0: Wireshark before 4.2 knows no other) of a frame on the air."""
    rssi = min(255, max(0, round(event["dbm"]) + RSSI_ZERO))
    return _LORATAP.pack(
        0,  # version
        0,  # padding
        LORATAP,
        event["hz"],
        event["bw"] // 125_000,
        event["sf"],
        rssi,
        rssi,
        rssi,
        0,  # SNR
        _SYNC_WORD,
    )


def write_keys(path: Path, sessions: list[SessionKeys]) -> None:
    """Wireshark's `encryption_keys_lorawan`, for the owner alone; DevAddr in the order it has on air."""
    rows = [
        '"{}","{}","{}","0000000000000000"\n'.format(
            session.dev_addr.to_bytes(4, "little").hex(), session.nwk_s_key.hex(), session.app_s_key.hex()
        )
        for session in sorted(sessions)
    ]
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        os.fchmod(descriptor, 0o600)
        file.writelines(rows)


def read_keys(path: Path) -> list[SessionKeys]:
    """The sessions of such a file; rows of another shape are not ours and left aside."""
    found = [_ROW.match(row) for row in path.read_text(encoding="ascii", errors="replace").splitlines()]
    return [
        SessionKeys(int.from_bytes(bytes.fromhex(row[1]), "little"), *map(bytes.fromhex, row.group(2, 3)))
        for row in found
        if row
    ]
