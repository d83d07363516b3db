"""Marks over both recorded creeks with a sensor's noise: raised at the first sample above, no flapping."""

import csv
from pathlib import Path
from random import Random

import pytest

from gateway.alarms.rules import Mark, Sample, State, judge

CREEKS = ("plumtree_run_2018_5min.csv", "dead_run_2018-06_5min.csv")
NOISE_MM = 10
HYSTERESIS_MM = 50


def levels_mm(path: Path) -> list[float]:
    with path.open(encoding="utf-8", newline="") as file:
        return [1000 * float(row["stage_m"]) for row in csv.DictReader(file) if row["stage_m"]]


@pytest.mark.parametrize("creek", CREEKS)
@pytest.mark.parametrize("mark_mm", [600, 750, 1000, 1500])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_flood_raises_each_mark_once(recordings: Path, creek: str, mark_mm: int, seed: int) -> None:
    rng = Random(seed)
    truth = levels_mm(recordings / "water" / creek)
    mark = Mark(1, "creek", "level", "value", "I", mark_mm, HYSTERESIS_MM, "1", "test", 0, None)
    state, raised = State(), 0
    fell_back = True  # the water itself has been clearly below since the last alarm
    for time, true_mm in enumerate(truth):
        seen_mm = true_mm + rng.randint(-NOISE_MM, NOISE_MM)
        before, state = state, judge(mark, state, Sample(time, seen_mm))
        if state.is_on and not before.is_on:
            assert seen_mm >= mark_mm and fell_back, "it flaps"
            raised, fell_back = raised + 1, False
        assert state.is_on or seen_mm < mark_mm, "a sample above the mark did not raise"
        fell_back = fell_back or true_mm < mark_mm - HYSTERESIS_MM + NOISE_MM
    assert (raised > 0) == (max(truth) >= mark_mm), "as the creek was"


def test_the_floods_are_in_the_recordings(recordings: Path) -> None:
    assert [max(levels_mm(recordings / "water" / creek)) > 1500 for creek in CREEKS] == [True, True]
