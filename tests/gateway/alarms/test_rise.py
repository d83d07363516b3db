"""The rise, against an exact computation with fractions; what a wrong value may not do."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.alarms.rise import per_hour

POINTS = st.lists(
    st.tuples(st.integers(0, 1_800_000), st.integers(-1000, 5000)),
    min_size=3,
    max_size=12,
    unique_by=lambda p: p[0],
)


@given(POINTS)
def test_it_is_the_median_of_all_slopes(points: list[tuple[int, int]]) -> None:
    slopes = sorted(
        Fraction((b[1] - a[1]) * 3_600_000, b[0] - a[0]) for a in points for b in points if b[0] > a[0]
    )
    middle = len(slopes) // 2
    exact = slopes[middle] if len(slopes) % 2 else (slopes[middle - 1] + slopes[middle]) / 2
    assert per_hour([(t, float(v)) for t, v in points]) == pytest.approx(float(exact))


@given(st.integers(0, 6), st.floats(-1e6, 1e6))
def test_one_wrong_value_of_seven_does_not_move_a_line(at: int, wrong: float) -> None:
    points = [(n * 300_000, 100 + 4.0 * n) for n in range(7)]
    points[at] = (points[at][0], wrong)
    assert per_hour(points) == pytest.approx(48, abs=1e-6)


def test_two_values_are_too_few() -> None:
    assert per_hour([(0, 1.0), (1, 5.0)]) is None
    assert per_hour([]) is None


def test_values_of_one_instant_have_no_slope() -> None:
    assert per_hour([(5, 1.0), (5, 2.0), (5, 3.0)]) is None
