"""The noise chain against the weighting's class limits and a street's recorded levels."""

import csv
import math
import statistics
from array import array
from pathlib import Path

import pytest

from firmware.sensors import a_weighting
from firmware.sensors.sound_levels import Levels
from tests.firmware.sensors.test_a_weighting import native
from tests.shared.sounds import sine, weighted_db

FIVE_PER_CENT = 419430


def thirds(recordings: Path) -> list[tuple[float, float, float, float]]:
    """Exact frequency, A, and the limits of class 2 by design, from 31.5 Hz to 8 kHz."""
    with (recordings / "noise/iec61672_weighting_limits.csv").open(encoding="utf-8") as file:
        rows = [
            tuple(float(row[name]) for name in ("f_exact", "A_dB", "cl2_lo_design", "cl2_up_design"))
            for row in csv.DictReader(file)
            if 31.5 <= float(row["f_nominal"]) <= 8000
        ]
    assert len(rows) == 25
    return rows  # type: ignore[return-value]  # four floats each


@pytest.mark.parametrize("rate_hz", a_weighting.RATES_HZ)
@pytest.mark.parametrize("form", ["native", "bytecode"])
def test_all_third_octaves_are_within_class_2(recordings: Path, rate_hz: int, form: str) -> None:
    """Sines of 94 dB on a direct component, through the filter as it runs; the worst is printed."""
    off = {}
    for hz, a_db, least_db, most_db in thirds(recordings):
        weighting = native(rate_hz, checked=False) if form == "native" else a_weighting.Weighting(rate_hz)
        duration_ms = 260 if hz < 200 else 140
        samples = sine(rate_hz, duration_ms, hz, 94, FIVE_PER_CENT)
        off[hz] = weighted_db(weighting, rate_hz, samples, 100) - 94 - a_db
        assert least_db < off[hz] < most_db, hz
    worst_hz = max(off, key=lambda hz: abs(off[hz]))
    worst = f"at most {off[worst_hz]:+.2f} dB, at {worst_hz:.0f} Hz"
    print(f"{rate_hz} Hz {form}: {worst}; 1 kHz {off[1000.0]:+.3f} dB")


def test_percentiles_and_mean_of_a_street(recordings: Path) -> None:
    """Half a day of LAeq of 1 s, taken as levels F."""
    with (recordings / "noise/laeq_1s_first_half_day.csv").open(encoding="utf-8") as file:
        heard_db = [float(row[1]) for row in list(csv.reader(file))[1:]]
    for at in range(0, len(heard_db) - 900, 900):
        quarter_db = heard_db[at : at + 900]
        levels = Levels(0.0)
        for level_db in array("f", quarter_db):  # single precision, as on a board
            square = 10 ** (level_db / 10)
            levels.count(square, square)
        values = {name: float(value) / 10 for name, value in levels.result().items()}
        deciles = statistics.quantiles(quarter_db, n=10, method="inclusive")  # NumPy's default
        mean = statistics.fmean(10 ** (level_db / 10) for level_db in quarter_db)
        assert abs(values["l10"] - deciles[8]) < 0.2
        assert abs(values["l90"] - deciles[0]) < 0.2
        assert abs(values["laeq"] - 10 * math.log10(mean)) < 0.06
        assert abs(values["lafmax"] - max(quarter_db)) < 0.06
