"""Creeks: the generated flood's shape, recordings and what is wrong with them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.world import HOUR_US, GeneratedCreek, WorldError, read_creek, tide


def test_a_flood_peaks_two_reservoirs_after_the_rain_and_recedes() -> None:
    creek = GeneratedCreek(base_mm=300, peak_mm=1200, rains_us=(0,), reservoir_h=0.6)
    stages = [creek.stage_mm(minute * 60_000_000) for minute in range(600)]
    assert abs(stages.index(max(stages)) - 72) <= 3  # (n - 1) K = 1.2 h
    assert abs(max(stages) - 1500) <= 8
    assert stages[0] < 310 and stages[-1] < 320


@given(st.integers(-(10**15), 10**15))
def test_a_creek_has_a_stage_at_any_time(at_us: int) -> None:
    assert 250 <= GeneratedCreek(300, 1200, (0, 5 * HOUR_US)).stage_mm(at_us) <= 3000


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "stage.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_each_row_of_a_recording_holds_until_the_next(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "time_utc,stage_m\n2018-08-30 00:00:00+00:00,0.5\n2018-08-30T00:05:00Z,\n"
        "2018-08-30 00:10:00,0.8125\n",
    )
    creek = read_creek(path)
    start_us = creek.times_us[0]
    assert start_us == 1_535_587_200_000_000
    minutes = {minute: creek.stage_mm(start_us + minute * 60_000_000) for minute in (0, 5, 9, 10, 500)}
    assert minutes == {0: 500, 5: 500, 9: 500, 10: 812, 500: 812}
    with pytest.raises(WorldError, match="begins at 2018-08-30"):
        creek.stage_mm(start_us - 1)


def test_millimetres_and_a_column_time_are_read_too(tmp_path: Path) -> None:
    assert read_creek(written(tmp_path, "time,stage_mm\n2018-08-30T00:00:00Z,1234\n")).stages_mm == (1234,)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", r"stage.csv:1: needs a column time_utc or time, has none"),
        ("time,level\n", r"stage.csv:1: needs a column stage_m or stage_mm, has time, level"),
        ("time,stage_m\nyesterday,1\n", r"stage.csv:2: .*yesterday"),
        ("time,stage_m\n2018-08-30,high\n", r"stage.csv:2: .*high"),
        ("time,stage_m\n2018-08-30,1\n2018-08-29,1\n", r"stage.csv:3: time does not rise"),
        ("time,stage_m\n", r"no row has a stage"),
    ],
)
def test_a_recording_that_cannot_be_used_is_refused_with_file_and_line(
    tmp_path: Path, text: str, says: str
) -> None:
    with pytest.raises(WorldError, match=says):
        read_creek(written(tmp_path, text))


def test_a_tide_comes_twice_a_day_and_springs_each_fortnight() -> None:
    hours = [tide(quarter * HOUR_US // 4) for quarter in range(4 * 24 * 30)]
    assert 0 <= min(hours) < 0.12 and 0.88 < max(hours) <= 1
    highs = [n for n in range(1, len(hours) - 1) if hours[n - 1] < hours[n] >= hours[n + 1]]
    assert 56 <= len(highs) <= 60  # every 12.42 hours in 30 days
    ranges = [
        max(hours[day * 100 : day * 100 + 100]) - min(hours[day * 100 : day * 100 + 100]) for day in range(28)
    ]
    assert max(ranges) > 1.35 * min(ranges)


def test_the_sea_lifts_a_creek_by_its_tide() -> None:
    dry, tidal = GeneratedCreek(300, 0, ()), GeneratedCreek(300, 0, (), tide_mm=3000)
    lifts = [tidal.stage_mm(hour * HOUR_US) - dry.stage_mm(hour * HOUR_US) for hour in range(24 * 15)]
    assert min(lifts) >= 0 and 2500 < max(lifts) <= 3000
