"""What the wakes of a level node load and hold, in the real VM; printed by `make size`."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from boards.workbench import building, catalogue
from codec.lorawan import join, join_server

ROOT = Path(__file__).parents[2]
CONFIG = {"sensors": [{"part": "a02yyuw", "port": 1}], "interval_s": 900}
WAKES = 8
_ACCEPT = join.JoinAccept(1, 0x13, 0x0100AB12, 0, 0, 1, b"")


class Wake(NamedTuple):
    """`.mpy` of the modules it met, and the most heap that was in use while it waited for anything."""

    kind: str
    mpy_bytes: int
    peak_bytes: int


def measure(native: str | None = None) -> tuple[int, list[Wake]]:
    """Bytes of the node's whole `.mpy` tree, and its first wakes; from ROMFS in the VM `native`, if given."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "tree"
        files = building.build(catalogue.find("heltec_v3"), CONFIG, out)
        sizes = {path.as_posix(): (out / path).stat().st_size for path in files if path.suffix == ".mpy"}
        accept = join_server.build_accept(_ACCEPT, bytes(16)).hex()
        if native:
            printed = "".join(_from_rom(native, out, accept) for _ in range(WAKES))
        else:
            printed = _run(["node", "tests/micropython/wakes.mjs", str(out), str(WAKES), accept])
    wakes = []
    for line in printed.splitlines():
        row = json.loads(line)
        met = set(row["modules"])
        kind = "sends" if "firmware.mac.machine" in met else "only samples"
        wakes.append(Wake(kind, sum(_size(sizes, module) for module in met), row["peak"]))
    return sum(sizes.values()), wakes


def _from_rom(native: str, tree: Path, accept: str) -> str:
    """The next wake; flash and RTC memory stay in the tree's folder."""
    image = tree / "app.romfs"
    if not image.exists():
        shutil.copy(tree / "board.mpy", tree / "lib")
        image.write_bytes(building.romfs(tree))
    measuring = ROOT / "tests/micropython/measure_wakes.py"
    script = ROOT / "tests/micropython/rom_wake.py"
    return _run([native, "-X", "heapsize=2M", str(script), str(image), str(tree), str(measuring), accept])


def _run(command: list[str]) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    if done.returncode:
        raise RuntimeError(done.stderr or done.stdout)
    return done.stdout


def _size(sizes: dict[str, int], module: str) -> int:
    path = module.replace(".", "/")
    names = (f"lib/{path}.mpy", f"lib/{path}/__init__.mpy", f"{path}.mpy")
    return next((sizes[name] for name in names if name in sizes), 0)  # a folder needs no file


def main() -> None:
    whole, wakes = measure()
    print(f"{'whole level node':40} {whole:>7}")
    _print(wakes, "")
    native = os.environ.get("MESSFUNK_MICROPYTHON")
    if native:
        _print(measure(native)[1], ", from ROM")


def _print(wakes: list[Wake], where: str) -> None:
    for wake in wakes:
        print(f"{'a wake that ' + wake.kind + where:40} {wake.mpy_bytes:>7} {wake.peak_bytes:>7}")


if __name__ == "__main__":
    sys.exit(main())
