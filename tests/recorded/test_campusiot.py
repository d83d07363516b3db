"""Three months of a LoRaWAN sensor as ChirpStack v3 heard it, through the bridge, into the ledger.

The recording (CampusIoT, node 32 of Saint-Eynard) has been anonymised and turned to hex by its publishers.
The adapter here puts back what ChirpStack v3 writes: base64 identifiers and data, `objectJSON` as a text.
Gateway ids are hashes of 16 bytes there; the first 8 stand for the EUI. Addresses are missing, times often.
"""

import base64
import gzip
import json
from pathlib import Path
from typing import Any

from gateway.counters import Counters
from gateway.refusals import Refusals
from gateway.sources.bridge import Bridge
from gateway.sources.chirpstack import read_v3
from gateway.store.sqlite import Store
from tests.gateway.desk import ManualClock

DEV_EUI = "d1d1e80000000032"
TOPIC = f"application/1/device/{DEV_EUI}/event"
TWICE = 11641  # the counter of an uplink that the LNS published twice, 10 ms apart


def recorded(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def as_chirpstack_v3(record: dict[str, Any]) -> dict[str, Any]:
    event = {name: value for name, value in record.items() if not name.startswith("_") and name != "object"}
    event["devEUI"] = _base64(record["devEUI"])
    event["data"] = _base64(record.get("data") or "")
    event["rxInfo"] = [
        {**heard, "gatewayID": _base64(heard["gatewayID"][:16])} for heard in record.get("rxInfo") or ()
    ]
    event["objectJSON"] = json.dumps(record.get("object"))
    return event


def _base64(text: str) -> str:
    return base64.b64encode(bytes.fromhex(text)).decode()


def test_each_recorded_uplink_is_in_the_ledger_once_and_in_order(tmp_path: Path, recordings: Path) -> None:
    records = recorded(recordings / "lorawan/campusiot_sainteynard_32.ndjson.gz")
    store, clock, counters = Store(tmp_path / "ledger.db"), ManualClock(0), Counters()
    store.connection.execute("PRAGMA synchronous = OFF")  # 9,400 commits; that they last is tested elsewhere
    bridge = Bridge("campus", True, store, clock, counters, Refusals(counters, clock))
    sent: dict[tuple[int, str], dict[str, Any]] = {}
    for record in records:
        kind = "up" if "fCnt" in record else "status"
        event = read_v3(f"{TOPIC}/{kind}", json.dumps(as_chirpstack_v3(record)).encode())
        assert (event is None) == (kind == "status")
        clock.turn_to(record["_timestamp"])
        for _ in range(1 + bool(event)):  # the broker gives each twice
            bridge.take(filter(None, [event]))
        if event:
            assert (record["fCnt"], record["data"]) not in sent or record["fCnt"] == TWICE
            sent.setdefault((record["fCnt"], record["data"]), record)
    rows = store.connection.execute(
        "SELECT u.fcnt, u.payload, u.session_id, count(*) AS heard, min(r.rssi_dbm) AS rssi_dbm"
        " FROM uplink u JOIN reception r ON r.uplink_id = u.id GROUP BY u.id ORDER BY u.rowid"
    ).fetchall()
    assert [(row["fcnt"], row["payload"].hex()) for row in rows] == list(sent)
    assert (len(rows), counters.uplinks, counters.duplicates) == (9417, 9417, 9419)
    assert [row["heard"] for row in rows] == [record["_redundancy"] for record in sent.values()]
    weakest = [min(each["rssi"] for each in record["rxInfo"]) for record in sent.values()]
    assert [row["rssi_dbm"] for row in rows] == weakest
    assert {row["session_id"] for row in rows} == {1}, "its counter never went back"
    store.close()
