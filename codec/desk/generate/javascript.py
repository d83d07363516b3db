"""The decoder for network servers: its parts in one file, with the registry put in."""

import json
from pathlib import Path
from typing import Any

from codec.desk.orders import AT_ONCE, ORDERS, Argument
from codec.desk.words import BOARDS, FEATURES, FPORTS, RESET_CAUSES, RESULTS
from codec.message import ROWS, SCHEMA
from codec.quantities import QUANTITIES
from codec.registry import FAULTS

_PARTS = sorted(Path(__file__).with_name("decoder").glob("*.js"))
_PLACE = "var REGISTRY = {};"


def decoder() -> str:
    """The text of decoder.js."""
    template = "\n".join(part.read_text(encoding="utf-8") for part in _PARTS)
    before, _, after = template.partition(_PLACE)
    return f"{before}var REGISTRY = {_object(registry())};{after}"


def registry() -> dict[str, Any]:
    """All that the decoder has to know, as one object."""
    return {
        "schema": SCHEMA,
        "bias": 16,
        "interval_s": 300,
        "fresh_s": 10,
        "command_port": FPORTS["command"],
        "distance": [row.name for row in ROWS].index("distance"),
        "at_once": AT_ONCE,
        "quantities": [{**row._asdict(), "decimals": QUANTITIES[row.name].decimals} for row in ROWS],
        "faults": FAULTS.split(),
        "boards": list(BOARDS),
        "features": list(FEATURES),
        "reset_causes": list(RESET_CAUSES),
        "results": list(RESULTS),
        "orders": {
            name: {
                "code": order.code,
                "arguments": [_argument(each) for each in order.arguments],
                "several": order.several and _argument(order.several),
            }
            for name, order in ORDERS.items()
        },
    }


def _argument(argument: Argument) -> dict[str, Any]:
    return {"name": argument.name, "least": argument.least, "most": argument.most}


def _object(value: dict[str, Any]) -> str:
    """JSON with each quantity and each order on a line of its own."""
    lines = []
    for key, each in value.items():
        if key == "quantities":
            each_line = ",\n    ".join(json.dumps(row) for row in each)
            lines.append(f'"{key}": [\n    {each_line}\n  ]')
        elif key == "orders":
            each_line = ",\n    ".join(f'"{name}": {json.dumps(order)}' for name, order in each.items())
            lines.append(f'"{key}": {{\n    {each_line}\n  }}')
        else:
            lines.append(f'"{key}": {json.dumps(each)}')
    return "{\n  " + ",\n  ".join(lines) + "\n}"
