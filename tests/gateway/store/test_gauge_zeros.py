"""Gauge zeros with dates: what a level was over NHN, and what a gauge that is moved does to its levels."""

from typing import Any

import pytest

from codec import report
from gateway import stages
from gateway.access.roles import Principal, Role
from gateway.commands import Writer
from gateway.composition import COMMANDS
from gateway.model import ConflictError, GaugeZero, Uplink
from gateway.store import gauge_zeros, queries, sites
from tests.gateway.desk import START_MS, ManualClock
from tests.gateway.web.ledger import Ledger

DEV_EUI = "70b3d57ed0000001"
FOUNDER = Principal("founder", Role.ADMIN)
HOUR = 3_600_000


@pytest.fixture
def ledger(where: Any) -> Any:
    made = Ledger(where)
    with made.store.transaction():
        made.add(DEV_EUI, "Aue", since=START_MS)
        for hour in range(4):
            made.hear(DEV_EUI, START_MS + hour * HOUR, {"distance": 1000.0 + hour})
    yield made
    made.store.close()


@pytest.fixture
def run(ledger: Ledger) -> Any:
    writer = Writer(ledger.store, ManualClock(START_MS + 9 * HOUR), COMMANDS)

    def command(name: str, **said: Any) -> dict[str, Any]:
        return writer.run(FOUNDER, name, {"site_id": DEV_EUI, **said})

    command("site.install", dev_eui=DEV_EUI, from_ms=0, mount_mm=3000)
    return command


def levels(ledger: Ledger) -> list[float]:
    return [each["value"] for each in queries.readings(ledger.store.connection, DEV_EUI, "level")]


def test_each_holds_until_the_next_one(ledger: Ledger, run: Any) -> None:
    for from_ms, over_nhn_mm in ((0, 271_300), (START_MS + 2 * HOUR, 271_320), (START_MS + HOUR, 271_310)):
        run("site.gauge_zero", from_ms=from_ms, over_nhn_mm=over_nhn_mm)
    run("site.gauge_zero", from_ms=START_MS + HOUR, over_nhn_mm=271_311)
    zeros = gauge_zeros.of_site(ledger.store.connection, DEV_EUI)
    assert [gauge_zeros.valid_at(zeros, START_MS + hour * HOUR) for hour in range(4)] == [
        271_300,
        271_311,
        271_320,
        271_320,
    ]
    assert gauge_zeros.valid_at(zeros, -1) is None and gauge_zeros.valid_at([], START_MS) is None
    assert levels(ledger) == [2000, 1999, 1998, 1997], "only its number is another"
    run("site.remove")
    assert gauge_zeros.of_site(ledger.store.connection, DEV_EUI) == []


def test_a_gauge_that_is_moved_takes_its_levels_along(ledger: Ledger, run: Any) -> None:
    run("site.gauge_zero", from_ms=0, over_nhn_mm=271_300)
    for wrong_first in (270_000, 271_200):  # the second corrects the first
        told = run("site.gauge_zero", from_ms=START_MS + 2 * HOUR, over_nhn_mm=wrong_first, moved=True)
        assert told["lifted"] == [DEV_EUI]
    assert levels(ledger) == [2000, 1999, 2098, 2097], "0.1 m deeper: the water stands higher over it"
    zeros = gauge_zeros.of_site(ledger.store.connection, DEV_EUI)
    over_nhn = [
        level + (gauge_zeros.valid_at(zeros, START_MS + hour * HOUR) or 0)
        for hour, level in enumerate(levels(ledger))
    ]
    assert over_nhn == [273_300, 273_299, 273_298, 273_297], "the water itself has not jumped"


def test_a_late_value_has_the_height_of_its_time(ledger: Ledger, run: Any) -> None:
    run("site.gauge_zero", from_ms=0, over_nhn_mm=271_300)
    run("site.gauge_zero", from_ms=START_MS + 2 * HOUR, over_nhn_mm=271_200, moved=True)
    placed = sites.installations(ledger.store.connection, DEV_EUI)
    for late, level in (({}, 2100.0), ({"age_s": 7200}, 2000.0)):
        payload = report.encode({"distance": 1000, **late})
        uplink = Uplink("u", 1, DEV_EUI, "26000001", 9, 1, False, START_MS + 3 * HOUR, b"", payload)
        told = {each.quantity: each.value for each in stages.decode(uplink, placed).readings}
        assert told["level"] == level


def test_a_sensor_hung_anew_later_is_left_alone(ledger: Ledger, run: Any) -> None:
    run("site.gauge_zero", from_ms=0, over_nhn_mm=271_300)
    run("site.install", dev_eui=DEV_EUI, from_ms=START_MS + 2 * HOUR, mount_mm=2500)
    assert run("site.gauge_zero", from_ms=START_MS + HOUR, over_nhn_mm=271_200, moved=True)["lifted"]
    assert levels(ledger) == [2000, 2099, 1498, 1497]
    run("site.install", dev_eui=DEV_EUI, from_ms=START_MS + 2 * HOUR, mount_mm=None)
    assert run("site.gauge_zero", from_ms=START_MS + 3 * HOUR, over_nhn_mm=9, moved=True)["lifted"] == []


def test_how_far_it_was_moved_must_be_known(ledger: Ledger, run: Any) -> None:
    with pytest.raises(ConflictError, match="set the former one first"):
        run("site.gauge_zero", from_ms=START_MS, over_nhn_mm=271_200, moved=True)
    assert gauge_zeros.of_site(ledger.store.connection, DEV_EUI) == []
    run("site.gauge_zero", over_nhn_mm=271_200)
    found = gauge_zeros.of_site(ledger.store.connection, DEV_EUI)
    assert found == [GaugeZero(START_MS + 9 * HOUR, 271_200)], "now unless given"
