"""Frames on the air as a pcap with LoRaTap headers (link type 270), and the key file that opens them."""

import os
import struct
from pathlib import Path
from typing import BinaryIO

from simulator.air import Transmission
from simulator.node import SessionKeys

_MAGIC = 0xA1B2C3D4
_LINKTYPE_LORATAP = 270
_SYNC_WORD = 0x34
_RSSI_ZERO = 139  # LoRaTap counts RSSI from -139 dBm


class PcapWriter:
    """One record per transmission at its end, up and down alike; signal fields hold the power sent."""

    def __init__(self, file: BinaryIO):
        self._file = file
        file.write(struct.pack("<IHHiIII", _MAGIC, 2, 4, 0, 0, 65535, _LINKTYPE_LORATAP))

    def write(self, sent: Transmission) -> None:
        rssi = min(255, max(0, round(sent.power_dbm) + _RSSI_ZERO))
        channel = sent.channel
        loratap = struct.pack(
            ">BBHIBBBBBbB",
            0,  # version
            0,  # padding
            15,  # length of this header
            channel.hz,
            channel.bw_hz // 125_000,
            channel.sf,
            rssi,
            rssi,
            rssi,
            0,  # SNR
            _SYNC_WORD,
        )
        packet = loratap + sent.frame
        seconds, microseconds = divmod(sent.end_us, 1_000_000)
        self._file.write(struct.pack("<IIII", seconds, microseconds, len(packet), len(packet)) + packet)


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
