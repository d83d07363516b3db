"""A real ChirpStack log, heard by a dozen gateways: sealed again and played, every counter is stored once."""

import asyncio
import gzip
import json
import sqlite3
from pathlib import Path

from simulator import recording, replay

ROWS = 2500


def test_each_counter_of_the_device_is_stored_once(tmp_path: Path, recordings: Path) -> None:
    with gzip.open(recordings / "lorawan/campusiot_sainteynard_32.ndjson.gz", "rt", encoding="utf-8") as file:
        lines = [next(file) for _ in range(ROWS)]
    path = tmp_path / "part.ndjson"
    path.write_text("".join(lines), encoding="utf-8")
    found = recording.load(path, "aa555a0000000909")
    db = tmp_path / "played.db"
    devices = list(found.devices.values())
    told = asyncio.run(replay.in_process(path, found.records, db, devices, replay.Options(None)))
    rows = [row for row in map(json.loads, lines) if "fCnt" in row and "rxInfo" in row]
    assert told.uplinks == sum(len(row["rxInfo"]) for row in rows) == told.acknowledged
    assert told.gateway is not None and sum(told.gateway["refused"].values()) == 0
    stored = sqlite3.connect(db).execute("SELECT fcnt, hex(payload) FROM uplink").fetchall()
    original = {(row["fCnt"], row["data"].upper()) for row in rows}
    assert set(stored) == original
    receptions = sqlite3.connect(db).execute("SELECT count(*) FROM reception").fetchone()[0]
    assert receptions + told.gateway["repetitions"] <= told.uplinks
    assert receptions >= 0.98 * told.uplinks
