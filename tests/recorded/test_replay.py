"""A real gateway's log of 2020 over UDP: every frame opens, none counts twice, flipped bits do nothing."""

import base64
import json
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

# Published with the recording (its README names them); the ABP device has no DevEUI there.
DEVICES = [
    {
        "dev_eui": "0101010101010101",
        "join_eui": "0101010101010101",
        "app_key": "2B7E151628AED2A6ABF7158809CF4F3C",
    },
    {
        "dev_eui": "0200006d66000901",
        "dev_addr": "01010101",
        "nwk_s_key": "007E151628AED2A6ABF7158809CF4F3C",
        "app_s_key": "FF7E151628AED2A6ABF7158809CF4F3C",
    },
]
OTAA, ABP = (str(device["dev_eui"]) for device in DEVICES)


@pytest.fixture
def log(recordings: Path) -> Path:
    return recordings / "lorawan/gateway_log_2020.jsonl"


def replay(tmp_path: Path, log: Path, *options: str) -> tuple[dict[str, Any], sqlite3.Connection]:
    keys = tmp_path / "devices.json"
    keys.write_text(json.dumps({"devices": DEVICES}), encoding="utf-8")
    db = tmp_path / "replay.db"
    command = [sys.executable, "-m", "messfunk", "replay", str(log), "--keys", str(keys), "--db", str(db)]
    done = subprocess.run([*command, "--json", *options], capture_output=True, text=True, check=True)
    return json.loads(done.stdout), sqlite3.connect(db)


def uplinks_of(db: sqlite3.Connection, dev_eui: str) -> int:
    return int(db.execute("SELECT count(*) FROM uplink WHERE dev_eui = ?", (dev_eui,)).fetchone()[0])


def test_every_uplink_of_the_recording_opens(tmp_path: Path, log: Path) -> None:
    played, db = replay(tmp_path, log)
    counted = played["gateway"]
    assert played["uplinks"] == played["acknowledged"] == 204
    assert (played["sessions_derived"], counted["joins"]) == (8, 8)
    # 196 data uplinks: 99 ABP and 97 OTAA, one of them a repetition
    assert (counted["uplinks"], counted["repetitions"], counted["undecoded"]) == (195, 1, 195)
    assert sum(counted["refused"].values()) == 0
    repeated = {OTAA: 97 - uplinks_of(db, OTAA), ABP: 99 - uplinks_of(db, ABP)}
    assert sorted(repeated.values()) == [0, 1]
    shown = db.execute("SELECT count(*) FROM uplink WHERE decoded = 0 AND error IS NOT NULL").fetchone()[0]
    assert shown == 195


def test_without_resets_the_counters_are_held_against_the_device(tmp_path: Path, log: Path) -> None:
    played, db = replay(tmp_path, log, "--no-resets")
    counted = played["gateway"]
    assert uplinks_of(db, ABP) == 44
    assert counted["refused"]["replay"] + counted["repetitions"] - (97 - uplinks_of(db, OTAA)) == 55


def flip_every_tenth(log: Path, target: Path) -> int:
    """Flip one bit in every tenth data frame, somewhere behind its address; how many were flipped."""
    seen = flipped = 0
    lines = []
    for line in log.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        for packet in record.get("rxpk", ()):
            phy = bytearray(base64.b64decode(packet["data"]))
            if phy[0] >> 5 in (2, 4):
                seen += 1
                if seen % 10 == 0:
                    phy[8 + flipped % (len(phy) - 8)] ^= 1 << flipped % 8
                    flipped += 1
            packet["data"] = base64.b64encode(phy).decode()
        lines.append(json.dumps(record))
    target.write_text("\n".join(lines), encoding="utf-8")
    return flipped


def test_flipped_bits_are_refused_for_their_mic_and_change_nothing(tmp_path: Path, log: Path) -> None:
    damaged = tmp_path / "damaged.jsonl"
    flipped = flip_every_tenth(log, damaged)
    played, db = replay(tmp_path, damaged)
    counted = played["gateway"]
    assert flipped == 19
    assert counted["refused"]["mic"] == flipped == sum(counted["refused"].values())
    assert counted["uplinks"] + counted["repetitions"] == 196 - flipped
    assert uplinks_of(db, OTAA) + uplinks_of(db, ABP) == counted["uplinks"]
