"""The wire-format page: the template with tables and examples put in."""

import json
import re
from collections.abc import Iterable
from pathlib import Path

from codec import message
from codec.desk.document import document
from codec.desk.explain import explain
from codec.desk.generate.examples import EXAMPLES, Example
from codec.desk.orders import AT_ONCE, ORDERS, Argument, Order
from codec.desk.words import BOARDS, FEATURES, FPORTS, RESET_CAUSES, RESULTS, STATUS
from codec.message import ROWS
from codec.quantities import QUANTITIES
from codec.registry import FAULTS

_TEMPLATE = Path(__file__).with_name("page.template.md")


def wire_format() -> str:
    """The text of codec/README.md."""
    parts = {
        "first": EXAMPLES[0].payload.hex(" "),
        "fports": ", ".join(f"{name} {port}" for name, port in FPORTS.items()),
        "quantities": _quantities(),
        "last_bit": str(ROWS[-1].bit),
        "status": _numbered(f"{name} ({text})" for name, text in STATUS.items()),
        "reset_causes": _numbered(RESET_CAUSES),
        "faults": _table(("code", "fault"), enumerate(FAULTS.split())),
        "boards": _numbered(BOARDS),
        "features": _numbered(f"{name} ({text})" for name, text in FEATURES.items()),
        "orders": _orders(),
        "results": _numbered(RESULTS),
        "examples": "\n".join(_example(example) for example in EXAMPLES),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda place: parts[place[1]], _TEMPLATE.read_text(encoding="utf-8"))


def _quantities() -> str:
    rows = []
    for number, row in enumerate(ROWS):
        quantity = QUANTITIES[row.name]
        step = f"{10**-quantity.decimals:g} {quantity.unit}".rstrip()
        relative = "" if row.reference is None else ROWS[row.reference].name
        limits = (row.centre, relative, row.least, row.most)
        rows.append((row.bit, number, f"`{row.name}`", step, *limits, quantity.en))
    heads = ("bit", "number", "quantity", "step", "centre", "relative to", "from", "to", "what it is")
    return _table(heads, rows)


def _orders() -> str:
    rows = [(order.code, f"`{name}`", _arguments(order), order.text) for name, order in ORDERS.items()]
    return _table(("code", "order", "arguments", "meaning"), rows)


def _arguments(order: Order) -> str:
    several = [f"up to {AT_ONCE} {_argument(order.several)}"] if order.several else []
    return ", ".join([_argument(each) for each in order.arguments] + several) or "none"


def _argument(argument: Argument) -> str:
    if argument.name == "quantity":
        return "quantity"
    return f"{argument.name} {argument.least}..{argument.most}"


def _table(heads: Iterable[object], rows: Iterable[Iterable[object]]) -> str:
    lines = [list(heads)]
    lines += [["---"] * len(lines[0]), *map(list, rows)]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def _numbered(names: Iterable[str]) -> str:
    return ", ".join(f"{number} {name}" for number, name in enumerate(names))


def _example(example: Example) -> str:
    lines = [f"    {line.content.hex(' '):<18} {line.text}" for line in explain(example.payload)]
    shown = json.dumps(document(message.decode(example.payload)))
    size = f"{len(example.payload)} bytes on port {example.fport}"
    title = f"**{example.title}**, {size}: `{example.payload.hex()}`"
    return "\n".join([title, "", *lines, "", "```json", shown, "```", ""])
