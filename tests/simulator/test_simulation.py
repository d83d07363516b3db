"""A scenario from sensor to row: repeatable, true to the world, and with every lost frame counted."""

import hashlib
import sqlite3
from pathlib import Path

from simulator.run import Outputs, Plan, in_process
from simulator.scenario import Scenario, load
from simulator.summary import Summary

HOURS_S = 6 * 3600
_LEVELS_BY_PORT = """
    SELECT u.fport, count(*) FROM reading r JOIN uplink u ON u.id = r.uplink_id
    WHERE r.quantity = 'level' GROUP BY u.fport
"""


async def played(folder: Path, scenario: Scenario, name: str) -> tuple[Summary, Outputs, sqlite3.Connection]:
    outputs = Outputs((folder / f"{name}.pcap",), truth=[])
    summary = await in_process(Plan(name, scenario, HOURS_S, None), folder / f"{name}.db", outputs)
    return summary, outputs, sqlite3.connect(folder / f"{name}.db")


def rows(db: sqlite3.Connection, query: str) -> list[tuple[object, ...]]:
    return db.execute(query).fetchall()


async def test_the_same_seed_gives_the_same_frames_and_the_same_rows(tmp_path: Path) -> None:
    village = load("village")
    twins = [await played(tmp_path, village, name) for name in ("one", "two")]
    digests = {hashlib.sha256(outputs.records[0].read_bytes()).hexdigest() for _, outputs, _ in twins}
    assert len(digests) == 1
    query = "SELECT dev_eui, quantity, time, value, fault FROM reading ORDER BY dev_eui, quantity, time"
    assert rows(twins[0][2], query) == rows(twins[1][2], query)
    other, _, db = await played(tmp_path, village.model_copy(update={"seed": 8}), "other")
    assert other.air.uplinks > 0 and rows(db, query) != rows(twins[0][2], query)


async def test_every_frame_is_stored_or_lost_in_the_air(tmp_path: Path) -> None:
    lossy = load("village").model_copy(update={"loss": 0.35})
    summary, _, db = await played(tmp_path, lossy, "lossy")
    assert summary.gateway is not None
    stored = rows(db, "SELECT count(*) FROM uplink")[0][0]
    assert summary.air.lost > 0
    repeated = summary.gateway["repetitions"]  # such a loss lets the network ask for NbTrans 3
    heard = summary.air.uplinks - summary.air.lost - summary.gateway["joins"]
    assert stored == summary.gateway["uplinks"] == heard - repeated
    receptions = rows(db, "SELECT count(*) FROM reception")[0][0]
    not_stored = summary.air.heard - receptions  # those of join-requests and of repetitions
    assert summary.gateway["joins"] + repeated <= not_stored <= 2 * (summary.gateway["joins"] + repeated)
    assert summary.gateway["datagrams"] >= summary.air.heard
    assert summary.unanswered == 0


async def test_levels_are_what_the_creek_was_when_it_was_measured(tmp_path: Path) -> None:
    village = load("village")
    summary, outputs, db = await played(tmp_path, village, "true")
    names = {row.dev_eui: row.name for row in village.node}
    readings = rows(db, "SELECT dev_eui, time, value FROM reading WHERE quantity = 'level'")
    arrived = rows(db, "SELECT fport, count(*) FROM uplink GROUP BY fport")
    assert sum(int(str(count)) for _, count in arrived) == summary.air.uplinks - summary.air.lost - 3
    by_port = dict(arrived)
    levels = dict(rows(db, _LEVELS_BY_PORT))
    assert levels[1] == by_port[1] and levels[3] == by_port[3]  # a report or an alarm has one, a hello none
    assert levels[2] == len(readings) - levels[1] - levels[3] > by_port[2]  # of the journal
    for dev_eui, time_ms, level_mm in readings:
        assert isinstance(time_ms, int) and isinstance(level_mm, float)
        near = [
            sample.stage_mm
            for sample in outputs.truth or ()
            if sample.node == names[str(dev_eui)] and abs(sample.at_us / 1000 - time_ms) <= 2000
        ]
        assert near and min(near) - 1 <= level_mm <= max(near) + 1


async def test_a_flood_is_seen(tmp_path: Path) -> None:
    _, _, db = await played(tmp_path, load("village"), "flood")
    peaks = rows(
        db, "SELECT dev_eui, max(value) - min(value) FROM reading WHERE quantity = 'level' GROUP BY 1"
    )
    assert len(peaks) == 3 and all(isinstance(rise, float) and rise > 700 for _, rise in peaks)
