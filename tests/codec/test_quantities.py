"""The registry is whole, consistent, and every quantity has its words and units."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codec import message, report
from codec.message import ROWS
from codec.quantities import QUANTITIES, in_range, to_steps, to_unit
from codec.registry import FAULTS, TABLE
from codec.wire import WireError

# Issue 2 names these for registry, API, command line and exports.
UNITS = {
    "mm": ("level", "distance", "rain", "rain_total"),
    "Cel": ("temperature",),
    "%": ("humidity",),
    "V": ("battery",),
    "dB": ("laeq", "lafmax", "l10", "l90"),
    "ug/m3": ("pm1", "pm25", "pm4", "pm10"),
    "hPa": ("pressure",),
}


def test_both_column_groups_hold_the_same_quantities() -> None:
    names = [row.name for row in ROWS]
    assert len(names) == len(set(names))
    assert QUANTITIES.keys() - set(names) == {"level"}
    assert set(names) <= QUANTITIES.keys()
    for quantity in QUANTITIES.values():
        assert quantity.de
        assert quantity.en
        assert quantity.ucum
        assert quantity.unece
        assert quantity.since >= 1


def test_the_units_are_those_of_the_interface() -> None:
    for unit, names in UNITS.items():
        assert [QUANTITIES[name].unit for name in names] == [unit] * len(names)


def test_bits_run_without_a_gap_and_the_members_of_a_group_stand_together() -> None:
    assert len(TABLE) == 6 * len(ROWS)
    bits = [row.bit for row in ROWS]
    assert bits == sorted(bits)
    assert set(bits) == set(range(len(set(bits))))


def test_a_reference_is_absolute_and_stands_before_what_is_relative_to_it() -> None:
    for number, row in enumerate(ROWS):
        assert row.least < row.most, row.name
        if row.reference is not None:
            assert row.reference < number
            assert ROWS[row.reference].reference is None


def test_fault_names_are_distinct_and_none_looks_like_a_newer_one() -> None:
    faults = FAULTS.split()
    assert " ".join(["", *faults, ""]) == FAULTS
    assert len(set(faults)) == len(faults)
    assert not any(name.startswith("fault") for name in faults)


def test_splitting_knows_every_group() -> None:
    everything: dict[str, int | str] = {row.name: row.most for row in ROWS}
    parts = [message.decode(part) for part in report.split(everything, 11)]
    assert {name for part in parts for name in part.values} == everything.keys()


@given(st.sampled_from(sorted(QUANTITIES)), st.integers(-(1 << 32), 1 << 32))
def test_steps_survive_their_unit(name: str, steps: int) -> None:
    value = to_unit(name, steps)
    assert to_steps(name, value) == steps
    if QUANTITIES[name].decimals:
        assert len(repr(value).partition(".")[2]) <= QUANTITIES[name].decimals
    else:
        assert isinstance(value, int)


@pytest.mark.parametrize(
    ("name", "value", "steps"),
    [
        ("temperature", 2.3, 23),  # the values that int(x * 10) or int(x * 100) gets wrong
        ("temperature", 4.1, 41),
        ("battery", 4.02, 402),
        ("battery", 4.06, 406),
        ("temperature", 12.25, 123),
        ("temperature", -0.05, -1),
        ("temperature", -0.04, 0),
        ("distance", 1234.4999, 1234),
        ("distance", 1234.5, 1235),
        ("distance", 1e3, 1000),
    ],
)
def test_a_value_between_two_steps_goes_to_the_nearer(name: str, value: float, steps: int) -> None:
    assert to_steps(name, value) == steps


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), True, None, "12", 1e300])
def test_what_is_no_number_is_refused(value: object) -> None:
    with pytest.raises(WireError, match="temperature"):
        to_steps("temperature", value)  # type: ignore[arg-type]


def test_an_unknown_quantity_is_named_and_the_known_ones_listed() -> None:
    with pytest.raises(WireError, match=r"no such quantity: ph\. There are age_s, battery"):
        to_unit("ph", 7)


def test_range_is_that_of_the_registry() -> None:
    assert in_range("temperature", -400)
    assert not in_range("temperature", -401)
    assert in_range("level", -90000)
