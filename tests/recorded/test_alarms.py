"""Both recorded creeks through the node: what issue 5 asks of wakes, airtime and alarms."""

from pathlib import Path

from tests.bench.node import CREEKS, Creek, percentile, play


def test_alarms_leave_in_time_with_few_wakes_and_little_airtime(recordings: Path) -> None:
    late: list[float] = []
    for name in CREEKS:
        for seed in (1, 2):
            result = play(Creek(recordings / "water" / name), seed)
            assert result.wakes_a_day <= 320
            assert result.air_ratio <= 1.3
            late += result.late_s
    assert len(late) == 2 * 46
    assert percentile(sorted(late), 0.95) <= 150
