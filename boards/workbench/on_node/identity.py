"""Says what the interpreter is, and whether it brings a LoRa driver along (not one on flash)."""

import json
import sys

_found = sys.implementation
_driver = None
try:
    import lora

    _file = getattr(lora, "__file__", "")
    _driver = None if _file.lstrip("/").startswith("lib/") else _file
except ImportError:
    pass
print(json.dumps([_found[0], list(_found[1])[:3], _found[2], getattr(_found, "_mpy", 0), _driver]))
