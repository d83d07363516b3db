"""The recordings as reports a node would have sent: steps of the registry, the first half and the second."""

import csv
import math
import os
import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

DATA = Path(__file__).parents[2] / os.environ.get("MESSFUNK_DATA", "../shared/data")

# The recordings hold the stage; the sensor is thought to hang so high over the gauge zero, 30 mm of it blind.
MOUNT_MM = 2000
BLIND_MM = 30
# One frame of an SPS30 (PM1 6.97, PM2.5 9.09, PM4 10.48): the recorded SDS011 has no bins for PM1 and PM4.
PM1_OF_PM25 = 0.767
PM4_OF_PM25 = 1.153
# The DHT22 of the recording is stuck at this.
STUCK_HUMIDITY = 99.9

Values = dict[str, int | str]
Timed = tuple[datetime, Values]


def halves(rows: Sequence[Timed]) -> tuple[Sequence[Timed], Sequence[Timed]]:
    return rows[: len(rows) // 2], rows[len(rows) // 2 :]


def creek(file: str) -> list[Timed]:
    """Distance to the water every 5 minutes, with its temperature where it was measured."""
    rows = []
    for row in _rows(f"water/{file}"):
        if row["stage_m"]:
            distance = MOUNT_MM - _steps(row["stage_m"], 1000)
            values: Values = {"distance": distance if distance >= BLIND_MM else "too_near"}
            if row.get("water_temp_c"):
                values["temperature"] = _steps(row["water_temp_c"], 10)
            rows.append((datetime.fromisoformat(row["time_utc"]).replace(tzinfo=None), values))
    return rows


def street() -> tuple[list[Timed], list[Timed]]:
    """Noise of 10 minutes, starting every minute, in each half of the recording of 1 s values."""
    seconds = [
        (datetime.fromisoformat(row["datetime"]), float(row["LEQ dB -A"]))
        for row in _rows("noise/laeq_1s_first_half_day.csv")
    ]
    first, second = seconds[: len(seconds) // 2], seconds[len(seconds) // 2 :]
    return [list(_windows(half)) for half in (first, second)]  # type: ignore[return-value]


def days_of_street() -> list[Timed]:
    """LAeq of 10 minutes over eleven days, from the 1 min values."""
    minutes = [
        (datetime.fromisoformat(row["datetime"]), float(row["LEQ dB -A"]))
        for row in _rows("noise/laeq_1min.csv")
    ]
    return [
        (
            minutes[at + 9][0],
            {"laeq": round(10 * _energy_mean([level for _, level in minutes[at : at + 10]]))},
        )
        for at in range(len(minutes) - 9)
    ]


def dust(humidity: str = "climate") -> list[Timed]:
    """PM2.5 and PM10 with the temperature of the sensor beside it, and a seeded humidity."""
    climate = {
        row["timestamp"][:16]: _steps(row["temperature"], 10)
        for row in _rows("dust/dht22_2018-11_2018-12.csv")
        if row["temperature"]
    }
    chance = random.Random(20261122)
    slow = 0.0
    rows = []
    for row in _rows("dust/sds011_2018-11_2018-12.csv"):
        temperature = climate.get(row["timestamp"][:16])
        if temperature is None or not row["P1"] or not row["P2"]:
            continue
        time = datetime.fromisoformat(row["timestamp"])
        pm25 = _steps(row["P2"], 10)
        slow = 0.995 * slow + chance.gauss(0, 1)  # standard deviation 10
        values: Values = {
            "pm25": pm25,
            "pm10": _steps(row["P1"], 10),
            "pm1": round(pm25 * PM1_OF_PM25 * chance.uniform(0.95, 1.05)),
            "pm4": round(pm25 * PM4_OF_PM25 * chance.uniform(0.95, 1.05)),
            "temperature": temperature,
            "humidity": chance.randint(30, 100) if humidity == "uniform" else _humidity(time, slow),
        }
        rows.append((time, values))
    return rows


def seeded_battery() -> Iterator[int]:
    """A cell anywhere between 3.30 and 4.15 V."""
    chance = random.Random(20261122)
    while True:
        yield chance.randint(330, 415)


def _humidity(time: datetime, slow: float) -> int:
    """A daily course around 75 % with weather on it, most humid at four in the morning."""
    course = 75 + 18 * math.cos(2 * math.pi * (time.hour + time.minute / 60 - 4) / 24) + slow
    return max(30, min(100, round(course)))


def _windows(seconds: Sequence[tuple[datetime, float]]) -> Iterable[Timed]:
    for at in range(0, len(seconds) - 599, 60):
        levels = sorted(level for _, level in seconds[at : at + 600])
        yield (
            seconds[at + 599][0],
            {
                "laeq": round(10 * _energy_mean(levels)),
                "lafmax": round(10 * levels[-1]),
                "l10": round(10 * levels[540]),
                "l90": round(10 * levels[60]),
            },
        )


def _energy_mean(levels: Sequence[float]) -> float:
    return 10 * math.log10(sum(10 ** (level / 10) for level in levels) / len(levels))


def _steps(text: str, per_unit: int) -> int:
    return round(float(text) * per_unit)


def _rows(file: str) -> list[dict[str, str]]:
    with (DATA / file).open(encoding="utf-8") as lines:
        names = [name.strip() for name in next(lines).split(",")]
        return list(csv.DictReader(lines, names))
