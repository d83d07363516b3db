"""Curves as SVG: round marks on the axes, days of 23 and 25 hours, thinning, text that stays in its place."""

import math
import random
from datetime import date
from xml.etree import ElementTree

import pytest

from gateway.web import scale
from gateway.web.curve import Limit, Picture, draw, spark, thinned
from gateway.web.present import Point
from gateway.words.times import DAY_MS, HOUR_MS, clock, day_start_ms
from tests.gateway.web.ledger import MINUTE, NOW

SVG = "{http://www.w3.org/2000/svg}"


def picture(points: list[Point], **changed: object) -> Picture:
    told = {"title": "Aue", "headline": "187 cm", "note": "Stand", "empty": "nichts", "quantity": "level"}
    span = (NOW - 2 * DAY_MS, NOW)
    return Picture(**(told | {"series": points, "span": span} | changed))  # type: ignore[arg-type]


def texts(drawing: str) -> list[str]:
    return [each.text or "" for each in ElementTree.fromstring(drawing).iter(f"{SVG}text")]


def wave(count: int) -> list[Point]:
    return [
        Point(NOW - (count - at) * 10 * MINUTE, 800 + 300 * math.sin(at / 9), None, 1) for at in range(count)
    ]


def test_a_picture_tells_title_value_marks_and_axes() -> None:
    drawing = draw(picture(wave(200), limits=[Limit("Meldestufe 1", 120.0)]))
    told = texts(drawing)
    assert {"Aue", "187 cm", "Stand", "Meldestufe 1", "cm", "100", "12:00", "21.11."} <= set(told)
    assert "nichts" not in told
    assert "nichts" in texts(draw(picture([])))


def test_names_stay_text_and_in_their_place() -> None:
    drawing = draw(picture(wave(9), title="<script>\u202e]]>&\x00 \ud800"))
    assert "<script>]]>& " in texts(drawing)


@pytest.mark.parametrize("value", [0.0, -5.0, 1e9, 1e-9, 1e300])
def test_any_value_can_be_drawn(value: float) -> None:
    assert "nan" not in draw(picture([Point(NOW - MINUTE, value), Point(NOW, value)]))
    assert "inf" not in spark("level", [Point(NOW - MINUTE, value), Point(NOW, value * 2)], 120, 36)


def test_suspect_values_are_marked_and_rejected_ones_left_out() -> None:
    points = wave(30)
    points[10] = points[10]._replace(flag=3)
    points[20] = points[20]._replace(flag=4, value=1e9)
    drawing = draw(picture(points))
    assert drawing.count("<circle") == 1 and "1000000" not in drawing


def test_thinning_keeps_extremes_faults_and_suspects() -> None:
    dice = random.Random(5)
    points = [Point(at * MINUTE, dice.gauss(0, 1), None, 1) for at in range(20_000)]
    points[777] = points[777]._replace(value=99.0)
    points[888] = points[888]._replace(flag=3)
    points[999] = Point(999 * MINUTE, None, "no_echo", 9)
    kept = thinned(points, 500)
    assert len(kept) <= 2 * 502 + 2
    assert {points[777], points[888], points[999]} <= set(kept)
    assert [point.time for point in kept] == sorted(point.time for point in kept)
    assert thinned(points[:900], 500) == points[:900]


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25)])
def test_full_hours_are_local_on_short_and_long_days(day: date, hours: int) -> None:
    start = day_start_ms(day)
    marks = scale.round_times(start, start + hours * HOUR_MS, 9)
    assert clock(int(marks[0].at)) == "00:00"
    assert all(int(clock(int(mark.at))[:2]) % 3 == 0 for mark in marks)
    assert len({mark.at for mark in marks}) == len(marks) == 8


@pytest.mark.parametrize("span", [HOUR_MS, DAY_MS, 9 * DAY_MS, 40 * DAY_MS, 365 * DAY_MS, 3600 * DAY_MS])
def test_never_too_many_marks(span: int) -> None:
    marks = scale.round_times(NOW - span, NOW, 8)
    assert 1 <= len(marks) <= 9
    assert all(NOW - span <= mark.at < NOW for mark in marks)


def test_round_values() -> None:
    assert scale.round_values(3, 97, 5) == [20, 40, 60, 80]
    assert scale.step(1, 4) == 0.5
