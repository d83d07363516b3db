"""What the numbers and marks of a node's config may be: one table, for its file and for commands alike."""

# name: (default, least, most)
NUMBERS = {
    "interval_s": (900, 10, 604800),
    "sample_s": (300, 1, 86400),
    "rising_s": (60, 1, 86400),
    "rising_mm": (10, 1, 1000),
    "hysteresis_mm": (50, 0, 5000),
    "confirm": (1, 0, 2),
    "data_rate": (3, 0, 5),
    "sub_band": (0, 0, 8),  # US915 and AU915: the group of 8 channels that the network listens to, 0 for all
    "battery_every": (12, 1, 255),
    "quiet_cv": (330, 0, 3000),
    "offset": (0, -100000, 100000),
}
_FARTHEST_MM = 40000
_MOST_MARKS = 7


class ConfigError(ValueError):
    """The config names something the node cannot do; the text names the key and what is expected."""


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


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any
