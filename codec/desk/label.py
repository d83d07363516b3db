"""The label of a node: the LoRa Alliance's TR005 code, which never holds a key."""

import re
from pathlib import Path

import segno

from codec.wire import WireError

# A maker without a vendor id of the LoRa Alliance; keep it configurable.
UNLISTED_PROFILE = "FFFF0000"


def tr005(dev_eui: str, join_eui: str, profile: str = UNLISTED_PROFILE, serial: str | None = None) -> str:
    """LW:D0:JoinEUI:DevEUI:ProfileID[:Sserial]:Ccrc, all upper case (TR005 section 2)."""
    if not re.fullmatch("[0-9A-Fa-f]{8}", profile):
        raise WireError(f"vendor and profile id are 8 hex digits, not {profile!r}")
    fields = ["LW", "D0", join_eui.upper(), dev_eui.upper(), profile.upper()]
    if serial is not None:
        if ":" in serial or not serial.isalnum():
            raise WireError(f"the serial number is letters and digits only, not {serial!r}")
        fields.append(f"S{serial.upper()}")
    text = ":".join(fields)
    return f"{text}:C{crc16(text.encode()):04X}"


def crc16(data: bytes) -> int:
    """Polynomial 0x8005 reflected, start 0xFFFF."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc


def write(path: Path, text: str) -> None:
    """As PNG or SVG by the file's name; print it at least 15 mm wide."""
    if path.suffix.lower() not in (".png", ".svg"):
        raise WireError(f"{path}: a label is a .png or an .svg")
    segno.make(text, error="m", mode="alphanumeric").save(str(path), scale=8, border=4)
