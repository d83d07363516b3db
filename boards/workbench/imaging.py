"""MicroPython itself onto a board: esptool for an ESP32, a copy onto the drive of an RP2040."""

import shutil
import subprocess
from pathlib import Path

from boards.workbench import WorkbenchError
from boards.workbench.catalogue import Board

_FIRMWARE = "https://micropython.org/resources/firmware"
_DRIVES = ("/media", "/run/media", "/Volumes")
_MARK = "INFO_UF2.TXT"  # stands on every UF2 bootloader's drive


def url(board: Board) -> str:
    return f"{_FIRMWARE}/{board.image_file}"


def line(board: Board, port: str, image: Path | None) -> str:
    """What to type, or to do."""
    file = str(image or board.image_file)
    if board.flash_offset is None:
        return f"hold BOOTSEL while plugging in, then copy {file} onto the drive RPI-RP2"
    return " ".join(_esptool(board, port, file))


def place(board: Board, port: str | None, drive: Path | None) -> str | None:
    """Where the image would go: the serial port, or the one drive there is; None when nobody knows."""
    if board.flash_offset is not None:
        return port
    found = [drive] if drive else [mark.parent for root in _DRIVES for mark in Path(root).glob(f"**/{_MARK}")]
    return str(found[0]) if len(found) == 1 else None


def install(board: Board, image: Path, where: str) -> None:
    """Put a checked image onto the board: by esptool on its port, or by copy onto its drive."""
    if board.flash_offset is None:
        shutil.copyfile(image, Path(where) / board.image_file)
        return
    program = shutil.which("esptool")
    if program is None:
        raise WorkbenchError("esptool is missing: pipx install esptool")
    done = subprocess.run([program, *_esptool(board, where, str(image))[1:]], check=False)  # noqa: S603
    if done.returncode:
        raise WorkbenchError("esptool did not succeed: hold BOOT, press RESET, let go of both, repeat")


def _esptool(board: Board, port: str, file: str) -> list[str]:
    return ["esptool", "--chip", board.chip, "--port", port, "write-flash", str(board.flash_offset), file]
