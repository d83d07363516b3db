"""The air against results from elsewhere: the ALOHA law, and LoRaSim's corrected figures with capture."""

import math

import pytest

from tests.simulator import lorasim

# nodes: sd of eight runs of LoRaSim without capture (reference/lorasim_der_table.csv)
ALOHA_SD = {4: {64: 0.00608, 200: 0.00280, 400: 0.00428}, 1: {64: 0.00331, 200: 0.00324, 400: 0.00442}}
PERIOD_S = 1000


@pytest.mark.parametrize("coding_rate", [4, 1], ids=["SN1", "SN3"])
@pytest.mark.parametrize("nodes", [64, 200, 400])
def test_without_capture_the_air_is_pure_aloha(coding_rate: int, nodes: int) -> None:
    on_air_s = lorasim.airtime_us(12, 125_000, coding_rate) / 1e6
    law = math.exp(-2 * nodes * on_air_s / PERIOD_S)
    runs = [lorasim.one_mode(lorasim.ALOHA, nodes, coding_rate, seed) for seed in range(3)]
    assert abs(sum(runs) / len(runs) - law) <= 3 * ALOHA_SD[coding_rate][nodes]


def test_time_on_air_is_that_of_the_experiments() -> None:
    assert lorasim.airtime_us(12, 125_000, 4) == 1_712_128
    assert lorasim.airtime_us(12, 125_000, 1) == 1_318_912


@pytest.mark.parametrize(
    ("nodes", "coding_rate", "expected"), [(200, 4, 0.649), (64, 1, 0.898)], ids=["SN1", "SN3"]
)
def test_capture_saves_as_many_frames_as_in_lorasim(nodes: int, coding_rate: int, expected: float) -> None:
    runs = [lorasim.one_mode(lorasim.LINK, nodes, coding_rate, seed) for seed in range(3)]
    assert abs(sum(runs) / len(runs) - expected) <= 0.02


def test_the_fastest_mode_that_reaches_serves_eleven_hundred_nodes() -> None:
    runs = [lorasim.fastest_mode(lorasim.LINK, 1100, seed, days=0.25) for seed in range(3)]
    assert abs(sum(runs) / len(runs) - 0.902) <= 0.02
