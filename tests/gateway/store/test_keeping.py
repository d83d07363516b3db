"""Flags, hours and days, dry dust and levels, as they are kept: the same however the readings came in."""

import random
from dataclasses import replace
from math import log10

import pytest

from gateway import redecode
from gateway.judge import dust, keeping
from gateway.judge.gaps import Gap, gaps
from gateway.model import Installation, Reading, Uplink
from gateway.store import queries, rollups, sites
from gateway.store.rollups import DAY_MS, HOUR_MS
from tests.gateway.desk import Desk, Node

BEGIN = 1_700_006_400_000 - 1_700_006_400_000 % DAY_MS
STEP = 300_000


def reading(uplink: Uplink, time: int, quantity: str, value: float | None) -> Reading:
    return Reading(
        uplink.dev_eui, quantity, time, value, None if value is not None else "no_answer", 2, uplink.id
    )


def take(desk: Desk, node: Node, time: int, fport: int = 1, **values: float | None) -> None:
    (uplink,) = desk.hear(desk.reception(node.uplink(fport=fport)))
    with desk.store.transaction():
        said = [reading(uplink, time, quantity, value) for quantity, value in values.items()]
        keeping.keep(desk.store, [(uplink.id, said, None)])


def told(desk: Desk, node: Node, quantity: str) -> list[tuple[int, int]]:
    found = queries.readings(desk.store.connection, node.dev_eui, quantity)
    return [((each["time"] - BEGIN) // STEP, each["flag"]) for each in found]


def kept(desk: Desk) -> list[tuple[object, ...]]:
    """All that follows from the readings, without what tells the uplinks apart."""
    select = desk.store.connection.execute
    found = [tuple(row) for row in select("SELECT quantity, time, value, flag FROM reading ORDER BY 1, 2")]
    found += [
        tuple(row) for row in select("SELECT quantity, time, value, since, before FROM judged ORDER BY 1")
    ]
    found += [tuple(row) for row in select("SELECT quantity, time, value, flag FROM newest ORDER BY 1")]
    for table in rollups.SPANS:
        rows = select(f"SELECT quantity, start_ms, readings, total, least, most FROM {table} ORDER BY 1, 2")
        found += [(*row[:3], round(row[3], 6), *row[4:]) for row in map(tuple, rows)]
    return found


VALUES = [400, 401, 1200, 402, 403, None, 404, 700, 1100, 1400, 1380, 25_000, 1300, 1290, 1280]


def test_late_rows_are_judged_as_if_they_had_come_in_order(desk: Desk, node: Node) -> None:
    in_order = sorted(range(len(VALUES)))
    for at in in_order:
        take(desk, node, BEGIN + at * STEP, level=VALUES[at])
    expected = kept(desk)
    flags = dict(told(desk, node, "level"))
    assert (flags[2], flags[5], flags[11]) == (4, 9, 4)
    assert all(flag == 1 for at, flag in flags.items() if at not in (2, 5, 11))
    rng = random.Random(5)
    for _ in range(3):
        with desk.store.transaction():
            for table in ("reading", "newest", "judged", "hourly", "daily"):
                desk.store.connection.execute(f"DELETE FROM {table}")
        rng.shuffle(in_order)
        for at in in_order:
            take(desk, node, BEGIN + at * STEP, level=VALUES[at])
        assert kept(desk) == expected


def test_hours_and_days_are_what_the_readings_say(desk: Desk, node: Node) -> None:
    rng = random.Random(1)
    levels = {BEGIN + at * 20 * 60_000: round(rng.uniform(50, 70), 1) for at in range(80)}
    for time, level in levels.items():
        take(desk, node, time, laeq=level, temperature=level - 40)
    db = desk.store.connection
    for table, span in rollups.SPANS.items():
        found = {each.start_ms: each for each in rollups.read(db, table, node.dev_eui, "laeq", 0, 1 << 60)}
        plain = {
            each.start_ms: each for each in rollups.read(db, table, node.dev_eui, "temperature", 0, 1 << 60)
        }
        for start, each in found.items():
            inside = [level for time, level in levels.items() if start <= time < start + span]
            energy = sum(10 ** (level / 10) for level in inside) / len(inside)
            assert each.mean == pytest.approx(10 * log10(energy))
            assert (each.readings, each.least, each.most) == (len(inside), min(inside), max(inside))
            assert plain[start].mean == pytest.approx(sum(inside) / len(inside) - 40)
        assert sum(each.readings for each in found.values()) == len(levels)


def test_a_spike_counts_for_nothing_once_it_is_known(desk: Desk, node: Node) -> None:
    for at, level in enumerate((400.0, 401.0, 1200.0)):
        take(desk, node, BEGIN + at * STEP, level=level)
    (hour,) = rollups.read(desk.store.connection, "hourly", node.dev_eui, "level", 0, 1 << 60)
    assert (hour.readings, hour.most) == (3, 1200)
    take(desk, node, BEGIN + 3 * STEP, level=402.0)
    (hour,) = rollups.read(desk.store.connection, "hourly", node.dev_eui, "level", 0, 1 << 60)
    assert (hour.readings, hour.most) == (3, 402)


def test_dust_in_fog_is_suspect_and_dried_beside(desk: Desk, node: Node) -> None:
    take(desk, node, BEGIN, pm25=20.0, pm10=30.0, humidity=80.0)
    take(desk, node, BEGIN + STEP, pm25=20.0, pm10=30.0, humidity=90.0)
    assert told(desk, node, "pm25") == [(0, 1), (1, 3)]
    rows = desk.store.connection.execute(
        "SELECT model, value FROM corrected WHERE quantity = 'pm25' ORDER BY time"
    )
    models, values = zip(*(tuple(row) for row in rows), strict=True)
    assert set(models) == {dust.MODEL}
    assert values == pytest.approx((20 * 0.5077, 20 * 0.3143), abs=0.01)
    (raw, _) = queries.readings(desk.store.connection, node.dev_eui, "pm25")
    assert raw["value"] == 20.0, "what was measured stays"


def test_a_resurvey_corrects_history(desk: Desk, node: Node) -> None:
    place = sites.installations(desk.store.connection, node.dev_eui)[0]
    for at in range(4):
        take(desk, node, BEGIN + at * HOUR_MS, distance=1000.0 + at)
    with desk.store.transaction():
        first = Installation(place.site_id, node.dev_eui, 0, mount_mm=3000)
        sites.install(desk.store.connection, first)
        sites.install(desk.store.connection, replace(first, from_ms=BEGIN + 2 * HOUR_MS, mount_mm=2900))
        keeping.relevel(desk.store.connection, node.dev_eui)
    found = queries.readings(desk.store.connection, node.dev_eui, "level")
    assert [(each["value"], each["flag"]) for each in found] == [(2000, 1), (1999, 1), (1898, 1), (1897, 1)]
    (day,) = rollups.read(desk.store.connection, "daily", node.dev_eui, "level", 0, 1 << 60)
    assert (day.readings, day.least, day.most) == (4, 1897, 2000)
    newest = queries.device(desk.store.connection, node.dev_eui)
    assert newest and {each["quantity"]: each["value"] for each in newest["last"]}["level"] == 1897


def test_gaps_close_when_the_journal_answers(desk: Desk, node: Node) -> None:
    """What a report does not hold was not measured then, what a batch does not hold may have been."""
    db = desk.store.connection

    def came(*numbers: int, fport: int = 1) -> None:
        for at in numbers:
            take(desk, node, BEGIN + at * STEP, fport, distance=400.0)
        with desk.store.transaction():
            keeping.number(db, [(node.dev_eui, BEGIN + at * STEP, at) for at in numbers])

    came(0, 1, 5, 6)
    span = (BEGIN, BEGIN + 6 * STEP)
    whole = [Gap(2, 3, BEGIN + STEP, BEGIN + 5 * STEP)]
    assert gaps(db, node.dev_eui, "distance", *span) == gaps(db, node.dev_eui, "temperature", *span) == whole
    came(2, 3, 4, fport=2)
    assert gaps(db, node.dev_eui, "distance", *span) == []
    assert gaps(db, node.dev_eui, "temperature", *span) == whole


def test_a_level_that_no_sound_has_never_reaches_a_sum(desk: Desk, node: Node) -> None:
    """As a hostile node reports it, and as one that nobody has judged lies there since earlier versions."""
    db, day = desk.store.connection, (node.dev_eui, "laeq", BEGIN, BEGIN + DAY_MS)
    for at, level in enumerate((60.0, 5000.0, 1e300, 60.0)):
        take(desk, node, BEGIN + at * STEP, laeq=level)
    take(desk, node, BEGIN + STEP // 2, laeq=1e18)  # late: what is there is judged again
    assert [flag for _, flag in told(desk, node, "laeq")] == [1, 4, 4, 4, 1]
    for _ in range(2):
        (found,) = rollups.read(db, "daily", *day)
        assert (found.readings, found.most) == (2, 60) and found.mean == pytest.approx(60)
        with desk.store.transaction():
            db.execute("UPDATE reading SET flag = 2 WHERE quantity = 'laeq'")
            rollups.recompute(db, *day)
    with desk.store.transaction():
        redecode.settle(db, node.dev_eui, {"laeq"})
    assert [flag for _, flag in told(desk, node, "laeq")] == [1, 4, 4, 4, 1]
