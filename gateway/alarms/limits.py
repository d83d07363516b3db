"""What values are compared with: rows with source and validity, never changed, only ended and followed.

`valid_from` and `valid_to` are ISO dates, both inclusive, or a year alone where the source names no day.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TypeVar


@dataclass(frozen=True, slots=True)
class _Versioned:
    key: str
    source: str
    valid_from: str
    valid_to: str | None


@dataclass(frozen=True, slots=True)
class IndexClasses(_Versioned):
    """`upto` ends all classes but the worst, which has no end; hourly means in whole ug/m3."""

    quantity: str
    upto: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class DayLimit(_Versioned):
    """A day's mean in whole ug/m3, which so many days of a year may exceed."""

    quantity: str
    upto: int
    allowed_days: int


@dataclass(frozen=True, slots=True)
class NoiseLimit(_Versioned):
    """Rating levels in dB(A): 6 to 22 h, and the loudest full hour from 22 to 6 h."""

    day_db: int
    night_db: int


Row = TypeVar("Row", bound=_Versioned)

_UBA = "Umweltbundesamt, Luftqualitätsindex, revised 2025 (doi 10.60810/openumwelt-7990)"
_EU = "Directive (EU) 2024/2881, annex I, table 1"
_NOW = "Directive 2008/50/EC, annex XI; 39. BImSchV, section 4"
_WHO = "WHO global air quality guidelines 2021 (99th percentile: 3 to 4 days a year)"
_TA_LAERM = "TA Lärm 1998, as amended 2017-06-01, number 6.1"

INDEX = (
    IndexClasses("uba_lqi", _UBA, "2025", None, "pm25", (5, 15, 30, 50)),
    IndexClasses("uba_lqi", _UBA, "2025", None, "pm10", (9, 27, 54, 90)),
)
DAYS = (
    DayLimit("39_bimschv", _NOW, "2010-08-06", "2029-12-31", "pm10", 50, 35),
    DayLimit("eu_2030", _EU, "2030-01-01", None, "pm25", 25, 18),
    DayLimit("eu_2030", _EU, "2030-01-01", None, "pm10", 45, 18),
    DayLimit("who_2021", _WHO, "2021-09-22", None, "pm25", 15, 3),
    DayLimit("who_2021", _WHO, "2021-09-22", None, "pm10", 45, 3),
)
NOISE = (
    NoiseLimit("industrial", _TA_LAERM, "2017-06-09", None, 70, 70),
    NoiseLimit("commercial", _TA_LAERM, "2017-06-09", None, 65, 50),
    NoiseLimit("urban", _TA_LAERM, "2017-06-09", None, 63, 45),
    NoiseLimit("mixed", _TA_LAERM, "2017-06-09", None, 60, 45),
    NoiseLimit("general_residential", _TA_LAERM, "2017-06-09", None, 55, 40),
    NoiseLimit("residential", _TA_LAERM, "2017-06-09", None, 50, 35),
    NoiseLimit("spa_or_hospital", _TA_LAERM, "2017-06-09", None, 45, 35),
)


def not_ended(rows: Iterable[Row], day: date) -> list[Row]:
    """Those in force on that day, and those that will be."""
    on = day.isoformat()
    return [row for row in rows if row.valid_to is None or on <= row.valid_to]


def in_force(rows: Iterable[Row], day: date) -> list[Row]:
    """Those valid on that day. A year alone sorts before all its days."""
    on = day.isoformat()
    return [row for row in rows if row.valid_from <= on and (row.valid_to is None or on <= row.valid_to)]
