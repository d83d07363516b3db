"""Marks, rise and the node's own alarms over the store: what is raised by which uplink, and when it ends."""

from itertools import pairwise

import cbor2
import pytest

from gateway.alarms import marks, records
from gateway.alarms.records import AlarmError
from gateway.model import Installation, NotFoundError
from gateway.store import sites
from tests.gateway.alarms.district import MINUTE, District, alarm, hello, report


def test_the_first_sample_above_raises_and_the_hysteresis_ends(district: District) -> None:
    mark = district.mark(1000)
    for level in (900, 1010, 1200, 960, 940):
        uplink = district.level(level)
        if level == 1010:
            cause = uplink
        district.later(15 * MINUTE)
    (row,) = district.all()
    assert (row["kind"], row["mark_id"], row["uplink_id"]) == ("mark", mark, cause.id)
    assert (row["value"], row["peak"], row["drill"]) == (1010, 1200, 0)
    assert row["raised_at"] == cause.received_at
    assert row["cleared_at"] == cause.received_at + 45 * MINUTE
    assert (row["site_name"], row["mark_name"]) == ("Pegel 1", "Meldestufe I")


def test_a_suspect_sample_waits_and_a_failed_one_is_nothing(district: District) -> None:
    district.mark(1000)
    district.level(1500, flag=3)
    district.later(MINUTE)
    district.level(1500, flag=4)
    assert district.open() == []
    district.later(MINUTE)
    district.level(1500, flag=3)
    assert district.open() == [("mark", "pegel-1")]


def test_a_nodes_alarm_is_believed_though_suspect(district: District) -> None:
    district.mark(1000, confirm="2of3")
    district.hear(alarm(1, 1900), flag=3)
    assert district.open() == [("mark", "pegel-1")]
    district.later(MINUTE)
    district.hear(alarm(0, 2100))
    assert district.open() == []


def test_a_mark_that_only_the_node_knows_raises_too(district: District) -> None:
    district.hear(alarm(2, 1500))
    assert district.open() == [("node", "pegel-1")]
    assert (district.all()[0]["quantity"], district.all()[0]["value"]) == ("level", 1500)
    district.later(MINUTE)
    district.hear(alarm(0, 2500))
    assert district.open() == []


def test_a_batch_that_comes_late_is_judged_in_its_order(district: District) -> None:
    """Twelve samples, five minutes apart: up and down again in one uplink."""
    district.mark(1000)
    levels = [900] * 4 + [1100] * 4 + [900] * 4
    steps = [3000 - level for level in levels]
    differences = [steps[0] - 1654, *(after - before for before, after in pairwise(steps))]
    district.later(24 * 60 * MINUTE)
    district.hear(cbor2.dumps([-17, 1, *differences]))
    (row,) = district.all()
    assert row["cleared_at"] == row["raised_at"] == district.clock.now_ms()
    assert row["measured_at"] == district.clock.now_ms() - 7 * 5 * MINUTE


def test_what_was_measured_before_the_newest_changes_nothing(district: District) -> None:
    district.mark(1000)
    district.level(900)
    district.later(MINUTE)
    district.hear(report(distance=1500, age_s=3600))
    assert district.all() == []


def test_a_rise_raises_though_the_level_is_low(district: District) -> None:
    district.mark(300, measure="rise", name="schnell", hysteresis=100)
    for level in (100, 110, 120, 300, 480, 660):
        district.level(level)
        district.later(5 * MINUTE)
    (row,) = district.all()
    assert (row["kind"], row["quantity"]) == ("rise", "level")
    assert row["value"] >= 300


def test_each_node_of_a_site_has_its_own_alarm(district: District) -> None:
    with district.store.transaction():
        sites.install(
            district.store.connection,
            Installation("pegel-1", district.nodes[1], district.clock.now_ms(), mount_mm=3000),
        )
    district.mark(1000)
    district.level(1100)
    district.level(1100, at=1)
    assert len(district.open()) == 2
    district.later(MINUTE)
    district.level(900)
    assert [each["dev_eui"] for each in records.in_force(district.store.connection)] == [district.nodes[1]]


def test_a_new_row_of_a_mark_follows_the_old_one(district: District) -> None:
    db, now = district.store.connection, district.clock.now_ms()
    first = district.mark(1000)
    second = district.mark(1200, valid_from=now)
    assert [(each.id, each.valid_from, each.valid_to) for each in marks.of_site(db, "pegel-1")] == [
        (first, 0, now),
        (second, now, None),
    ]
    district.level(1100)
    assert district.open() == []
    assert [each.id for each in marks.of_site(db, "pegel-1", at=now - 1)] == [first]


def test_an_alarm_is_acknowledged_once(district: District) -> None:
    db = district.store.connection
    district.mark(1000)
    district.level(1100)
    (row,) = district.all()
    records.acknowledge(db, row["id"], "chief", 5)
    assert (district.all()[0]["acknowledged_by"], district.all()[0]["acknowledged_at"]) == ("chief", 5)
    with pytest.raises(AlarmError, match="already"):
        records.acknowledge(db, row["id"], "other", 6)
    with pytest.raises(NotFoundError):
        records.acknowledge(db, 99, "other", 6)
    assert district.open() == [("mark", "pegel-1")]


def test_the_marks_that_a_node_says_it_watches_are_kept(district: District) -> None:
    district.hear(hello(50, 2000, 1500))
    row = district.store.connection.execute("SELECT marks FROM node_marks").fetchone()
    assert row["marks"] == "50 2000 1500"


def test_values_without_sense_leave_the_gateway_standing(district: District) -> None:
    district.mark(1e300, quantity="temperature", hysteresis=1e308)
    district.hear(report(temperature=850))
    district.hear(report(distance=40000))
    assert district.open() == []
