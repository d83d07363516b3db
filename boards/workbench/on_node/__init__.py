"""Programs that the workbench runs on a node: sent as text to its REPL, never on its flash.

Each finds what it is told in GIVEN and prints lines of JSON.
"""

import json
from pathlib import Path
from typing import Any


def program(name: str, **given: Any) -> str:
    """The text of a program of this folder, told `given`."""
    text = (Path(__file__).parent / f"{name}.py").read_text(encoding="utf-8")
    return f"import json\nGIVEN = json.loads({json.dumps(given)!r})\n{text}"
