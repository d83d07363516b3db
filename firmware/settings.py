"""What commands changed: kept in flash over the config, and judged by the config's own table."""

import json

from firmware.config import NUMBERS, ConfigError, marks, number


def load(flash: "Store", config: "dict[str, Any]") -> "dict[str, Any]":
    """The config with what commands changed since; damaged or outdated settings do not count."""
    settled = dict(config)
    try:
        changed = json.loads(flash.get("settings") or b"{}")
        for name in changed:
            settled[name] = _judged(name, changed[name])
    except (ValueError, KeyError, TypeError):  # ConfigError is a ValueError
        return dict(config)
    return settled


def change(flash: "Store", name: str, value: "Any") -> None:
    """Remember one change; ConfigError, and nothing changes, when the value will not do."""
    try:
        changed = json.loads(flash.get("settings") or b"{}")
    except ValueError:
        changed = {}
    changed[name] = _judged(name, value)
    flash.put("settings", json.dumps(changed).encode())


def _judged(name: str, value: "Any") -> "Any":
    if name == "marks_mm":
        return marks(name, value)
    if name not in NUMBERS:
        raise ConfigError(f"{name} is not a setting")
    return number(name, value)


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from firmware.contracts import Store
