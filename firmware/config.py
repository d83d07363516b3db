"""A node's config.json against one table of names, defaults and ranges.

At build time `check` refuses what is wrong; on the node `read` goes on with what is right and says the rest.
"""

# name: (default, least, most)
NUMBERS = {
    "interval_s": (900, 10, 604800),
    "sample_s": (300, 1, 86400),
    "rising_s": (60, 1, 86400),
    "rising_mm": (10, 1, 1000),
    "hysteresis_mm": (50, 0, 5000),
    "confirm": (1, 0, 2),
    "data_rate": (3, 0, 5),
    "battery_every": (12, 1, 255),
    "quiet_cv": (330, 0, 3000),
    "offset": (0, -100000, 100000),
}
_FARTHEST_MM = 40000
_MOST_MARKS = 7
_EUI_DIGITS = 16
_KEY_DIGITS = 32


class ConfigError(ValueError):
    """The config names something the node cannot do; the text names the key and what is expected."""


def check(given: "dict[str, Any]") -> "dict[str, Any]":
    """The config with defaults filled in; ConfigError for an unknown key or a value that will not do."""
    config, complaints = read(given)
    if complaints:
        raise ConfigError("; ".join(complaints))
    return config


def read(given: "dict[str, Any]") -> "tuple[dict[str, Any], list[str]]":
    """The config, with the default wherever a value will not do, and what is wrong with it in words."""
    known = sorted(list(NUMBERS) + ["region", "sensors", "quantities", "marks_mm"])
    complaints = [f"unknown key {key!r}: known are {', '.join(known)}" for key in given if key not in known]
    config = {"region": given.get("region", "EU868"), "quantities": given.get("quantities")}  # type: dict[str, Any]
    for name in sorted(NUMBERS):
        config[name] = _kept(name, given.get(name, NUMBERS[name][0]), number, NUMBERS[name][0], complaints)
    if "sample_s" not in given:
        config["sample_s"] = min(config["sample_s"], config["interval_s"])
    config["marks_mm"] = _kept("marks_mm", given.get("marks_mm", []), marks, [], complaints)
    config["sensors"] = [row for row in given.get("sensors", []) if _kept("", row, _sensor, None, complaints)]
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


def number(name: str, value: "Any") -> int:
    """The value of a row of NUMBERS, in its range."""
    _, least, most = NUMBERS[name]
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ConfigError(f"{name} must be a whole number from {least} to {most}, not {value!r}")
    return value


def marks(name: str, value: "Any") -> "list[int]":
    """Marks as distances from the sensor."""
    fine = isinstance(value, (list, tuple)) and len(value) <= _MOST_MARKS
    if not fine or not all(isinstance(mm, int) and 0 <= mm <= _FARTHEST_MM for mm in value):
        raise ConfigError(
            f"{name} must be up to {_MOST_MARKS} distances of 0 to {_FARTHEST_MM} mm, not {value!r}"
        )
    return list(value)


def _kept(
    name: str, value: "Any", judge: "Callable[[str, Any], Any]", default: "Any", complaints: "list[str]"
) -> "Any":
    try:
        return judge(name, value)
    except ConfigError as error:
        complaints.append(str(error))
        return default


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
