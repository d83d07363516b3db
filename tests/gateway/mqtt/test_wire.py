"""MQTT's packets: ours read by a real broker, the broker's by us, bent ones refused."""

import asyncio
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codec.wire import WireError
from gateway.mqtt import wire
from gateway.mqtt.connection import MqttError, Role, Said
from gateway.mqtt.publisher import PublishingLink
from gateway.mqtt.wire import Heard, Kind, Packets
from gateway.peers import MqttSinkConfig
from tests.gateway.broker import Mosquitto, mosquitto, other, until


@given(
    topic=st.text("abc/ä", min_size=1, max_size=300),
    body=st.binary(max_size=20_000),
    number=st.none() | st.integers(1, 0xFFFF),
    is_5=st.booleans(),
    cuts=st.lists(st.integers(0, 20_400), max_size=5),
)
def test_a_publish_is_read_as_it_was_written_however_it_is_cut(
    topic: str, body: bytes, number: int | None, is_5: bool, cuts: list[int]
) -> None:
    packet = wire.publish(topic.encode(), body, number, False, is_5) + wire.PINGREQ
    packets, edges = Packets(), [0, *sorted(min(cut, len(packet)) for cut in cuts), len(packet)]
    found = [each for begin, end in pairwise(edges) for each in packets.feed(packet[begin:end])]
    (kind, flags, content), last = found
    assert (kind, last) == (Kind.PUBLISH, (Kind.PINGREQ, 0, b""))
    assert wire.read_publish(flags, content, is_5) == Heard(topic, body, number)


@given(data=st.binary(max_size=200), is_5=st.booleans())
def test_what_a_hostile_broker_says_is_refused_by_wire_error_only(data: bytes, is_5: bool) -> None:
    try:
        for _ in Packets().feed(data):
            pass
        wire.read_publish(data[0] & 0x0F if data else 0, data, is_5)
        wire.read_puback(data)
        wire.read_accepted(data, is_5)
    except WireError:
        pass


@pytest.mark.parametrize(
    ("properties", "window"),
    [
        (b"\x00", 0xFFFF),
        (b"\x03\x21\x00\x14", 20),
        (b"\x0d\x12\x00\x02id\x22\x00\x0a\x21\x01\x00", 256),
    ],
)
def test_the_broker_says_how_much_may_be_open(properties: bytes, window: int) -> None:
    """Receive Maximum, 0x21 (mqtt-v5.0 3.2.2.3.3)."""
    properties = bytes([len(properties) - 1]) + properties[1:]
    assert wire.read_accepted(b"\x00\x00" + properties, True).window == window


def test_a_refusal_is_told_in_words() -> None:
    with pytest.raises(WireError, match="bad user name or password"):
        wire.read_accepted(b"\x00\x86\x00", True)
    with pytest.raises(WireError, match="not authorized"):
        wire.read_accepted(b"\x00\x05", False)


def link_to(broker: Mosquitto, role: Role, **changes: object) -> PublishingLink:
    config = MqttSinkConfig.model_validate({"type": "mqtt", "name": "out", "url": broker.url, **changes})
    return PublishingLink(config, "us", role, Random(1))


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
async def test_a_real_broker_takes_thousands_in_order(tmp_path: Path, protocol: str) -> None:
    """More than it wants open at once (Mosquitto: 20), bodies whose length takes 1, 2 and 3 bytes."""
    up = asyncio.Event()
    bodies = [b"%05d" % number + b"x" * (number * 7 % 400) for number in range(2000)] + [b"y" * 20_000]
    with mosquitto(tmp_path) as broker, other(broker, "town/#") as ear:
        link = link_to(broker, Role(connected=up.set), protocol=protocol)
        link.start()
        await up.wait()
        await link.publish(*(Said(f"town/{number % 3}", body) for number, body in enumerate(bodies)))
        await until(lambda: len(ear.heard) == len(bodies))
        assert ear.bodies() == bodies
        await link.stop()


async def test_what_the_broker_has_not_confirmed_fails(tmp_path: Path) -> None:
    up = asyncio.Event()
    with mosquitto(tmp_path) as broker:
        link = link_to(broker, Role(connected=up.set))
        link.start()
        await up.wait()
        sent = link.publish(*[Said("a", b"x")] * 500)
        broker.stop(9)
        with pytest.raises(MqttError):
            await sent
        with pytest.raises(MqttError):
            link.publish(Said("a", b"x"))
        await link.stop()


async def test_a_wrong_password_is_named(tmp_path: Path) -> None:
    with mosquitto(tmp_path, "allow_anonymous false") as broker:
        link = link_to(broker, Role())
        link.start()
        await until(lambda: "not authorized" in (link.error or ""))
        await link.stop()
