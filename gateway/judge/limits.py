"""What each quantity may do: the thresholds of the tests in `qartod`, as a table with its sources."""

from dataclasses import dataclass

HOUR_S = 3600


@dataclass(frozen=True, slots=True)
class Limits:
    """None where a test says nothing of the quantity; `spike` and `rate` in its unit, `rate` per minute."""

    fail: tuple[float, float]
    suspect: tuple[float, float]
    spike: tuple[float, float] | None = None  # suspect, fail
    rate: float | None = None
    flat_s: int | None = None
    stuck_at: float | None = None  # standing still counts from there on only
    gap_s: int = 2 * HOUR_S  # neighbours further apart say nothing of each other
    source: str = ""


# Creeks rise a metre in ten minutes; a value that is back a sample later was an echo of something else.
_WATER = "blind zones and reach by the makers; small creeks crest in 1-3 h (gauge practice)"
_CLIMATE = "IOOS QARTOD manuals' form; extremes of Germany, DWD; BME280 and SHT3x ranges"
_NOISE = "DNMS: values beyond 20-130 dB are faults (issue 24); floor of MEMS microphones 29-33 dBA"
_DUST = "makers' ranges of SDS011, PMS5003, SPS30: 0-1000 ug/m3; standing still: SDS011 and PMS5003 issues"

_SOUND = Limits((20, 130), (30, 120), flat_s=2 * HOUR_S, source=_NOISE)
_PM = Limits((0, 1000), (0, 500), flat_s=12 * HOUR_S, stuck_at=1.0, source=_DUST)

LIMITS: dict[str, Limits] = {
    "distance": Limits((30, 20_000), (200, 15_000), (150, 500), 200, 48 * HOUR_S, source=_WATER),
    "level": Limits((-20_000, 20_000), (-5_000, 15_000), (150, 500), 200, 48 * HOUR_S, source=_WATER),
    "head": Limits((-500, 100_000), (-100, 50_000), (150, 500), 200, 48 * HOUR_S, source=_WATER),
    "temperature": Limits((-50, 70), (-35, 45), (5, 15), 3, 12 * HOUR_S, source=_CLIMATE),
    "humidity": Limits((0, 100), (5, 100), (30, 60), None, 24 * HOUR_S, stuck_at=99.0, source=_CLIMATE),
    "pressure": Limits((850, 1090), (900, 1065), (5, 20), 1, 24 * HOUR_S, source=_CLIMATE),
    "laeq": _SOUND,
    "lafmax": _SOUND,
    "l10": _SOUND,
    "l90": _SOUND,
    "pm1": _PM,
    "pm25": _PM,
    "pm4": _PM,
    "pm10": _PM,
}
