"""A node's config.json and secrets.json, key by key.

At build time `check` refuses what is wrong; on the node `read` goes on with what is right and says the rest.
"""

from firmware.limits import NUMBERS, ConfigError, marks, number
from firmware.sensors import rules

# Of codec.lorawan.regions, which is loaded by the wakes that send.
REGIONS = ("EU868", "EU433", "US915", "AU915", "AS923-1", "AS923-2", "AS923-3", "AS923-4", "IN865", "KR920")
_EUI_DIGITS = 16
_KEY_DIGITS = 32


def check(given: "dict[str, Any]") -> "dict[str, Any]":
    """The config with defaults filled in; ConfigError for an unknown key or a value that will not do."""
    config, complaints = read(given)
    if complaints:
        raise ConfigError("; ".join(complaints))
    return config


def read(given: "dict[str, Any]") -> "tuple[dict[str, Any], list[str]]":
    """The config, with the default wherever a value will not do, and what is wrong with it in words."""
    known = sorted(list(NUMBERS) + ["region", "sensors", "quantities", "marks_mm", "certification"])
    complaints = [f"unknown key {key!r}: known are {', '.join(known)}" for key in given if key not in known]
    config = {"quantities": given.get("quantities")}  # type: dict[str, Any]
    config["region"] = _kept("region", given.get("region", "EU868"), _region, "EU868", complaints)
    config["certification"] = _kept(
        "certification", given.get("certification", False), _flag, False, complaints
    )
    for name in sorted(NUMBERS):
        config[name] = _kept(name, given.get(name, NUMBERS[name][0]), number, NUMBERS[name][0], complaints)
    if "sample_s" not in given:
        config["sample_s"] = min(config["sample_s"], config["interval_s"])
    config["marks_mm"] = _kept("marks_mm", given.get("marks_mm", []), marks, [], complaints)
    rows = [row for row in given.get("sensors", []) if _kept("", row, _sensor, None, complaints)]
    config["sensors"], unfit = rules.judge(rows)
    complaints += unfit
    if not config["sensors"]:
        complaints.append('sensors is empty: name at least one, such as {"part": "a02yyuw", "port": 1}')
    return config, complaints


def check_secrets(given: "dict[str, Any]") -> "tuple[bytes, bytes, bytes]":
    """(DevEUI, JoinEUI, AppKey) of secrets.json; the error never shows a value."""
    return (
        _hex("dev_eui", given, _EUI_DIGITS),
        _hex("join_eui", given, _EUI_DIGITS),
        _hex("app_key", given, _KEY_DIGITS),
    )


def _kept(
    name: str, value: "Any", judge: "Callable[[str, Any], Any]", default: "Any", complaints: "list[str]"
) -> "Any":
    try:
        return judge(name, value)
    except ConfigError as error:
        complaints.append(str(error))
        return default


def _region(name: str, value: "Any") -> str:
    if value not in REGIONS:
        raise ConfigError(f"region must be one of {', '.join(REGIONS)}, not {value!r}")
    return value


def _flag(name: str, value: "Any") -> bool:
    if not isinstance(value, bool):
        raise ConfigError(f"{name} must be true or false, not {value!r}")
    return value


def _sensor(name: str, row: "Any") -> "dict[str, Any]":
    if (
        not isinstance(row, dict)
        or not isinstance(row.get("part"), str)
        or not isinstance(row.get("port"), int)
    ):
        raise ConfigError(f'a sensor needs "part" and "port", not {row!r}')
    if not isinstance(row.get("sample_s", 60), int) or not 10 <= row.get("sample_s", 60) <= 86400:
        raise ConfigError(f"sample_s of {row['part']} must be a whole number from 10 to 86400")
    return row


def _hex(name: str, given: "dict[str, Any]", digits: int) -> bytes:
    text = given.get(name)
    if not isinstance(text, str) or len(text) != digits:
        raise ConfigError(f"{name} must be {digits} hex digits")
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise ConfigError(f"{name} must be {digits} hex digits") from None


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any
