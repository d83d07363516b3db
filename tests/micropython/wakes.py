"""What the wakes of a level node load and hold, in the real VM; printed by `make size`."""

import json
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


def measure() -> tuple[int, list[Wake]]:
    """Bytes of the node's whole `.mpy` tree, and its first wakes."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "tree"
        files = building.build(catalogue.find("heltec_v3"), CONFIG, out)
        sizes = {path.as_posix(): (out / path).stat().st_size for path in files if path.suffix == ".mpy"}
        accept = join_server.build_accept(_ACCEPT, bytes(16)).hex()
        printed = subprocess.run(
            ["node", "tests/micropython/wakes.mjs", str(out), str(WAKES), accept],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
        )
    if printed.returncode:
        raise RuntimeError(printed.stderr)
    wakes = []
    for line in printed.stdout.splitlines():
        row = json.loads(line)
        met = set(row["modules"])
        kind = "sends" if "firmware.mac.machine" in met else "only samples"
        wakes.append(Wake(kind, sum(_size(sizes, module) for module in met), row["peak"]))
    return sum(sizes.values()), wakes


def _size(sizes: dict[str, int], module: str) -> int:
    path = module.replace(".", "/")
    names = (f"lib/{path}.mpy", f"lib/{path}/__init__.mpy", f"{path}.mpy")
    return next(sizes[name] for name in names if name in sizes)


def main() -> None:
    whole, wakes = measure()
    print(f"{'whole level node':30} {whole:>7}")
    for wake in wakes:
        print(f"{'a wake that ' + wake.kind:30} {wake.mpy_bytes:>7} {wake.peak_bytes:>7}")


if __name__ == "__main__":
    sys.exit(main())
