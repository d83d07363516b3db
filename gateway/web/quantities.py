"""How each quantity is shown to people: unit, scale, decimals, and what counts as a change."""

import math
from typing import NamedTuple

from gateway.words import number


class Shown(NamedTuple):
    """`scale` leads from the interface's unit to `unit`; `steady` is the change per hour that is none yet.

    `fine` are the decimals of a table, `has_rate` says that a change per hour means something.
    """

    unit: str
    scale: float = 1
    decimals: int = 0
    fine: int = 1
    steady: float = math.inf
    has_rate: bool = False
    kind: str = "other"


_LEVEL = Shown("cm", 0.1, 0, 1, 1, has_rate=True, kind="water")
_NOISE = Shown("dB", steady=4, kind="noise")
_DUST = Shown("µg/m³", steady=3, kind="dust")
_PERCENT = Shown("%", fine=0, steady=4)
_PLAIN = Shown("", fine=0)

# In the order in which one of them becomes the headline of a place.
_SHOWN = {
    "level": _LEVEL,
    "head": _LEVEL,
    "rain": Shown("mm", decimals=1, steady=1, kind="water"),
    "laeq": _NOISE,
    "pm25": _DUST,
    "pm10": _DUST,
    "temperature": Shown("°C", decimals=1, steady=0.5),
    "humidity": _PERCENT,
    "pressure": Shown("hPa", steady=1),
    "distance": _LEVEL._replace(kind="other"),
    "lafmax": _NOISE,
    "l10": _NOISE,
    "l90": _NOISE,
    "pm1": _DUST,
    "pm4": _DUST,
    "rain_total": Shown("mm", decimals=1, steady=1, kind="water"),
    "battery": Shown("V", decimals=2, fine=2, steady=0.05),
    "charge": _PERCENT,
    "status": _PLAIN,
    "reset_cause": _PLAIN,
}
THIN_SPACE = "\N{NARROW NO-BREAK SPACE}"


def shown(quantity: str) -> Shown:
    return _SHOWN.get(quantity, _PLAIN)


def scaled(quantity: str, value: float) -> float:
    return value * shown(quantity).scale


def text(language: str, quantity: str, value: float, fine: bool = False) -> str:
    """`187 cm`, in a table `187,3 cm`."""
    how = shown(quantity)
    figure = number(language, scaled(quantity, value), how.fine if fine else how.decimals)
    return f"{figure}{THIN_SPACE}{how.unit}".rstrip()


def headline(told: list[str]) -> str | None:
    """The quantity a place is known for."""
    return next((each for each in _SHOWN if each in told), told[0] if told else None)


def charted(told: list[str]) -> list[str]:
    """Those that a curve makes sense of; a distance only while no level follows from it."""
    without = {"distance"} if "level" in told else set()
    return [each for each in _SHOWN if each in told and each not in without and shown(each) is not _PLAIN]
