"""What is compiled for a node holds nothing that only a desktop reads, and does the same."""

import ast

import pytest

from boards.workbench import stripping
from tests.test_on_micropython import DEVICE_FILES, ROOT

VIPER = "firmware/sensors/a_weighting_viper.py"


def test_what_a_desktop_reads_goes_and_the_rest_stays() -> None:
    source = (
        "from codec.compat import const\n"
        "_STEP = const(3)\n"
        "TYPE_CHECKING = False\n"
        "if TYPE_CHECKING:\n    from typing import Any\n"
        "else:\n    kept = 1\n"
        "size: int = _STEP\n"
        "later: int\n"
        "async def f(a: 'Any', *b: int, c: int = 1, **d: int) -> 'Any':\n    return a, b, c, d\n"
    )
    assert stripping.strip(source).split("\n") == [
        "_STEP = const(3)",
        "kept = 1",
        "size = _STEP",
        "",
        "async def f(a, *b, c=1, **d):",
        "    return (a, b, c, d)",
    ]


@pytest.mark.parametrize("path", DEVICE_FILES)
def test_no_name_of_a_type_is_left_and_no_statement_lost(path: str) -> None:
    source = (ROOT / path).read_text(encoding="utf-8")
    before, after = ast.parse(source), ast.parse(stripping.strip(source))
    assert not {"TYPE_CHECKING", "codec.compat", "typing"} & set(_names(after))
    assert _calls(after) == _calls(before)


def test_native_code_keeps_its_machine_types() -> None:
    source = (ROOT / VIPER).read_text(encoding="utf-8")
    native = [
        node for node in ast.walk(ast.parse(stripping.strip(source))) if isinstance(node, ast.FunctionDef)
    ]
    assert "ptr32" in {ast.unparse(arg.annotation) for f in native for arg in f.args.args if arg.annotation}


def _names(tree: ast.AST) -> list[str]:
    found = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name)]
    return found + [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]


def _calls(tree: ast.AST) -> list[str]:
    """What is done, in the order of the file."""
    return [
        ast.unparse(node) for node in ast.walk(tree) if isinstance(node, (ast.Call, ast.Raise, ast.Return))
    ]
