"""What a place says of the moment: intervals, silence, trends, gaps, and values that cannot be."""

from typing import Any

import pytest

from gateway.web.present import Point, interval_ms, is_stale, pieces, present, slope
from gateway.web.quantities import charted, headline
from tests.gateway.web.ledger import MINUTE, NOW


def row(values: list[float | None], step: int = 10 * MINUTE) -> list[Point]:
    return [Point(NOW - (len(values) - 1 - place) * step, value) for place, value in enumerate(values)]


def device(**last: Any) -> dict[str, Any]:
    reading = {"quantity": "level", "value": 1234.0, "fault": None, "flag": 1, "time": NOW} | last
    return {"last_seen": NOW, "last": [reading]}


def test_one_gap_does_not_change_the_usual_interval() -> None:
    points = row([1, 2, 3, 4, 5])
    del points[2]
    assert interval_ms(points) == 10 * MINUTE
    assert interval_ms([]) == 15 * MINUTE


def test_a_node_is_silent_once_two_reports_are_missing() -> None:
    points = row([1, 2, 3, 4])
    assert not is_stale(NOW, points, NOW + 24 * MINUTE)
    assert is_stale(NOW, points, NOW + 26 * MINUTE)


def test_some_minutes_of_a_flood_do_not_make_the_usual_interval_a_gap() -> None:
    dry = [Point(at * 5 * MINUTE, 300.0) for at in range(60)]
    flood = [Point((60 * 5 + at) * MINUTE, 300.0 + 20 * at) for at in range(40)]
    assert interval_ms(dry + flood) == 5 * MINUTE
    assert len(pieces(dry + flood)) == 1


def test_the_trend_is_the_median_slope() -> None:
    assert slope("level", row([100, 120, 140, 160]), NOW) == pytest.approx(12)  # 20 mm in 10 min: 12 cm/h
    assert slope("level", row([100, 120, 9000, 160, 180]), NOW) == pytest.approx(12)
    rising = present(device(), row([100, 120, 140, 160]), NOW)
    assert (rising.standing, rising.direction) == ("live", "rising")
    assert present(device(), row([160, 140, 120]), NOW).direction == "falling"
    assert present(device(), row([100, 100.5, 101]), NOW).direction == "steady"


@pytest.mark.parametrize("values", [[100, 120], [None, None, None, 100.0]])
def test_no_trend_from_too_little(values: list[float | None]) -> None:
    assert slope("level", row(values), NOW) is None
    assert slope("level", row([100, 120, 140]), NOW + 120 * MINUTE) is None


@pytest.mark.parametrize(
    ("last", "standing"),
    [
        ({}, "live"),
        ({"flag": 3}, "live"),
        ({"flag": 4, "value": 1e9}, "rejected"),
        ({"value": None, "fault": "no_echo"}, "faulty"),
        ({"time": NOW - 40 * MINUTE}, "silent"),
        ({"time": NOW + 4 * MINUTE}, "live"),
        ({"time": NOW + 6 * MINUTE}, "ahead"),
    ],
)
def test_what_cannot_be_known_has_no_value(last: dict[str, Any], standing: str) -> None:
    said = present(device(**last), row([100, 120, 140]), NOW)
    assert said.standing == standing
    assert (said.value is None) == (standing != "live")


def test_without_a_reading_it_was_heard_or_not() -> None:
    assert present({"last_seen": NOW, "last": []}, [], NOW).standing == "unreadable"
    assert present({"last_seen": None, "last": []}, [], NOW).standing == "unheard"


def test_the_line_breaks_at_faults_rejected_values_and_gaps() -> None:
    assert [len(line) for line in pieces(row([100, None, 300, 310]))] == [1, 2]
    rejected = row([100, 110, 120, 130, 140])
    rejected[2] = rejected[2]._replace(flag=4)
    assert [len(line) for line in pieces(rejected)] == [2, 2]
    gap = row([100, 110, 120, 130, 140, 150, 160])
    del gap[3:6]
    assert [len(line) for line in pieces(gap)] == [3, 1]


def test_a_place_is_known_for_its_water_first() -> None:
    assert headline(["battery", "temperature", "level"]) == "level"
    assert headline(["of_tomorrow"]) == "of_tomorrow" and headline([]) is None
    assert charted(["distance", "level", "status", "battery"]) == ["level", "battery"]
    assert charted(["distance", "battery"]) == ["distance", "battery"]
