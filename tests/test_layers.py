"""Imports obey the layers: messfunk > simulator > gateway | boards.workbench | firmware > codec."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("messfunk", "simulator", "gateway", "firmware", "boards", "codec")

MAY_IMPORT = {
    "messfunk": {"simulator", "gateway", "boards", "firmware", "codec"},
    "simulator": {"gateway", "boards", "firmware", "codec"},
    "gateway": {"codec"},
    "firmware": {"codec"},
    "firmware/main.py": {
        "codec",
        "boards",
    },  # the only file that knows a board, under its device name `board` too
    "boards": set(),
    "boards/workbench": {"firmware", "codec"},
    "codec": set(),
}
# What runs in a node's MicroPython, where the board's module has the name `board`.
ON_A_NODE = ("boards/workbench/on_node/", "simulator/rom/")
FILES = sorted(path for room in ROOMS for path in [*ROOT.glob(f"{room}.py"), *ROOT.glob(f"{room}/**/*.py*")])
FILES = [path for path in FILES if path.suffix in (".py", ".pyi")]


def imported(source: str) -> set[str]:
    """The top-level names that a module imports, wherever in it the import stands."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative import"
            names.add(node.module or "")
    return {name.partition(".")[0] for name in names}


def room_of(path: str) -> str:
    """The narrowest entry of MAY_IMPORT that holds the file."""
    return max(
        (key for key in MAY_IMPORT if path.startswith((f"{key}/", f"{key}.py")) or path == key), key=len
    )


@pytest.mark.parametrize("path", [path.relative_to(ROOT).as_posix() for path in FILES])
def test_a_file_imports_only_what_lies_below(path: str) -> None:
    room = room_of(path)
    ours = imported((ROOT / path).read_text(encoding="utf-8")) & {*ROOMS, "tests", "board"}
    allowed = MAY_IMPORT[room] | {room.partition("/")[0]}
    if room == "firmware/main.py" or path.startswith(ON_A_NODE):
        allowed.add("board")
    assert ours <= allowed


def test_an_import_upwards_is_seen() -> None:
    assert imported(
        "def late():\n    from simulator.clock import Clock\n    import gateway.app as app\n"
    ) == {
        "simulator",
        "gateway",
    }
    assert room_of("firmware/main.py") == "firmware/main.py"
    assert room_of("firmware/mac.py") == "firmware"
    assert room_of("boards/workbench/flash.py") == "boards/workbench"
    assert room_of("messfunk.py") == "messfunk"
