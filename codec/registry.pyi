"""Types of codec/registry.py, which itself has nothing in it but what a device needs."""

from typing import Any, Final

ABSOLUTE: Final = None
TABLE: tuple[Any, ...]
FAULTS: str
