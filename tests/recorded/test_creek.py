"""Three days of a recorded flash flood through the whole path: what is stored is what the creek was."""

import bisect
import csv
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from simulator.run import Outputs, Plan, in_process
from simulator.scenario import load
from simulator.site import Sample
from simulator.world import read_creek

START = datetime(2018, 8, 30, tzinfo=UTC)
REPEATED_S = 11  # NbTrans 3: twice two receive windows and a random pause
_LEVELS_BY_PORT = """
    SELECT u.fport, count(*) FROM reading r JOIN uplink u ON u.id = r.uplink_id
    WHERE r.quantity = 'level' GROUP BY u.fport
"""


def rows_of(path: Path) -> tuple[list[float], list[int]]:
    """(times in s, stages in mm), read here without the simulator's reader."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["stage_m"]]
    times = [datetime.fromisoformat(row["time_utc"]).timestamp() for row in rows]
    return times, [round(float(row["stage_m"]) * 1000) for row in rows]


async def test_each_level_is_the_row_valid_when_it_was_measured(tmp_path: Path, recordings: Path) -> None:
    path = recordings / "water/plumtree_run_2018_5min.csv"
    times, stages = rows_of(path)
    scenario = load("village").model_copy(update={"start": START, "loss": 0.1})
    truth: list[Sample] = []
    outputs = Outputs(truth=truth)
    plan = Plan("creek", scenario, 3 * 86400, None, read_creek(path))
    summary = await in_process(plan, tmp_path / "c.db", outputs)
    db = sqlite3.connect(tmp_path / "c.db")
    names = {row.dev_eui: row.name for row in scenario.node}
    samples: dict[str, list[float]] = {name: [] for name in names.values()}
    for sample in truth:
        samples[sample.node].append(sample.at_us / 1e6)
    query = "SELECT dev_eui, time / 1000.0, value FROM reading WHERE quantity = 'level'"
    readings = db.execute(query).fetchall()
    repeated = 0
    for dev_eui, time_s, level_mm in readings:
        instants = samples[names[dev_eui]]
        first, end = bisect.bisect_left(instants, time_s - 2), bisect.bisect_right(instants, time_s + 2)
        if first == end:  # its first copy was lost, and a repetition (NbTrans) says nothing of its age
            repeated += 1
            first = bisect.bisect_left(instants, time_s - REPEATED_S)
        near = instants[first:end]
        valid = {stages[bisect.bisect_right(times, at) - 1] for at in near}
        assert any(abs(level_mm - stage) <= 1 for stage in valid), (names[dev_eui], time_s, level_mm, valid)
    assert repeated <= 0.1 * len(readings)
    begin, end = START.timestamp(), START.timestamp() + 3 * 86400
    peak = max(stage for at, stage in zip(times, stages, strict=True) if begin <= at < end)
    assert peak > 1900  # the flood of 31 August
    assert (
        max(level for _, _, level in readings) >= 0.75 * peak
    )  # a report each 15 min need not meet the peak
    assert summary.air.lost > 0
    arrived = dict(db.execute("SELECT fport, count(*) FROM uplink GROUP BY fport"))
    assert summary.gateway is not None
    again = summary.gateway["repetitions"]
    assert sum(arrived.values()) == summary.air.uplinks - summary.air.lost - again - 3  # less three joins
    levels = dict(db.execute(_LEVELS_BY_PORT).fetchall())
    assert levels[1] + levels.get(3, 0) == arrived[1] + arrived.get(3, 0)  # alarms hold a level, hellos none
    assert levels[2] > arrived[2] > 10  # what was lost came back, several in a batch
    numbers = db.execute("SELECT count(*), count(DISTINCT dev_eui || ' ' || number) FROM numbered").fetchone()
    assert numbers[0] == numbers[1], "each once: a node's numbers wrap after months"
