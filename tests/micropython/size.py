"""What the LoRaWAN stack costs on a board: flash as .mpy, heap in the real VM; `make size`."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from boards.workbench import building

ROOT = Path(__file__).parents[2]
# In the order of import: each row is what its module adds.
MODULES = [
    "codec.wire",
    "codec.cbor",
    "codec.registry",
    "codec.report",
    "codec.lorawan.aes",
    "codec.lorawan.crypto",
    "codec.lorawan.airtime",
    "codec.lorawan.frames",
    "codec.lorawan.regions",
    "firmware.session",
    "firmware.mac.actions",
    "firmware.mac.windows",
    "firmware.mac.channels",
    "firmware.mac.limits",
    "firmware.mac.adr",
    "firmware.mac.downlinks",
    "firmware.mac.ledger",
    "firmware.mac.hops",
    "firmware.mac.machine",
    "firmware.link.native",
]
# By a node without a session, by a downlink with MAC commands, by who asks why it waits.
ON_USE = [
    "codec.lorawan.join",
    "firmware.mac.joining",
    "codec.lorawan.commands",
    "firmware.mac.commands",
    "firmware.mac.why",
]


class Cost(NamedTuple):
    module: str
    mpy_bytes: int
    heap_bytes: int


def source_of(module: str) -> Path:
    path = ROOT / module.replace(".", "/")
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def measure() -> list[Cost]:
    """One row per module, the Mac object and the uplink cycle; last the modules that are loaded on use."""
    with tempfile.TemporaryDirectory() as folder:
        sizes = {}
        for path in [*(ROOT / "codec").rglob("*.py"), *(ROOT / "firmware").rglob("*.py")]:
            name = path.relative_to(ROOT)
            if "desk" in name.parts or name.stem.endswith("_viper"):
                continue
            target = Path(folder) / name.with_suffix(".mpy")
            building.compile_module(name.as_posix(), name.as_posix(), target, "armv6m")
            sizes[path] = target.stat().st_size
        printed = subprocess.run(
            ["node", "tests/micropython/size.mjs", folder, " ".join(MODULES), " ".join(ON_USE)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
        )
    if printed.returncode:
        raise RuntimeError(printed.stderr)
    rows = [json.loads(line) for line in printed.stdout.splitlines()]
    modules = {*MODULES, *ON_USE}
    return [
        Cost(row["module"], sizes[source_of(row["module"])] if row["module"] in modules else 0, row["heap"])
        for row in rows
    ]


def total(costs: list[Cost], modules: list[str]) -> tuple[int, int]:
    """(.mpy, heap) in bytes."""
    found = [cost for cost in costs if cost.module in modules]
    return sum(cost.mpy_bytes for cost in found), sum(cost.heap_bytes for cost in found)


def main() -> None:
    costs = measure()
    for cost in costs:
        print(f"{cost.module:34} {cost.mpy_bytes or '':>7} {cost.heap_bytes:>7}")
    for what, modules in (("after import", MODULES), ("and what is loaded on use", MODULES + ON_USE)):
        mpy_bytes, heap_bytes = total(costs, modules)
        print(f"{what:34} {mpy_bytes:>7} {heap_bytes:>7}")


if __name__ == "__main__":
    sys.exit(main())
