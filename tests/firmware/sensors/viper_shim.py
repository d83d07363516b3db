"""Runs viper source on CPython, where the first value to exceed 32 bits raises: a chip would cut it."""

import ast
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def int32(value: int) -> int:
    if not -(2**31) <= value < 2**31:
        raise OverflowError(f"{value} does not fit into 32 bits")
    return value


class _Checked(ast.NodeTransformer):
    """Puts `int32(...)` around every operation and every value loaded or stored in a viper function."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        return self._wrapped(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        return self._wrapped(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.stmt:
        target = ast.parse(ast.unparse(node.target), mode="eval").body
        changed = ast.BinOp(target, node.op, self.visit(node.value))
        return ast.Assign([node.target], _call(changed))

    def _wrapped(self, node: ast.expr) -> ast.expr:
        self.generic_visit(node)
        return _call(node)


def _call(value: ast.expr) -> ast.Call:
    return ast.Call(ast.Name("int32", ast.Load()), [value], [])


class _VipersOnly(ast.NodeTransformer):
    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        if not any("viper" in ast.unparse(decorator) for decorator in node.decorator_list):
            return node
        node.body = [_Checked().visit(statement) for statement in node.body]
        return node


def load(path: Path, checked: bool = True) -> Any:
    """The module of a viper source; unchecked it is some six times as fast, for what takes long."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if checked:
        tree = _VipersOnly().visit(tree)
    module = types.ModuleType(path.stem)
    module.__dict__.update(int32=int32, ptr32=None)
    with _micropython():
        exec(compile(ast.fix_missing_locations(tree), path, "exec"), module.__dict__)
    return module


@contextmanager
def _micropython() -> Iterator[None]:
    """The module that viper sources import, for as long as they do."""
    stand_in = types.ModuleType("micropython")
    stand_in.viper = lambda function: function  # type: ignore[attr-defined]
    sys.modules["micropython"] = stand_in
    try:
        yield
    finally:
        del sys.modules["micropython"]
