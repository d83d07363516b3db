"""Rhythm, loss and patience, by examples and by chance itself; a gateway's silence among its nodes."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.alarms.silence import Heard, Rhythm, gateway_silent_ms, patience, rhythm

MINUTE = 60_000
QUARTER = 15 * MINUTE
WEEK = 7 * 24 * 4


def heard(count: int, loss: float, seed: int = 1, interval_ms: int = QUARTER) -> list[Heard]:
    rng = Random(seed)
    jitter = [rng.randrange(20_000) for _ in range(count)]
    return [Heard(1, n, n * interval_ms + jitter[n]) for n in range(count) if rng.random() >= loss]


def test_interval_and_loss_are_those_of_the_device() -> None:
    found = rhythm(heard(WEEK, 0.05), 180)
    assert found.interval_ms == pytest.approx(QUARTER, rel=0.03)
    assert 0.03 < found.loss < 0.07
    assert rhythm(heard(WEEK, 0), 1).loss < 0.002


def test_patience_grows_with_the_loss_and_stays_within_its_bounds() -> None:
    asked = [patience(loss / 100, QUARTER, 1) for loss in range(100)]
    assert asked == sorted(asked)
    assert (asked[0], asked[1], asked[5], asked[20], asked[99]) == (2, 3, 4, 7, 8)
    assert patience(0.05, QUARTER, 180) == 6


@given(st.floats(0.001, 0.35), st.integers(1, 1000))
def test_one_interval_less_would_be_too_few(loss: float, devices: int) -> None:
    found = patience(loss, QUARTER, devices)
    begun = devices * 365 * 96 * (1 - loss)
    if found > 2:
        assert begun * loss ** (found - 1) >= 1
    if found < 8:
        assert begun * loss**found < 1


def test_chance_alarms_come_as_often_as_reckoned() -> None:
    """A thousand years of one device at 20 % loss, patience 5: 35040 x 0.8 x 0.2^5 = 9.0 a year."""
    rng = Random(4)
    runs = lost = 0
    for _ in range(3_504_000):
        lost = lost + 1 if rng.random() < 0.2 else 0
        runs += lost == 5
    assert runs / 100 == pytest.approx(8.97, rel=0.1)


def test_a_flood_of_faster_frames_does_not_shorten_the_rhythm() -> None:
    quick = [Heard(1, 1000 + n, WEEK * QUARTER + n * MINUTE) for n in range(1500)]
    assert rhythm(heard(WEEK, 0) + quick, 1).interval_ms == pytest.approx(QUARTER, rel=0.03)


def test_a_slower_rhythm_is_learnt_within_three_uplinks() -> None:
    slow = [Heard(1, WEEK + n, (WEEK + 4 * n) * QUARTER) for n in range(1, 5)]
    assert rhythm(heard(WEEK, 0) + slow, 1).interval_ms == 4 * QUARTER


def test_skipped_counters_are_no_loss() -> None:
    skipped = [Heard(1, n + 64 * (n // 100), n * QUARTER) for n in range(WEEK)]
    assert rhythm(skipped, 1).loss < 0.002


def test_a_new_session_is_no_step() -> None:
    joined = [Heard(n // 10, n % 10, n * QUARTER) for n in range(100)]
    found = rhythm(joined, 1)
    assert (found.interval_ms, found.loss) == (QUARTER, pytest.approx(1 / 92))


@pytest.mark.parametrize("few", [[], heard(1, 0), heard(4, 0, interval_ms=10_000)])
def test_of_few_uplinks_the_most_patience_is_had(few: list[Heard]) -> None:
    found = rhythm(few, 1)
    assert found.interval_ms == 60 * MINUTE
    assert found.patience >= 6


def test_stale_after_two_missed_silent_after_its_patience() -> None:
    found = Rhythm(QUARTER, 0.05, 4)
    assert 30 * MINUTE < found.stale_ms < 33 * MINUTE
    assert 60 * MINUTE < found.silent_ms < 63 * MINUTE


def test_a_busy_gateway_is_missed_within_minutes_a_lonely_one_later() -> None:
    week_ms = WEEK * QUARTER
    assert gateway_silent_ms(180 * WEEK, week_ms, 1) == 5 * MINUTE
    assert gateway_silent_ms(WEEK, week_ms, 1) == pytest.approx(10.46 * QUARTER, rel=0.01)
    assert gateway_silent_ms(3 * WEEK, week_ms, 2) < gateway_silent_ms(WEEK, week_ms, 2)


def test_180_nodes_with_5_percent_loss_for_30_days_give_at_most_one_false_notification() -> None:
    """Each learns its loss anew every day from its own last seven, as the store does it every hour."""
    nodes, days, day = 180, 37, 96
    rng, told = Random(8), 0
    for _ in range(nodes):
        lost = [rng.random() < 0.05 for _ in range(days * day)]
        for start in range(7 * day, days * day, day):
            week = [Heard(1, n, n * QUARTER) for n in range(start - 7 * day, start) if not lost[n]]
            patience_now = rhythm(week, nodes).patience
            run = 0
            for n in range(start - 8, start + day):
                run = run + 1 if lost[n] else 0
                told += run == patience_now and n >= start
    assert told <= 1
