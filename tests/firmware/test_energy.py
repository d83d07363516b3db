"""The energy tables: every row says where it is from, and a level node lasts as long as it is sold for."""

import pytest

from tests.bench import energy


@pytest.mark.parametrize("rows", [energy.LEVEL, energy.RAIN, energy.DUST, energy.NOISE])
def test_every_row_has_a_source_a_cure_and_its_figures_in_order(rows: tuple[energy.Row, ...]) -> None:
    for row in rows:
        assert row.source and row.shrinks
        assert list(row.current_ma) == sorted(row.current_ma) and list(row.seconds) == sorted(row.seconds)


def test_a_level_node_likely_lasts_five_years() -> None:
    assert energy.years(1) >= 5
