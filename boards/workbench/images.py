"""Whether a file is the MicroPython of a board: by the pinned hash, and by what its own format tells.

ESP32: esptool's "Firmware Image Format" (header, segments, checksum, SHA-256 behind them); the bootloader
comes first, the program is at 0x10000 of the flash. RP2040: the UF2 specification and its family id.
"""

import hashlib
import struct
from pathlib import Path

from boards.workbench import WorkbenchError
from boards.workbench.catalogue import MICROPYTHON, Board

_ESP_MAGIC = 0xE9
_ESP_HEADER = struct.Struct(
    "<BBBBI4xH9xB"
)  # magic, segments, mode, speed and size, entry, chip, hash appended
_ESP_CHIPS = {"esp32": 0x0000, "esp32s3": 0x0009}
_PROGRAM_AT = 0x10000
_UF2_BLOCK = struct.Struct("<IIIIIIII476sI")
_UF2_MAGICS = (0x0A324655, 0x9E5D5157, 0x0AB16F30)
_UF2_RP2040 = 0xE48BFF56


def check(board: Board, image: Path) -> str:
    """The SHA-256 of the file; WorkbenchError says in what it is not what the board needs."""
    data = image.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    pinned = board.pinned
    if pinned and len(data) != pinned.size:
        raise WorkbenchError(
            f"{image} has {len(data)} bytes and {board.image_file} {pinned.size}: load it again"
        )
    if pinned and digest != pinned.sha256:
        raise WorkbenchError(
            f"{image} is not {board.image_file}: its SHA-256 is {digest}, expected {pinned.sha256}"
        )
    wrong = _uf2_fault(data) if board.flash_offset is None else _esp_fault(board, data)
    if not wrong and f"v{MICROPYTHON}".encode() not in data:
        wrong = f"nothing in it says v{MICROPYTHON}"
    if wrong:
        raise WorkbenchError(f"{image} is no {board.image_file}: {wrong}")
    return digest


def _esp_fault(board: Board, data: bytes) -> str | None:
    program_at = _PROGRAM_AT - int(str(board.flash_offset), 16)
    for what, at in (("its bootloader", 0), ("its program", program_at)):
        if len(data) < at + _ESP_HEADER.size or data[at] != _ESP_MAGIC:
            return f"{what} does not begin as an ESP32's does"
        chip = _ESP_HEADER.unpack_from(data, at)[5]
        if chip != _ESP_CHIPS[board.chip]:
            return f"{what} is for chip {chip}, and {board.chip} is {_ESP_CHIPS[board.chip]}"
        if not _esp_is_whole(data, at):
            return f"{what} is cut off or damaged: load it again"
    return None


def _esp_is_whole(data: bytes, at: int) -> bool:
    """The SHA-256 that stands behind the segments is that of all before it."""
    _, segments, _, _, _, _, has_hash = _ESP_HEADER.unpack_from(data, at)
    end = at + _ESP_HEADER.size
    for _ in range(segments):
        if end + 8 > len(data):
            return False
        end += 8 + struct.unpack_from("<I", data, end + 4)[0]
    end = at + (end - at + 16) // 16 * 16  # a checksum is the last byte of a row of sixteen
    return bool(has_hash) and hashlib.sha256(data[at:end]).digest() == data[end : end + 32]


def _uf2_fault(data: bytes) -> str | None:
    if not data or len(data) % _UF2_BLOCK.size:
        return "it is not made of blocks of 512 bytes"
    for number, fields in enumerate(_UF2_BLOCK.iter_unpack(data)):
        first, second, _, _, _, block, blocks, family, _, last = fields
        if (first, second, last) != _UF2_MAGICS:
            return f"block {number} is no UF2"
        if family != _UF2_RP2040:
            return f"it is for the family {family:#x}, and an RP2040 is {_UF2_RP2040:#x}"
        if block != number or blocks != len(data) // _UF2_BLOCK.size:
            return "blocks are missing: load it again"
    return None
