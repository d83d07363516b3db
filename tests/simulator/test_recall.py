"""What the air loses comes back from the nodes' journals, and is stored once."""

import sqlite3
from itertools import pairwise
from pathlib import Path

from simulator.run import Outputs, Plan, in_process
from simulator.scenario import load

DAY_S = 24 * 3600
TIME_TO_ASK_MS = 6 * 3_600_000

_LIVE = """
    SELECT n.number, n.time, u.fcnt FROM numbered n
    JOIN reading r ON r.dev_eui = n.dev_eui AND r.time = n.time AND r.quantity = 'distance'
    JOIN uplink u ON u.id = r.uplink_id
    WHERE n.dev_eui = ? AND u.fport = 1 AND n.time < ? ORDER BY n.time
"""


async def test_readings_of_lost_frames_come_back_once(tmp_path: Path) -> None:
    lossy = load("village").model_copy(update={"loss": 0.2})
    summary = await in_process(Plan("lossy", lossy, DAY_S, None), tmp_path / "lossy.db", Outputs())
    db = sqlite3.connect(tmp_path / "lossy.db")
    assert summary.air.lost > 20
    (end_ms,) = db.execute("SELECT max(received_at) FROM uplink").fetchone()
    wanted: set[tuple[str, int]] = set()
    for (dev_eui,) in db.execute("SELECT dev_eui FROM device"):
        fcnts = {fcnt for (fcnt,) in db.execute("SELECT fcnt FROM uplink WHERE dev_eui = ?", (dev_eui,))}
        live = db.execute(_LIVE, (dev_eui, end_ms - TIME_TO_ASK_MS)).fetchall()
        for (former, _, fcnt), (number, _, following) in pairwise(live):
            if not fcnts.issuperset(range(fcnt, following)):
                wanted |= {(dev_eui, each) for each in range(former + 1, number)}
    came = set(db.execute("SELECT dev_eui, number FROM numbered"))
    assert len(wanted) > 30
    assert wanted <= came
    (numbers, distinct) = db.execute(
        "SELECT count(*), count(DISTINCT dev_eui || ' ' || number) FROM numbered"
    ).fetchone()
    assert numbers == distinct, "a number has one instant, whatever brought it"
    twice = "SELECT 1 FROM reading GROUP BY dev_eui, quantity, time HAVING count(*) > 1"
    assert db.execute(twice).fetchone() is None

    asked = db.execute(
        "SELECT dev_eui, created_at, coalesce(ended_at, created_at) FROM downlink"
        " WHERE actor = 'gateway' ORDER BY dev_eui, id"
    ).fetchall()
    assert len(asked) > 20
    for (dev_eui, _, ended), (other, created, _) in pairwise(asked):
        assert dev_eui != other or created > ended, "one request a node at a time"
