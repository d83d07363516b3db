"""MicroPython itself onto a board: esptool for an ESP32, a copy onto the drive of an RP2040."""

import hashlib
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


def install(board: Board, image: Path, port: str, drive: Path | None) -> str:
    """Put the image onto the board; returns its SHA-256, which must be the pinned one where one is known."""
    digest = hashlib.sha256(image.read_bytes()).hexdigest()
    if board.image_sha256 and digest != board.image_sha256:
        raise WorkbenchError(
            f"{image} is not {board.image_file}: its SHA-256 is {digest}, expected {board.image_sha256}"
        )
    if board.flash_offset is None:
        shutil.copyfile(image, (drive or _drive()) / board.image_file)
        return digest
    if port == "PORT":
        raise WorkbenchError("--image needs to know the board's serial port: --port PATH")
    program = shutil.which("esptool")
    if program is None:
        raise WorkbenchError("esptool is missing: pipx install esptool")
    done = subprocess.run([program, *_esptool(board, port, str(image))[1:]], check=False)  # noqa: S603
    if done.returncode:
        raise WorkbenchError("esptool did not succeed: hold BOOT, press RESET, let go of both, repeat")
    return digest


def _esptool(board: Board, port: str, file: str) -> list[str]:
    return ["esptool", "--chip", board.chip, "--port", port, "write-flash", str(board.flash_offset), file]


def _drive() -> Path:
    found = [mark.parent for root in _DRIVES for mark in Path(root).glob(f"**/{_MARK}")]
    if len(found) != 1:
        raise WorkbenchError(
            "the board's drive is not there: hold BOOTSEL while plugging in, or name --drive"
        )
    return found[0]
