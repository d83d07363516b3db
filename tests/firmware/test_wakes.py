"""What each wake of a level node loads and holds in the real VM; `make size` prints the table."""

import pytest

from tests.micropython import wakes

KB = 1024


@pytest.fixture(scope="module")
def measured() -> tuple[int, list[wakes.Wake]]:
    return wakes.measure()


def test_the_first_wake_joins_and_every_third_look_reports(measured: tuple[int, list[wakes.Wake]]) -> None:
    kinds = [wake.kind for wake in measured[1]]
    assert kinds == ["sends"] * 3 + ["only samples"] * 2 + ["sends"] + ["only samples"] * 2


def test_a_wake_that_only_samples_loads_little(measured: tuple[int, list[wakes.Wake]]) -> None:
    samples = [wake for wake in measured[1] if wake.kind == "only samples"]
    assert max(wake.mpy_bytes for wake in samples) <= 20 * KB
    assert max(wake.peak_bytes for wake in samples) <= 37 * KB


def test_the_whole_does_not_grow_unseen(measured: tuple[int, list[wakes.Wake]]) -> None:
    whole, all_wakes = measured
    assert whole <= 69 * KB
    assert max(wake.peak_bytes for wake in all_wakes) <= 75 * KB
