"""Battery and sun: the sun's height by known dates, charge in and out, a node that dies and comes back."""

import math
from datetime import UTC, datetime

import pytest

from simulator.power import Battery, cell_v, clear_sky_w_m2, primary_v, sun_height
from tests.simulator.test_scenario import GOOD

LAT = 50.5


def at(month: int, day: int, hour: float) -> int:
    return round((datetime(2026, month, day, tzinfo=UTC).timestamp() + hour * 3600) * 1e6)


@pytest.mark.parametrize(("month", "height_deg"), [(6, 90 - LAT + 23.44), (12, 90 - LAT - 23.44)])
def test_the_sun_stands_as_high_at_noon_as_it_should(month: int, height_deg: float) -> None:
    assert math.degrees(math.asin(sun_height(at(month, 21, 12), LAT))) == pytest.approx(height_deg, abs=0.6)


def test_nights_are_dark_and_clouds_take_their_share() -> None:
    assert clear_sky_w_m2(at(6, 21, 0), LAT) == 0
    assert 850 < clear_sky_w_m2(at(6, 21, 12), LAT) < 1000
    overcast = clear_sky_w_m2(at(6, 21, 12), LAT, 1.0) / clear_sky_w_m2(at(6, 21, 12), LAT)
    assert overcast == pytest.approx(0.25)


def test_the_curves_begin_and_end_where_cells_do() -> None:
    assert (cell_v(0.0), cell_v(1.0), primary_v(1.0)) == (3.0, 4.2, 3.6)
    assert all(cell_v(n / 100) <= cell_v((n + 1) / 100) for n in range(100))
    assert primary_v(0.01) < 3.0


def test_a_summer_day_fills_and_a_winter_night_empties() -> None:
    battery = Battery(1000, LAT, panel_ma=100, cloud=0.0, charge=0.2)
    battery.shine(at(6, 21, 0), at(6, 22, 0))
    assert 0.8 < battery.charge <= 1.0
    battery.spend(2000)
    assert battery.charge == 0.0
    battery.shine(at(12, 21, 18), at(12, 22, 6))
    assert battery.charge == 0.0


def test_an_empty_node_falls_silent_and_the_sun_brings_it_back(messfunk_sim) -> None:  # type: ignore[no-untyped-def]
    energy = "\n[energy]\nbattery_mah = 10.0\npanel_ma = 20.0\ncharge = 0.02\ncloud = 0.5\n"
    outcome = messfunk_sim("start = 2026-06-01T22:00:00Z\n" + GOOD + energy, "36h")
    faults = [(row["what"], row["t"]) for row in outcome.report["faults"]]
    assert [what for what, _ in faults[:2]] == ["battery_empty", "battery_empty ends"]
    (_, died), (_, rose) = faults[:2]
    sent = [row["t"] for row in outcome.events if row["event"] == "up"]
    assert any(at_us < died for at_us in sent) and any(at_us > rose for at_us in sent)
    assert not any(died < at_us < rose for at_us in sent)
