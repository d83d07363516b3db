"""A node's tree onto its flash: only what changed, judged by SHA-256 on both ends."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from boards.workbench import WorkbenchError
from boards.workbench.catalogue import MICROPYTHON, Board
from boards.workbench.port import Port

_MPY = 6  # version of the bytecode that mpy-cross writes

Progress = Callable[[str, int, int], None]  # file, bytes done, bytes in all


@dataclass(frozen=True)
class Interpreter:
    """What runs on the node; `driver` is where a LoRa driver that it brings along lies."""

    name: str
    version: tuple[int, ...]
    machine: str
    mpy: int
    driver: str | None


@dataclass(frozen=True)
class Flashed:
    """What one flashing did."""

    port: str
    machine: str
    files: int
    written: tuple[str, ...]
    written_bytes: int

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def interpreter(port: Port) -> Interpreter:
    try:
        ((name, version, machine, mpy, driver),) = port.ask("identity")
    except ValueError:
        raise WorkbenchError(f"{port.path}: it does not say what it is; is this MicroPython?") from None
    return Interpreter(name, tuple(version), machine, mpy & 0xFF, driver)


def require_fit(port: Port, board: Board) -> Interpreter:
    """The interpreter, if the tree runs on it; the error names the image that would."""
    found = interpreter(port)
    chip = found.machine.rpartition(" with ")[2].lower().replace("-", "")
    if found.name != "micropython" or found.mpy != _MPY or chip != board.chip:
        version = ".".join(str(part) for part in found.version)
        raise WorkbenchError(
            f"{port.path} runs {found.name} {version} on {found.machine} (bytecode {found.mpy}), "
            f"and {board.name} needs MicroPython {MICROPYTHON}, {board.image_file}: "
            f"messfunk node interpreter --board {board.name}"
        )
    return found


def files_of(*trees: Path) -> dict[str, bytes]:
    """Name on the node -> content, of folders that are put over each other."""
    return {
        path.relative_to(tree).as_posix(): path.read_bytes()
        for tree in trees
        for path in sorted(tree.rglob("*"))
        if path.is_file()
    }


def flash(port: Port, machine: str, files: dict[str, bytes], progress: Progress = lambda *_: None) -> Flashed:
    """Bring the node's files to `files`."""
    there = _hashes(port, files)
    changed = [name for name in files if there.get(name) != _hex(files[name])]
    changed.sort(key=lambda name: (name == "main.py", name))  # what starts the node comes last
    total = sum(len(files[name]) for name in changed)
    done = 0
    for name in changed:
        port.write(name, files[name], partial(_advance, progress, name, done, total))
        done += len(files[name])
    arrived = _hashes(port, changed)
    failed = [name for name in changed if arrived.get(name) != _hex(files[name])]
    if failed:
        raise WorkbenchError(f"{port.path}: {', '.join(failed)} did not arrive whole: repeat it")
    return Flashed(port.path, machine, len(files), tuple(changed), total)


def _advance(progress: Progress, name: str, before: int, total: int, part: int) -> None:
    progress(name, before + part, total)


def _hashes(port: Port, names: Iterable[str]) -> dict[str, str]:
    return dict(port.ask("hashes", names=list(names))) if names else {}


def _hex(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
