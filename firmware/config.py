"""A node's config.json against one table of names, defaults and ranges."""

# name: (default, least, most)
_NUMBERS = {
    "interval_s": (900, 30, 86400),
    "data_rate": (3, 0, 5),
    "battery_every": (12, 1, 255),
}
_EUI_DIGITS = 16
_KEY_DIGITS = 32


class ConfigError(ValueError):
    """The config names something the node cannot do; the text names the key and what is expected."""


def check(given: "dict[str, Any]") -> "dict[str, Any]":
    """The config with defaults filled in; ConfigError for an unknown key or a value that will not do."""
    known = set(_NUMBERS) | {"region", "sensors", "quantities"}
    for key in given:
        if key not in known:
            raise ConfigError(f"unknown key {key!r}: known are {', '.join(sorted(known))}")
    config = {name: _number(name, given) for name in _NUMBERS}  # type: dict[str, Any]
    config["region"] = given.get("region", "EU868")
    config["sensors"] = [_sensor(row) for row in given.get("sensors", [])]
    config["quantities"] = given.get("quantities")
    if not config["sensors"]:
        raise ConfigError('sensors is empty: name at least one, such as {"part": "a02yyuw", "port": 1}')
    return config


def check_secrets(given: "dict[str, Any]") -> "tuple[bytes, bytes, bytes]":
    """(DevEUI, JoinEUI, AppKey) of secrets.json; the error never shows a value."""
    return (
        _hex("dev_eui", given, _EUI_DIGITS),
        _hex("join_eui", given, _EUI_DIGITS),
        _hex("app_key", given, _KEY_DIGITS),
    )


def _number(name: str, given: "dict[str, Any]") -> int:
    default, least, most = _NUMBERS[name]
    value = given.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ConfigError(f"{name} must be a whole number from {least} to {most}, not {value!r}")
    return value


def _sensor(row: "dict[str, Any]") -> "dict[str, Any]":
    if (
        not isinstance(row, dict)
        or not isinstance(row.get("part"), str)
        or not isinstance(row.get("port"), int)
    ):
        raise ConfigError(f'a sensor needs "part" and "port", not {row!r}')
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
    from typing import Any
