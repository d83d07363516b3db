"""A recorded quantity over time: each row of a CSV holds until the next."""

import bisect
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

_TIMES = ("time_utc", "time", "timestamp", "datetime")


class WorldError(Exception):
    """A recording that cannot be used; the text names file, line and what is expected."""


@dataclass(frozen=True)
class Series:
    times_us: tuple[int, ...]
    values: tuple[float, ...]

    def at(self, at_us: int) -> float:
        row = bisect.bisect_right(self.times_us, at_us) - 1
        if row < 0:
            begins = datetime.fromtimestamp(self.times_us[0] / 1e6, UTC).isoformat()
            raise WorldError(f"the recording begins at {begins}: start the run no earlier (--start)")
        return self.values[row]


def read(path: Path, names: tuple[str, ...]) -> Series:
    """The column with one of these names; its times are ISO 8601, UTC unless they say otherwise."""
    times_us: list[int] = []
    values: list[float] = []
    for place, at_us, value in _rows(path, names):
        if times_us and at_us <= times_us[-1]:
            raise WorldError(f"{place}: time does not rise")
        times_us.append(at_us)
        values.append(value)
    if not times_us:
        raise WorldError(f"{path}: no row has a {names[0]}")
    return Series(tuple(times_us), tuple(values))


def has(path: Path, names: tuple[str, ...]) -> bool:
    """Whether the file has such a column."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return any(name in names for name in _header(next(csv.reader(file), [])))
    except (OSError, UnicodeDecodeError) as error:
        raise WorldError(f"{path}: {error}") from None


def _rows(path: Path, names: tuple[str, ...]) -> Iterator[tuple[str, int, float]]:
    """(file and line, instant, value); a row without a value is a gap: the one before holds."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = csv.reader(file)
            header = _header(next(rows, []))
            time_at, value_at = _column(path, header, _TIMES), _column(path, header, names)
            for row in rows:
                place = f"{path}:{rows.line_num}"
                if len(row) > value_at and row[value_at].strip():
                    try:
                        yield place, _time_us(row[time_at]), float(row[value_at])
                    except ValueError as error:
                        raise WorldError(f"{place}: {error}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise WorldError(f"{path}: {error}") from None


def _header(names: list[str]) -> list[str]:
    return [name.strip() for name in names]


def _column(path: Path, present: list[str], wanted: tuple[str, ...]) -> int:
    for name in wanted:
        if name in present:
            return present.index(name)
    raise WorldError(f"{path}:1: needs a column {' or '.join(wanted)}, has {', '.join(present) or 'none'}")


def _time_us(text: str) -> int:
    at = datetime.fromisoformat(text)
    return round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1e6)
