"""What commands changed: kept in flash over the config, and judged by the config's own table."""

import json

from firmware.limits import NUMBERS, ConfigError, marks, number


def settled(flash: "Store", config: "dict[str, Any]") -> "dict[str, Any]":
    """The config with what commands changed since; damaged or outdated settings do not count."""
    changed_config = dict(config)
    try:
        changed = json.loads(flash.get("settings") or b"{}")
        for name in changed:
            changed_config[name] = _judged(name, changed[name])
    except (ValueError, KeyError, TypeError):  # ConfigError is a ValueError
        return dict(config)
    return changed_config


def change(flash: "Store", changes: "dict[str, Any]") -> None:
    """Remember all of them; ConfigError, and nothing changes, when one will not do."""
    try:
        changed = json.loads(flash.get("settings") or b"{}")
    except ValueError:
        changed = {}
    for name in changes:
        changed[name] = _judged(name, changes[name])
    flash.put("plan", b"")  # first: a cut in power in between only means to plan anew
    flash.put("settings", json.dumps(changed).encode())


def _judged(name: str, value: "Any") -> "Any":
    if name == "marks_mm":
        return marks(name, value)
    if name in NUMBERS:
        return number(name, value)
    for start, judge in (("sample_", "sample_s"), ("offset_", "offset")):
        if name.startswith(start):
            return number(judge, value)
    raise ConfigError(f"{name} is not a setting")


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from firmware.contracts import Store
