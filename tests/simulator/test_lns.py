"""The LNS's side: events as ChirpStack and The Things Stack publish them, by a real broker to ours."""

import asyncio
import json
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.app import App
from gateway.clock import WallClock
from gateway.config import Config, StoreConfig
from gateway.peers import BrokerConfig, LnsConfig
from simulator.rows import FaultRow, LnsRow, Scenario
from simulator.run import Outputs, Plan, RunError, in_process
from simulator.scenario import load
from simulator.summary import Summary
from tests.gateway.broker import Mosquitto, mosquitto, other, until
from tests.gateway.sources.samples import CHIRPSTACK_UP, TTS_UP

HOURS = 3


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    with mosquitto(tmp_path_factory.mktemp("broker")) as running:
        yield running


def village(row: LnsRow, *faults: FaultRow) -> Scenario:
    return load("village").model_copy(update={"lns": row, "fault": list(faults)})


async def simulated(folder: Path, scenario: Scenario, outputs: Outputs | None = None) -> Summary:
    plan = Plan("lns", scenario, HOURS * 3600, None)
    return await in_process(plan, folder / "lns.db", outputs or Outputs())


def uplinks(db: Path) -> list[tuple[Any, ...]]:
    query = "SELECT dev_eui, fcnt, fport, payload FROM uplink ORDER BY dev_eui, fcnt"
    with sqlite3.connect(db) as ledger:
        return ledger.execute(query).fetchall()


def listening(folder: Path, broker: Mosquitto, kind: str) -> App:
    """Our gateway, which lets the LNS behind the broker do the LoRaWAN."""
    source = LnsConfig.model_validate({"type": kind, "name": f"sim-{kind}", "url": broker.url, "adopt": True})
    config = Config(store=StoreConfig(path=folder / "ours.db"), http=None, source=(source,))
    return App(config, WallClock())


@pytest.mark.parametrize(("kind", "qos"), [("chirpstack", 1), ("tts", 0)])
async def test_our_gateway_stores_what_the_lns_has_stored(
    tmp_path: Path, broker: Mosquitto, kind: str, qos: int
) -> None:
    row = LnsRow.model_validate({"type": kind, "qos": qos, "broker": {"url": broker.url}})
    async with listening(tmp_path, broker, kind) as app:
        await until(lambda: not any(app.source_errors().values()))
        summary = await simulated(tmp_path, village(row))
        published = summary.report["lns"]["published"]
        await until(lambda: app.counters.uplinks + app.counters.joins + app.counters.duplicates >= published)
        counted = app.counters.as_dict()
    assert summary.report["lns"]["lost"] == 0
    assert (counted["joins"], sum(counted["refused"].values())) == (3, 0)
    stored = uplinks(tmp_path / "lns.db")
    assert len(stored) > 30 and uplinks(tmp_path / "ours.db") == stored


async def test_what_is_published_while_the_broker_is_away_is_lost_and_counted(
    tmp_path: Path, broker: Mosquitto
) -> None:
    row = LnsRow(type="chirpstack", qos=1, broker=BrokerConfig(url=broker.url))
    fault = FaultRow(what="broker_off", target="broker", at="1h", lasts="1h")
    with other(broker, "application/+/device/+/event/+") as heard:
        summary = await simulated(tmp_path, village(row, fault))
        told = summary.report["lns"]
        await until(lambda: len(heard.heard) == told["published"])
    assert told["lost"] >= 8 and f"{told['lost']} lost while the broker was off" in "\n".join(summary.lines())
    start_s = load("village").start.timestamp()
    assert not [at_s for at_s in times(heard.bodies()) if 3630 < at_s - start_s < 7200]
    assert told["published"] + told["lost"] == len(uplinks(tmp_path / "lns.db")) + 3


def times(bodies: list[bytes]) -> list[float]:
    return [datetime.fromisoformat(json.loads(body)["time"]).timestamp() for body in bodies]


async def test_a_broker_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulator.lns._CONNECT_S", 0.3)
    row = LnsRow(type="tts", broker=BrokerConfig(url="mqtt://127.0.0.1:9"))
    with pytest.raises(RunError, match=r"mqtt://127\.0\.0\.1:9"):
        await simulated(tmp_path, village(row))


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    folder = tmp_path_factory.mktemp("told")
    outputs = Outputs((folder / "v.chirpstack.jsonl", folder / "v.tts.jsonl"))
    asyncio.run(in_process(Plan("told", load("village"), 3600, None), folder / "v.db", outputs))
    return {
        path.name.split(".")[1]: [json.loads(line) for line in path.read_text().splitlines()]
        for path in outputs.records
    }


def shape(value: Any) -> Any:
    """Names and types, of the first row of a list."""
    if isinstance(value, dict):
        return {name: shape(each) for name, each in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return float if isinstance(value, int | float) and not isinstance(value, bool) else type(value)


def missing(sample: Any, ours: Any, at: str = "") -> list[str]:
    """What the maker's sample has and ours has not, or has as another type."""
    if isinstance(sample, dict):
        if not isinstance(ours, dict):
            return [at]
        return [gap for name in sample for gap in missing(sample[name], ours.get(name), f"{at}.{name}")]
    if isinstance(sample, list):
        return missing(sample[0], ours[0] if ours else None, f"{at}[]")
    return [] if sample == ours else [at]


# What the samples have that nobody simulates: tags, decoded values, places, cloud networks.
NOT_OURS = {
    "chirpstack": {".deviceInfo.tags"},
    "tts": {
        ".uplink_message.decoded_payload",
        ".uplink_message.locations", ".uplink_message.version_ids", ".uplink_message.network_ids",
        ".uplink_message.attributes", ".attributes", ".end_device_ids.join_eui",
        ".uplink_message.rx_metadata[].time", ".uplink_message.rx_metadata[].uplink_token",
        ".uplink_message.rx_metadata[].channel_index", ".uplink_message.settings.time",
        ".uplink_message.settings.coding_rate",
    },
}  # fmt: skip


@pytest.mark.parametrize(("kind", "sample"), [("chirpstack", CHIRPSTACK_UP), ("tts", TTS_UP)])
def test_events_have_the_fields_of_the_makers_samples(
    told: dict[str, list[dict[str, Any]]], kind: str, sample: dict[str, Any]
) -> None:
    ups = [event for event in told[kind] if "txInfo" in event or "uplink_message" in event]
    gaps = missing(shape(sample), shape(ups[-1]))
    assert [gap for gap in gaps if not any(gap.startswith(known) for known in NOT_OURS[kind])] == []


def zeros(value: Any, at: str = "") -> list[str]:
    if isinstance(value, dict):
        return [found for name in value for found in zeros(value[name], f"{at}.{name}")]
    if isinstance(value, list):
        return [found for each in value for found in zeros(each, at)]
    return [at] if value in (0, "", False, None) else []


def test_zeros_are_left_out_and_wide_integers_are_texts(told: dict[str, list[dict[str, Any]]]) -> None:
    assert [zeros(event) for event in told["chirpstack"] + told["tts"] if zeros(event)] == []
    first = [event for event in told["chirpstack"] if "txInfo" in event and "fCnt" not in event]
    assert len({event["deviceInfo"]["devEui"] for event in first}) == len(first) == 3
    firsts = [event for event in told["tts"] if "f_cnt" not in event.get("uplink_message", {"f_cnt": 1})]
    assert len(firsts) == 3
    assert {event["uplink_message"]["settings"]["frequency"][:3] for event in firsts} == {"868"}


def test_a_join_is_told_before_the_uplinks_of_its_session(told: dict[str, list[dict[str, Any]]]) -> None:
    joined: set[str] = set()
    for event in told["chirpstack"]:
        if "txInfo" in event:
            assert event["devAddr"] in joined
        else:
            joined.add(event["devAddr"])
    assert len(joined) == 3
    assert len([event for event in told["tts"] if "join_accept" in event]) == 3
