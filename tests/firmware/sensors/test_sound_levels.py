"""Tone bursts and decay against the figures of IEC 61672-1, percentiles against those of the levels."""

import math
import random
import statistics
from array import array
from itertools import pairwise

import pytest

from firmware.sensors import a_weighting
from firmware.sensors.sound_levels import Levels
from tests.firmware.sensors.test_a_weighting import digital_db, native
from tests.shared.sounds import STEPS_94_DB, sine

# Duration in ms: LAFmax less the level of the steady tone, in dB (IEC 61672-1, table 4).
BURSTS = {
    1000: 0.0,
    500: -0.1,
    200: -1.0,
    100: -2.6,
    50: -4.8,
    20: -8.3,
    10: -11.1,
    5: -14.1,
    2: -18.0,
    1: -21.0,
}


@pytest.mark.parametrize("rate_hz", a_weighting.RATES_HZ)
@pytest.mark.parametrize("burst_ms", sorted(BURSTS))
def test_tone_bursts_of_4_khz(burst_ms: int, rate_hz: int) -> None:
    steady_db = 90.0 + digital_db(rate_hz, 4000)
    quiet = [1e-3] * 130
    samples = sine(rate_hz, burst_ms + 20, 4000, 90, burst_ms=burst_ms)
    squares = array("f", bytes(4 * (burst_ms + 20)))
    native(rate_hz, checked=False).run(samples, squares)
    levels = Levels(94 - 20 * math.log10(STEPS_94_DB / math.sqrt(2)))
    for square in [*quiet, *squares, *quiet]:
        levels.add(square)
    lafmax = levels.result()["lafmax"]
    assert isinstance(lafmax, int)
    assert abs(lafmax / 10 - steady_db - BURSTS[burst_ms]) < 0.5


def test_fast_decays_at_34_7_db_a_second() -> None:
    levels = Levels(0.0)
    for _ in range(250):
        levels.add(1e9)
    heard = [levels.level_db(levels._fast)]
    for _ in range(4):
        for _ in range(250):
            levels.add(0.0)
        heard.append(levels.level_db(levels._fast))
    assert all(8.6 < before - after < 8.75 for before, after in pairwise(heard))


@pytest.mark.parametrize("periods", [2, 8, 80, 480])
def test_l10_and_l90_against_percentiles_of_the_levels_themselves(periods: int) -> None:
    """statistics' inclusive method is NumPy's default, linear between the neighbours."""
    for seed in range(20):
        rng = random.Random(seed)
        heard_db = [rng.gauss(55, 8) for _ in range(periods)]
        levels = Levels(0.0)
        for level_db in heard_db:
            levels.count(10 ** (level_db / 10), 10 ** (level_db / 10))
        deciles = statistics.quantiles(heard_db, n=10, method="inclusive")
        values = levels.result()
        assert abs(float(values["l90"]) / 10 - deciles[0]) < 0.2
        assert abs(float(values["l10"]) / 10 - deciles[8]) < 0.2
