"""A real ChirpStack v3 log through the bridge as an MQTT broker would deliver it, with a stated adapter.

What the recording has changed and `as_published` changes back: `data` is hex where v3 publishes base64, the
time is `_date` where v3 has `publishedAt`, the topic has lost application and device, and fields whose names
begin with _ were added. Gateways keep the pseudonyms of 16 bytes that the recording gives them.
"""

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from gateway.counters import Counters
from gateway.refusals import Refusals
from gateway.sources import chirpstack
from gateway.sources.bridge import Bridge
from gateway.sources.lns import LnsUplink
from gateway.store.ledger import Store
from tests.gateway.desk import ManualClock

END_MS = 1_800_000_000_000
BATCH = 64


def as_published(row: dict[str, Any]) -> tuple[str, bytes]:
    event = {name: value for name, value in row.items() if not name.startswith("_")}
    if "data" in event:
        event["data"] = base64.b64encode(bytes.fromhex(event["data"])).decode()
    kind = row["_topic"].rpartition("/")[2]
    topic = f"application/1/device/{row['devEUI']}/event/{'up' if kind == 'rx' else kind}"
    return topic, json.dumps(event | {"publishedAt": row["_date"]}).encode()


@pytest.fixture(scope="module")
def rows(recordings: Path) -> list[dict[str, Any]]:
    path = recordings / "lorawan/campusiot_sainteynard_32.ndjson.gz"
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def test_every_event_is_read(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        message = chirpstack.read_v3(*as_published(row))
        if "fCnt" not in row:
            assert message is None, "the node's state is the LNS's business"
            continue
        assert isinstance(message, LnsUplink)
        assert message.payload.hex() == row["data"]
        assert (message.fcnt, message.fport, message.dev_eui) == (row["fCnt"], row["fPort"], row["devEUI"])
        assert (message.time_ms, message.frequency_hz) == (row["_timestamp"], row["txInfo"]["frequency"])
        assert message.data_rate == f"DR{row['txInfo'].get('dr', 0)}"
        told = [(each["gatewayID"], each["rssi"], each.get("loRaSNR", 0)) for each in row["rxInfo"]]
        assert [(each.gateway_id, each.rssi_dbm, each.snr_db) for each in message.hearings] == told


def test_it_is_stored_once_with_all_its_hearings_and_sessions(
    rows: list[dict[str, Any]], tmp_path: Path
) -> None:
    store, counters, clock = Store(tmp_path / "bridge.db"), Counters(), ManualClock(END_MS)
    store.connection.execute("PRAGMA synchronous = OFF")
    bridge = Bridge("campusiot", True, store, clock, counters, Refusals(counters, clock))
    messages = [chirpstack.read_v3(*as_published(row)) for row in rows]
    for start in range(0, len(messages), BATCH):
        batch = messages[start : start + BATCH]
        bridge.take(filter(None, batch))
        bridge.take(filter(None, batch))  # a broker sends again what it saw no acknowledgement of
    ups = [row for row in rows if "fCnt" in row]
    once = list({(row["fCnt"], row["data"]): row for row in reversed(ups)}.values())[::-1]
    assert len(ups) == len(once) + 1, "ChirpStack itself has published one frame twice, 10 ms apart"
    select = store.connection.execute
    stored = select("SELECT fcnt, hex(payload), received_at FROM uplink ORDER BY received_at").fetchall()
    assert [tuple(row) for row in stored] == [
        (row["fCnt"], row["data"].upper(), row["_timestamp"]) for row in once
    ]
    assert (counters.uplinks, counters.duplicates) == (len(once), len(ups) + 1)
    assert select("SELECT count(*) FROM reception").fetchone()[0] == sum(len(row["rxInfo"]) for row in once)
    assert select("SELECT count(*) FROM session").fetchone()[0] == 1
    store.close()
