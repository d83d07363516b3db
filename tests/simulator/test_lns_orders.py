"""Orders through the LNS: ours gives them by MQTT, a node behind the simulated LNS hears them on the air."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from codec.wire import WireError
from gateway.app import App
from gateway.clock import WallClock
from gateway.config import Config, StoreConfig
from gateway.network import queue
from gateway.peers import LnsConfig
from gateway.sources import chirpstack, tts
from gateway.sources.lns import LnsAnswer, LnsDownlink
from simulator import lns_events
from simulator.lns_orders import COMMANDS, Order, Outcome
from simulator.rows import LnsRow
from simulator.run import Outputs, Plan, in_process
from simulator.scenario import load
from tests.gateway.broker import Mosquitto, mosquitto, other, until

EUI = "0200006d66000001"
ROUTES = {"chirpstack": f"application/messfunk/device/{EUI}", "tts": f"v3/messfunk/devices/eui-{EUI}"}
ACKS = {"chirpstack": "application/+/device/+/event/ack", "tts": "v3/+/devices/+/down/ack"}


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    with mosquitto(tmp_path_factory.mktemp("broker")) as running:
        yield running


def states(app: App, dev_eui: str) -> list[tuple[str, str | None]]:
    query = "SELECT state, results FROM downlink WHERE dev_eui = ? AND actor = 'test' ORDER BY id"
    return [(row["state"], row["results"]) for row in app.store.connection.execute(query, (dev_eui,))]


@pytest.mark.parametrize("kind", ["chirpstack", "tts"])
async def test_what_our_gateway_orders_is_obeyed_by_a_node_behind_the_lns(
    tmp_path: Path, broker: Mosquitto, kind: str
) -> None:
    """One order that the node answers, one confirmed payload that it acknowledges."""
    source = LnsConfig.model_validate({"type": kind, "name": f"sim-{kind}", "url": broker.url, "adopt": True})
    ours = Config(store=StoreConfig(path=tmp_path / "ours.db"), http=None, source=(source,))
    row = LnsRow.model_validate({"type": kind, "broker": {"url": broker.url}})
    village = load("village").model_copy(update={"lns": row, "loss": 0.0})
    dev_eui = village.node[0].dev_eui
    wanted = (
        queue.Wanted(dev_eui, 10, orders=[{"order": "confirm", "policy": 1}]),
        queue.Wanted(dev_eui, 77, b"\x01\x02", confirmed=True),
    )
    async with App(ours, WallClock()) as app:
        await until(lambda: not any(app.source_errors().values()))
        plan = Plan("orders", village, 8 * 3600, 3600)  # a frame in a quarter of a second
        with other(broker, ACKS[kind]) as acks:
            run = asyncio.ensure_future(in_process(plan, tmp_path / "lns.db", Outputs()))
            await until(lambda: app.store.device(dev_eui) is not None)
            with app.store.transaction():
                for each in wanted:
                    queue.add(app.store.connection, each, "test", app.clock.now_ms())
            summary = await run
            await until(lambda: states(app, dev_eui) == [("answered", '["done"]'), ("delivered", None)])
            await until(lambda: len(acks.heard) == 1)
    told = summary.report["lns"]
    assert told["orders"] == {"queued": 2, "sent": 2, "acknowledged": 1}
    assert "lns: orders for nodes: " in "\n".join(summary.lines())


READERS = {"chirpstack": chirpstack.read_v4, "tts": tts.read}
WRITERS = {"chirpstack": chirpstack.command_v4, "tts": tts.push}
WORDS: dict[Outcome, str] = {
    "queued": "queued",
    "sent": "transmitted",
    "acknowledged": "acknowledged",
    "failed": "failed",
}


@pytest.mark.parametrize("kind", ["chirpstack", "tts"])
def test_our_gateways_own_words_are_understood_and_it_understands_what_is_told(kind: str) -> None:
    topic, body = WRITERS[kind](LnsDownlink(ROUTES[kind], 10, b"\xca\xfe", True, "ours-1"))
    [order] = COMMANDS[kind].read(topic, body)
    assert order == Order(EUI, 10, b"\xca\xfe", True, "ours-1")
    for outcome, word in WORDS.items():
        told = COMMANDS[kind].tell(order, outcome, 1_772_366_400_000_000, "Aue")
        if kind == "chirpstack" and outcome == "queued":
            assert told is None
            continue
        assert told
        event, said = told
        at = lns_events.DIALECTS[kind].topic("messfunk", EUI, event)
        heard = READERS[kind](at, json.dumps(said).encode())
        is_nack = kind == "chirpstack" and outcome == "failed"
        assert heard == LnsAnswer(EUI, "not acknowledged" if is_nack else word, "ours-1")


CHIRPSTACK = {"devEui": EUI, "fPort": 10, "data": "yv4="}
TTS = {"f_port": 10, "frm_payload": "yv4="}


@pytest.mark.parametrize(
    ("kind", "body", "said"),
    [
        ("chirpstack", b"{", "no JSON"),
        ("chirpstack", b"[]", "no JSON object"),
        ("chirpstack", {**CHIRPSTACK, "devEui": "0" * 16}, "the topic says"),
        ("chirpstack", {**CHIRPSTACK, "fPort": 0}, "expected 1 to 223"),
        ("chirpstack", {**CHIRPSTACK, "data": "?"}, "expected base64"),
        ("chirpstack", {**CHIRPSTACK, "data": 7}, "expected base64"),
        ("tts", {"downlinks": TTS}, "a list of downlinks"),
        ("tts", {"downlinks": [{**TTS, "f_port": "10"}]}, "expected 1 to 223"),
        ("tts", {"downlinks": [{**TTS, "frm_payload": "AAAA" * 100}]}, "242 at most"),
    ],
)
def test_what_no_lns_would_take_is_refused(kind: str, body: Any, said: str) -> None:
    suffix = {"chirpstack": "command/down", "tts": "down/push"}[kind]
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    with pytest.raises(WireError, match=said):
        COMMANDS[kind].read(f"{ROUTES[kind]}/{suffix}", raw)


async def test_a_command_for_nobody_is_refused_and_counted(tmp_path: Path, broker: Mosquitto) -> None:
    row = LnsRow.model_validate({"type": "chirpstack", "broker": {"url": broker.url}})
    village = load("village").model_copy(update={"lns": row})
    topic = f"{ROUTES['chirpstack'][:-1]}f/command/down"
    plan = Plan("nobody", village, 1200, 1200)
    with other(broker) as user:
        for body in (b"{", json.dumps({**CHIRPSTACK, "devEui": f"{EUI[:-1]}f"}).encode()):
            user.say(topic, body, retain=True)  # the LNS is given it when it subscribes
            summary = await in_process(plan, tmp_path / f"{len(body)}.db", Outputs())
            assert summary.report["lns"]["orders"] == {"refused": 1}
        user.say(topic, b"", retain=True)
