"""Water: creeks that flood, and any recorded stage."""

import bisect
import csv
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

HOUR_US = 3_600_000_000
_CASCADE = 3  # linear reservoirs of the Nash cascade


class WorldError(Exception):
    """A recording that cannot be used; the text names file, line and what is expected."""


class Water(Protocol):
    def stage_mm(self, at_us: int) -> int:
        """Water level over the gauge zero."""


@dataclass(frozen=True)
class GeneratedCreek:
    """A base flow with flash floods: rain through a Nash cascade, peaks `peak_mm` over the base."""

    base_mm: int
    peak_mm: int
    rains_us: tuple[int, ...]  # when it starts to rain
    reservoir_h: float = 0.6  # K of one reservoir; a flood rises in 2 K and halves in about 2 K more
    tide_mm: int = 0  # height of a spring tide over its low water

    def stage_mm(self, at_us: int) -> int:
        flood = sum(self._unit(at_us - rain_us) for rain_us in self.rains_us)
        breath = 6 * math.sin(
            2 * math.pi * at_us / (9.7 * HOUR_US)
        )  # springs and evaporation: some millimetres
        sea_mm = self.tide_mm * tide(at_us) if self.tide_mm else 0.0
        return round(self.base_mm + breath + self.peak_mm * flood + sea_mm)

    def _unit(self, since_us: int) -> float:
        """The cascade's answer to one rain, 1.0 at its peak (n - 1) K after the start."""
        if since_us <= 0:
            return 0.0
        x = since_us / HOUR_US / self.reservoir_h
        peak_x = _CASCADE - 1
        return float((x / peak_x) ** peak_x * math.exp(peak_x - x))


# Constituents: period in hours, share of the amplitude, phase in hours; the North Sea's proportions.
_TIDE = (
    (12.4206, 0.62, 0.0),
    (12.0, 0.17, 2.1),
    (12.6583, 0.11, 5.0),
    (23.9345, 0.05, 8.0),
    (25.8193, 0.05, 3.0),
)


def tide(at_us: int) -> float:
    """From 0 at the lowest possible water to 1 at the highest: M2, S2, N2, K1 and O1."""
    hours = at_us / HOUR_US
    waves = sum(share * math.cos(2 * math.pi * (hours - late) / period) for period, share, late in _TIDE)
    return (1 + waves) / 2


@dataclass(frozen=True)
class RecordedCreek:
    """A recording with time and stage: each row holds until the next."""

    times_us: tuple[int, ...]
    stages_mm: tuple[int, ...]

    def stage_mm(self, at_us: int) -> int:
        row = bisect.bisect_right(self.times_us, at_us) - 1
        if row < 0:
            raise WorldError(
                f"the recording begins at {_iso(self.times_us[0])}: start the run no earlier (--start)"
            )
        return self.stages_mm[row]


def read_creek(path: Path) -> RecordedCreek:
    """A CSV with a column of times (time_utc or time, ISO 8601) and one of stages (stage_m or stage_mm)."""
    times_us: list[int] = []
    stages_mm: list[int] = []
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = csv.DictReader(file)
            time_name = _column(path, rows.fieldnames, ("time_utc", "time"))
            stage_name = _column(path, rows.fieldnames, ("stage_m", "stage_mm"))
            scale = 1000 if stage_name == "stage_m" else 1
            for row in rows:
                if not row[stage_name]:
                    continue  # a gap: the row before holds
                try:
                    at_us, stage_mm = _time_us(row[time_name]), round(float(row[stage_name]) * scale)
                except ValueError as error:
                    raise WorldError(f"{path}:{rows.line_num}: {error}") from None
                if times_us and at_us <= times_us[-1]:
                    raise WorldError(f"{path}:{rows.line_num}: time does not rise: {row[time_name]}")
                times_us.append(at_us)
                stages_mm.append(stage_mm)
    except (OSError, UnicodeDecodeError) as error:
        raise WorldError(f"{path}: {error}") from None
    if not times_us:
        raise WorldError(f"{path}: no row has a stage")
    return RecordedCreek(tuple(times_us), tuple(stages_mm))


def _column(path: Path, names: object, wanted: tuple[str, ...]) -> str:
    present = list(names) if isinstance(names, list) else []
    for name in wanted:
        if name in present:
            return name
    raise WorldError(f"{path}:1: needs a column {' or '.join(wanted)}, has {', '.join(present) or 'none'}")


def _time_us(text: str) -> int:
    at = datetime.fromisoformat(text)
    return round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1e6)


def _iso(at_us: int) -> str:
    return datetime.fromtimestamp(at_us / 1e6, UTC).isoformat()
