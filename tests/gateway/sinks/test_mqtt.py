"""MQTT out, on a real Mosquitto: topics, what is retained, the last will, what Home Assistant is told."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import MQTTErrorCode

from gateway.mqtt.connection import Connection
from gateway.peers import MqttSinkConfig
from gateway.sinks.mqtt import MqttSink
from gateway.sinks.sink import UnavailableError
from gateway.store import outbox
from tests.gateway.broker import Mosquitto, mosquitto, other, until
from tests.gateway.lns import dev_eui
from tests.gateway.sinks.conftest import Ledger

CONNECT = 0x10


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with mosquitto(tmp_path) as running:
        yield running


def opened(ledger: Ledger, broker: Mosquitto, **changes: Any) -> MqttSink:
    config = MqttSinkConfig(type="mqtt", name="out", url=broker.url, **changes)
    sink = MqttSink(config, ledger.store, Random(1), lambda: {"now": 1})
    sink.start()
    return sink


def last(heard: list[MQTTMessage], topic: str) -> Any:
    return json.loads([message.payload for message in heard if message.topic == topic][-1])


async def test_what_is_said_and_what_of_it_stays(ledger: Ledger, broker: Mosquitto) -> None:
    sink = opened(ledger, broker, topic="town")
    await sink.back.wait()
    ids = [ledger.add("out", fcnt=fcnt) for fcnt in range(3)]
    with other(broker, "town/#") as ear:
        await sink.deliver(outbox.due(ledger.store.connection, "out", 9))
        await until(lambda: len(ear.bodies("/up")) == 3)
        assert [json.loads(body)["id"] for body in ear.bodies("/up")] == ids
    with other(broker, "#") as late:
        await until(lambda: len(late.heard) == 3)
        assert {message.topic: bool(message.retain) for message in late.heard} == {
            "town/bridge/availability": True,
            "town/bridge/health": True,
            f"town/{dev_eui(1)}/state": True,
        }
        state = last(late.heard, f"town/{dev_eui(1)}/state")
        assert state == {"pm4": 5.9, "temperature": 21.5, "time": "2023-11-14T22:13:22.000Z"}
        assert late.bodies("/availability") == [b"online"]
        await sink.stop()
        await until(lambda: late.bodies("/availability") == [b"online", b"offline"])


async def test_a_connection_with_nothing_to_say_sleeps(
    ledger: Ledger, broker: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    """paho says before the loop has begun to watch its socket that all is written."""
    writes, write = 0, Client.loop_write

    def counted(client: Client) -> MQTTErrorCode:
        nonlocal writes
        writes += 1
        return write(client)

    monkeypatch.setattr(Client, "loop_write", counted)
    sink = opened(ledger, broker)
    await sink.back.wait()
    await asyncio.sleep(0.2)
    assert 0 < writes < 20
    await sink.stop()


async def test_a_state_goes_with_the_newest_uplink_that_is_owed(ledger: Ledger, broker: Mosquitto) -> None:
    sink = opened(ledger, broker)
    await sink.back.wait()
    for fcnt in range(2):
        ledger.add("out", fcnt=fcnt)
    first, second = outbox.due(ledger.store.connection, "out", 9)
    with other(broker, "messfunk/#") as ear:
        await sink.deliver([first])
        await until(lambda: len(ear.bodies("/up")) == 1)
        assert ear.bodies("/state") == [], "the second uplink is owed as well, and brings it"
        await sink.deliver([second])
        await until(lambda: len(ear.bodies("/up")) == 2)
        (state,) = map(json.loads, ear.bodies("/state"))
        assert state["time"] == "2023-11-14T22:13:21.000Z"
    await sink.stop()


async def test_a_gateway_that_dies_leaves_its_last_will(
    ledger: Ledger, broker: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = opened(ledger, broker)
    await sink.back.wait()
    with other(broker, "messfunk/bridge/availability") as ear:
        await until(lambda: ear.bodies() == [b"online"])
        connection: Connection | None = sink._link._connection
        assert connection
        socket = connection._client.socket()
        assert socket
        socket.shutdown(2)  # as when the process is gone: no DISCONNECT
        await until(lambda: b"offline" in ear.bodies())
        await until(lambda: ear.bodies()[-1] == b"online")
    await sink.stop()


async def test_home_assistant_is_told_of_the_node_and_again_after_its_start(
    ledger: Ledger, broker: Mosquitto
) -> None:
    sink = opened(ledger, broker, home_assistant="homeassistant")
    await sink.back.wait()
    topic = f"homeassistant/device/messfunk_{dev_eui(1)}/config"
    with other(broker, topic) as ear:
        ledger.add("out", fcnt=1)
        ledger.add("out", fcnt=2)
        for each in outbox.due(ledger.store.connection, "out", 9):
            await sink.deliver([each])
        await until(lambda: ear.heard)
        assert len(ear.heard) == 1, "once is enough"
        ear.say("homeassistant/status", b"online")
        await until(lambda: len(ear.heard) == 2)
        document = last(ear.heard, topic)
    await sink.stop()
    node = f"messfunk_{dev_eui(1)}"
    assert document["dev"]["ids"] == [node]
    assert document["o"]["name"] == "messfunk", "without an origin Home Assistant refuses the device"
    assert document["stat_t"] == f"messfunk/{dev_eui(1)}/state"
    assert {name: each["uniq_id"] for name, each in document["cmps"].items()} == {
        "temperature": f"{node}_temperature",
        "pm4": f"{node}_pm4",
    }
    assert document["cmps"]["temperature"]["dev_cla"] == "temperature"
    assert document["cmps"]["pm4"]["unit_of_meas"] == "\u03bcg/m\u00b3", "with the Greek letter"


async def test_no_more_is_on_the_way_than_the_broker_takes(ledger: Ledger) -> None:
    """A broker of our own: this Mosquitto does not end connections that go beyond its Receive Maximum."""
    ids, waited = [ledger.add("out", fcnt=fcnt) for fcnt in range(20)], []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        unconfirmed: list[bytes] = []
        while True:
            try:
                first, body = await packet(reader, 0.02 if unconfirmed else None)
            except TimeoutError:  # it waits for us
                waited.append(len(unconfirmed))
                writer.writelines(b"\x40\x02" + each for each in unconfirmed)
                unconfirmed.clear()
                continue
            except asyncio.IncompleteReadError:
                break
            if first == CONNECT:
                writer.write(bytes.fromhex("20 06 00 00 03 21 00 03"))  # Receive Maximum 3
            if first >> 1 & 3:
                topic = int.from_bytes(body[:2], "big")
                unconfirmed.append(body[2 + topic : 4 + topic])
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    sink = MqttSink(
        MqttSinkConfig(type="mqtt", name="out", url=f"mqtt://127.0.0.1:{port}"), ledger.store, Random(1), dict
    )
    sink.start()
    await sink.back.wait()
    await sink.deliver(outbox.due(ledger.store.connection, "out", len(ids)))
    await sink.stop()
    server.close()
    assert max(waited) == 3
    assert sum(waited) >= len(ids)


async def packet(reader: asyncio.StreamReader, wait_s: float | None) -> tuple[int, bytes]:
    """Its first byte, and what its length counts (below 16,384)."""
    async with asyncio.timeout(wait_s):
        first, length = await reader.readexactly(2)
    if length & 0x80:
        length = length & 0x7F | (await reader.readexactly(1))[0] << 7
    return first, await reader.readexactly(length)


async def test_without_a_broker_nothing_is_taken(ledger: Ledger, broker: Mosquitto) -> None:
    sink = opened(ledger, broker)
    await sink.back.wait()
    broker.stop()
    await until(lambda: sink._link.error)
    ledger.add("out")
    with pytest.raises(UnavailableError, match=f"broker {broker.url}"):
        await sink.deliver(outbox.due(ledger.store.connection, "out", 9))
    sink.back.clear()
    broker.start()
    await sink.back.wait()
    await sink.deliver(outbox.due(ledger.store.connection, "out", 9))
    await sink.stop()
