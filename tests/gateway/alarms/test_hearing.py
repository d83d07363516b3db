"""Silence over the store: whose is told, when, and whose is not."""

from random import Random

import pytest

from gateway.alarms import hearing
from tests.gateway.alarms.district import GATEWAY, MINUTE, District

QUARTER = 15 * MINUTE
OTHER_GATEWAY = "aa555a0000000102"


def run(district: District, quarters: int, silent: tuple[int, ...] = (), **heard: tuple[str, ...]) -> None:
    """A quarter of an hour each, one node after the other; looked at each minute."""
    for _ in range(quarters):
        for minute in range(15):
            if minute < len(district.nodes) and minute not in silent:
                district.level(500, at=minute, **heard)
            district.later(MINUTE)
            district.look()


def learnt(district: District) -> None:
    """Two days of undisturbed traffic, without looking on each minute."""
    for quarter in range(192):
        for at in range(len(district.nodes)):
            district.level(500, at=at)
            district.later(MINUTE)
        district.later(QUARTER - len(district.nodes) * MINUTE)
        if quarter % 96 == 0:
            district.look()
    assert district.all() == []


def test_a_silent_node_is_told_and_one_that_is_heard_again_is_not(district: District) -> None:
    learnt(district)
    run(district, 8, silent=(0,))
    (row,) = district.all()
    assert (row["kind"], row["dev_eui"], row["site_id"]) == ("silence", district.nodes[0], "pegel-1")
    silent_ms = row["raised_at"] - row["measured_at"]
    assert 45 * MINUTE < silent_ms < 70 * MINUTE
    run(district, 1)
    assert district.open() == []
    assert len(district.all()) == 1


def test_a_node_that_is_archived_is_not_missed(district: District) -> None:
    learnt(district)
    with district.store.transaction():
        district.store.connection.execute(
            "UPDATE device SET archived_at = 1 WHERE dev_eui = ?", (district.nodes[0],)
        )
    run(district, 8, silent=(0,))
    assert district.all() == []


def test_above_a_mark_two_missed_reports_are_enough(district: District) -> None:
    learnt(district)
    district.mark(1000)
    district.level(1100)
    heard_at = district.clock.now_ms()
    run(district, 4, silent=(0,))
    kinds = {row["kind"]: row for row in district.all()}
    assert set(kinds) == {"mark", "silence"}
    assert 30 * MINUTE < kinds["silence"]["raised_at"] - heard_at < 34 * MINUTE


def test_a_rising_water_that_goes_silent_is_told_at_once(district: District) -> None:
    learnt(district)
    for level in (500, 530, 560):
        district.level(level)
        heard_at = district.clock.now_ms()
        run(district, 1, silent=(0,))
    run(district, 3, silent=(0,))
    (row,) = district.all()
    assert row["raised_at"] - heard_at < 34 * MINUTE


def test_one_dead_gateway_does_not_alarm_its_nodes(district: District) -> None:
    learnt(district)
    run(district, 12, silent=(0, 1, 2))
    assert [(row["kind"], row["gateway_id"]) for row in district.all()] == [("gateway_silence", GATEWAY)]
    run(district, 4)
    assert district.open() == []
    assert len(district.all()) == 1, "nor when it comes back"


def test_a_node_that_stays_away_after_the_gateway_is_back_is_told(district: District) -> None:
    learnt(district)
    run(district, 12, silent=(0, 1, 2))
    run(district, 8, silent=(0,))
    assert district.open() == [("silence", "pegel-1")]


def test_another_gateway_that_used_to_hear_the_node_is_evidence(district: District) -> None:
    learnt(district)
    both = (GATEWAY, OTHER_GATEWAY)
    run(district, 4, gateways=both)
    run(district, 8, silent=(0,), gateways=(OTHER_GATEWAY,))
    assert ("silence", "pegel-1") in district.open()


def test_a_gateway_with_a_single_node_cannot_excuse_it(district: District) -> None:
    for _ in range(96):
        district.level(500)
        district.later(QUARTER)
    for _ in range(120):
        district.later(MINUTE)
        district.look()
    assert ("silence", "pegel-1") in district.open()


def test_after_our_own_outage_everybody_gets_his_time(district: District) -> None:
    learnt(district)
    district.later(6 * 60 * MINUTE)
    district.listening_since = district.clock.now_ms()
    run(district, 2, silent=(0,))
    assert district.all() == []
    run(district, 6, silent=(0,))
    assert district.open() == [("silence", "pegel-1")]


def test_values_are_stale_after_two_missed_reports(district: District) -> None:
    learnt(district)
    district.level(500)
    stale_at = hearing.stale_at(district.store.connection)[district.nodes[0]]
    assert stale_at - district.clock.now_ms() == pytest.approx(31.5 * MINUTE, abs=MINUTE)


def test_one_of_twenty_lost_tells_nobody(district: District) -> None:
    rng = Random(7)
    for _ in range(4 * 24 * 10):
        for at in range(3):
            if rng.random() < 0.05:
                district.lose(at)
            else:
                district.level(500, at=at)
            district.later(5 * MINUTE)
        district.look()
    assert district.all() == []
