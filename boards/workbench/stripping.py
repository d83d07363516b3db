"""A device module without what only a desktop reads: each name left in a `.mpy` costs flash and heap."""

import ast


def strip(source: str) -> str:
    """Without annotations, `TYPE_CHECKING` blocks and the import of `const`, which the compiler knows."""
    return ast.unparse(ast.fix_missing_locations(_Stripper().visit(ast.parse(source))))


class _Stripper(ast.NodeTransformer):
    def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt] | None:
        self.generic_visit(node)
        return (node.orelse or None) if _is_type_checking(node.test) else node

    def visit_Assign(self, node: ast.Assign) -> ast.AST | None:
        return None if _is_type_checking(node.targets[0]) else self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        self.generic_visit(node)
        return ast.Assign([node.target], node.value) if node.value else None

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | None:
        node.names = [alias for alias in node.names if (node.module, alias.name) != ("codec.compat", "const")]
        return node if node.names else None

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._without_annotations(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._without_annotations(node)

    def _without_annotations(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        self.generic_visit(node)
        if not any(_is_viper(decorator) for decorator in node.decorator_list):
            node.returns = None
            for argument in (*node.args.args, *node.args.kwonlyargs, node.args.vararg, node.args.kwarg):
                if argument:
                    argument.annotation = None
        return node


def _is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "TYPE_CHECKING"


def _is_viper(node: ast.AST) -> bool:
    """Its compiler reads the annotations: they are machine types."""
    return isinstance(node, ast.Attribute) and node.attr == "viper"
