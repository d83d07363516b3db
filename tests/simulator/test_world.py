"""Creeks: the generated flood's shape, recordings and what is wrong with them."""

import math
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.plugin import Simulate
from simulator.series import Series, WorldError, read
from simulator.world import HOUR_US, GeneratedCreek, River, read_creek, tide


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
    start_us = creek.series.times_us[0]
    assert start_us == 1_535_587_200_000_000
    minutes = {minute: creek.stage_mm(start_us + minute * 60_000_000) for minute in (0, 5, 9, 10, 500)}
    assert minutes == {0: 500, 5: 500, 9: 500, 10: 812, 500: 812}
    with pytest.raises(WorldError, match="begins at 2018-08-30"):
        creek.stage_mm(start_us - 1)


def test_millimetres_and_a_column_time_are_read_too(tmp_path: Path) -> None:
    creek = read_creek(written(tmp_path, "time,stage_mm\n2018-08-30T00:00:00Z,1234\n"))
    assert creek.stage_mm(1_535_587_200_000_000) == 1234


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", r"stage.csv:1: needs a column time_utc or time or timestamp or datetime, has none"),
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


def test_a_river_rises_for_a_day_and_falls_for_longer() -> None:
    """The Isar at Munich in 2025 rose to 2.7 m by at most 0.37 m in an hour (facts, 4.1)."""
    river = River(900, 1800, (0,), rise_h=30.0)
    stages = [river.stage_mm(quarter * HOUR_US // 4) for quarter in range(4 * 24 * 8)]
    crest = stages.index(max(stages))
    assert max(stages) == 2700 and abs(crest / 4 - 30) < 1
    assert max(b - a for a, b in pairwise(stages[::4])) <= 370
    half = next(at for at in range(crest, len(stages)) if stages[at] < 1800)
    assert 1.2 * crest < half - crest < 3 * crest
    two = River(900, 1800, (0, 20 * HOUR_US), rise_h=30.0)
    assert max(two.stage_mm(hour * HOUR_US) for hour in range(200)) > 3200


def test_the_tide_has_its_constituents_at_their_periods() -> None:
    """Fitted by least squares at each period alone over a year: the amplitudes come back."""
    hours = range(24 * 355)
    levels = [tide(hour * HOUR_US) - 0.5 for hour in hours]
    for period_h, share in ((12.4206, 0.62), (12.0, 0.17), (12.6583, 0.11), (23.9345, 0.05), (25.8193, 0.05)):
        turn = 2 * math.pi / period_h
        real = sum(level * math.cos(turn * hour) for hour, level in zip(hours, levels, strict=True))
        imaginary = sum(level * math.sin(turn * hour) for hour, level in zip(hours, levels, strict=True))
        assert 4 * math.hypot(real, imaginary) / len(levels) == pytest.approx(share, abs=0.006)


def test_the_sensor_community_s_own_columns_are_read(tmp_path: Path) -> None:
    path = written(tmp_path, "timestamp,sensor_id,P1,P2\n2018-11-01 00:00:55,5331,2.17,1.5\n")
    assert read(path, ("pm10", "P1")) == Series((1_541_030_455_000_000,), (2.17,))


RECORDED = """
start = 2026-03-01T12:00:00Z
loss = 0.0
[street]
csv = "dust.csv"
[climate]
csv = "climate.csv"
[noise]
csv = "noise.csv"
[river]
csv = "river.csv"
[[gateway]]
name = "G"
eui = "aa555a0000000101"
lat = 50.5
lon = 9.6
[[node]]
name = "n"
dev_eui = "0200006d66000001"
lat = 50.501
lon = 9.6
water = "river"
mount_mm = 4000
sensors = ["mb7389", "sds011", "bme280", "sen0232"]
"""


def test_every_quantity_of_the_world_comes_from_a_recording_where_one_is_named(
    tmp_path: Path, messfunk_sim: Simulate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    time = "2026-03-01T00:00:00Z"
    Path("dust.csv").write_text(f"time,pm25,pm10\n{time},7.5,19.3\n")
    Path("climate.csv").write_text(f"time,temperature,pressure\n{time},31.4,1003.2\n")
    Path("noise.csv").write_text(f"time,laeq\n{time},58.2\n")
    Path("river.csv").write_text(f"time,stage_mm\n{time},1111\n")
    outcome = messfunk_sim(RECORDED, "1h")
    for quantity, value in (
        ("level", 1111),
        ("pm25", 7.5),
        ("pm10", 19.3),
        ("temperature", 31.4),
        ("pressure", 1003.2),
        ("laeq", 58.2),
    ):
        found = {row[2] for row in outcome.readings(quantity)}
        assert len(found) == 1 and found.pop() == pytest.approx(value, abs=0.1), quantity
    sensed = [event for event in outcome.events if event["event"] == "sense"]
    assert {event["part"] for event in sensed} == {"sds011", "bme280", "sen0232"}
