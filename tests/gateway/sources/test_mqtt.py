"""An LNS source on a real Mosquitto: nothing is acknowledged before it is committed, nothing is lost."""

import asyncio
import base64
import gc
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from codec import dialogue, message
from gateway.access.roles import Principal, Role
from gateway.app import App
from gateway.clock import WallClock
from gateway.config import Config, ConfigError, load
from gateway.model import GatewayError
from gateway.network import queue
from gateway.store.database import StoreError
from tests.gateway.broker import Mosquitto, Other, mosquitto, other, until
from tests.gateway.lns import dev_eui, event, topic
from tests.gateway.sources.samples import TTS_TOPIC, TTS_UP

OPERATOR = Principal("operator", Role.OPERATOR)


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    with mosquitto(tmp_path_factory.mktemp("broker")) as running:
        yield running


@pytest.fixture
def lns(broker: Mosquitto) -> Iterator[Other]:
    with other(broker) as made:
        yield made


def source(url: str, name: str, extra: str = "", kind: str = "chirpstack") -> str:
    return f'[[source]]\ntype = "{kind}"\nname = "{name}"\nurl = "{url}"\nadopt = true\n{extra}\n'


def written(folder: Path, *tables: str) -> Config:
    file = folder / "messfunk.toml"
    file.write_text('[http]\nbind = "127.0.0.1:0"\n' + "\n".join(tables))
    return load(file)


@asynccontextmanager
async def serving(config: Config) -> AsyncIterator[App]:
    """Once its sources are connected."""
    async with App(config, WallClock()) as app:
        await until(lambda: not any(app.source_errors().values()))
        yield app


def fcnts(app: App, number: int) -> list[int]:
    query = "SELECT fcnt FROM uplink WHERE dev_eui = ? ORDER BY rowid"
    return [row[0] for row in app.store.connection.execute(query, (dev_eui(number),))]


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
async def test_what_is_published_while_we_are_away_comes_when_we_are_back(
    tmp_path: Path, broker: Mosquitto, lns: Other, protocol: str
) -> None:
    number = 1 if protocol == "5" else 2
    extra = f'protocol = "{protocol}"\ntopics = ["{topic(number)}"]'
    config = written(tmp_path, source(broker.url, f"away{number}", extra))
    async with serving(config) as app:
        lns.say(topic(number), event(number, 0))
        await until(lambda: fcnts(app, number) == [0])
    for fcnt in range(1, 300):
        lns.say(topic(number), event(number, fcnt))
    async with serving(config) as app:
        await until(lambda: len(fcnts(app, number)) == 300)
        assert fcnts(app, number) == list(range(300)), "in their order"
        assert app.counters.duplicates == 0, "the first one had been acknowledged"


async def test_nothing_is_acknowledged_that_the_store_refuses(
    tmp_path: Path, broker: Mosquitto, lns: Other, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.sources.mqtt._RETRY_S", 0.1)
    config = written(tmp_path, source(broker.url, "full", f'topics = ["{topic(3)}"]'))
    async with serving(config) as app:
        add, refused = app.store.add_uplink, []

        def refuse(uplink: object) -> None:
            refused.append(uplink)
            raise StoreError("the disk is full")

        app.store.add_uplink = refuse  # type: ignore[method-assign,assignment]
        for fcnt in range(5):
            lns.say(topic(3), event(3, fcnt))
        await until(lambda: len(refused) > 2)
        assert fcnts(app, 3) == []
        app.store.add_uplink = add  # type: ignore[method-assign]
        await until(lambda: fcnts(app, 3) == [0, 1, 2, 3, 4])


async def test_what_was_not_acknowledged_comes_again_in_the_next_life(
    tmp_path: Path, broker: Mosquitto, lns: Other
) -> None:
    config = written(tmp_path, source(broker.url, "again", f'topics = ["{topic(4)}"]'))
    async with serving(config) as app:

        def refuse(uplink: object) -> None:
            raise StoreError("the disk is full")

        app.store.add_uplink = refuse  # type: ignore[method-assign,assignment]
        lns.say(topic(4), event(4, 0))
        await asyncio.sleep(0.2)
    async with serving(config) as app:
        await until(lambda: fcnts(app, 4) == [0])


async def test_a_shared_subscription_gives_each_message_to_one(
    tmp_path: Path, broker: Mosquitto, lns: Other
) -> None:
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
    extra = f'group = "town"\ntopics = ["{topic(5)}"]'
    first, second = (written(f, source(broker.url, f"share-{f.name}", extra)) for f in folders)
    async with serving(first) as one, serving(second) as two:
        for fcnt in range(40):
            lns.say(topic(5), event(5, fcnt))
        await until(lambda: len(fcnts(one, 5)) + len(fcnts(two, 5)) == 40)
        assert sorted(fcnts(one, 5) + fcnts(two, 5)) == list(range(40))
        assert min(len(fcnts(one, 5)), len(fcnts(two, 5))) > 0


async def test_a_message_that_cannot_be_read_does_not_come_for_ever(
    tmp_path: Path, broker: Mosquitto, lns: Other
) -> None:
    config = written(tmp_path, source(broker.url, "bad", f'topics = ["{topic(6)}"]'))
    async with serving(config) as app:
        for body in (b"", b"\xff" * 2000, b"[" * 50_000):
            lns.say(topic(6), body)
        lns.say(topic(6), event(6, 1))
        await until(lambda: fcnts(app, 6) == [1])
        assert app.counters.refused["malformed"] == 3
    async with serving(config) as app:
        lns.say(topic(6), event(6, 2))
        await until(lambda: fcnts(app, 6) == [1, 2])
        assert app.counters.refused["malformed"] == 0


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
async def test_a_message_of_16_megabytes_is_passed_over(
    tmp_path: Path, broker: Mosquitto, lns: Other, protocol: str
) -> None:
    """By MQTT 5 the broker does not even send it: we have told it what we take."""
    number = 8 + (protocol == "5")
    extra = f'topics = ["{topic(number)}"]\nprotocol = "{protocol}"'
    config = written(tmp_path, source(broker.url, f"large{number}", extra))
    async with serving(config) as app:
        lns.say(topic(number), b" " * (16 << 20))
        lns.say(topic(number), event(number, 1))
        await until(lambda: fcnts(app, number) == [1])
        assert app.counters.refused["malformed"] == (protocol == "3.1.1")


async def test_downlinks_go_back_the_way_the_uplink_came(
    tmp_path: Path, broker: Mosquitto, lns: Other
) -> None:
    config = written(
        tmp_path,
        source(broker.url, "cs", f'topics = ["{topic(7)}"]'),
        source(broker.url, "tts", 'topics = ["v3/+/devices/+/up"]', "tts"),
    )
    with other(broker, "application/+/device/+/command/down", "v3/+/devices/+/down/push") as ear:
        async with serving(config) as app:
            lns.say(topic(7), event(7, 1))
            lns.say(TTS_TOPIC, json.dumps(TTS_UP).encode())
            await until(lambda: app.counters.uplinks == 2)
            reference = await app.send(dev_eui(7), 10, b"\x01", confirmed=True)
            await app.send("0004a30b001c0530", 11, b"\x02")
            with pytest.raises(GatewayError, match="no LNS"):
                await app.send("70b3d57ed0ffffff", 1, b"")
            await until(lambda: len(ear.heard) == 2)
        said = {message.topic: json.loads(message.payload) for message in ear.heard}
        command = said[f"application/1/device/{dev_eui(7)}/command/down"]
        assert (command["id"], command["fPort"], command["data"]) == (reference, 10, "AQ==")
        assert said["v3/app1@tenant1/devices/dev1/down/push"]["downlinks"][0]["f_port"] == 11


def outcome(app: App, number: int) -> tuple[str, str | None]:
    [told] = queue.told(app.store.connection, dev_eui(number))
    return told["state"], told["reason"]


def ordered(app: App, number: int, **wanted: Any) -> None:
    app.writer.run(OPERATOR, "downlink.send", {"dev_eui": dev_eui(number), **wanted})


async def test_what_an_operator_orders_goes_out_and_its_outcome_comes_back(
    tmp_path: Path, broker: Mosquitto, lns: Other
) -> None:
    """Confirmed and acknowledged, confirmed and not, and orders that the node itself answers."""
    config = written(tmp_path, source(broker.url, "ops"))
    with other(broker, "application/1/device/+/command/down") as ear:
        async with serving(config) as app:
            for number in (10, 11, 12):
                lns.say(topic(number), event(number, 1))
            await until(lambda: app.counters.uplinks == 3)
            ordered(app, 10, payload="0102", fport=7, confirmed=True)
            ordered(app, 11, payload="0304", fport=7, confirmed=True)
            ordered(app, 12, orders=[{"order": "reboot"}])
            await until(lambda: len(ear.heard) == 3)
            said = {each.topic.split("/")[3]: json.loads(each.payload) for each in ear.heard}
            assert base64.b64decode(said[dev_eui(10)]["data"]) == b"\x01\x02"
            assert (said[dev_eui(10)]["fPort"], said[dev_eui(10)]["confirmed"]) == (7, True)
            await until(lambda: all(outcome(app, number) == ("sent", None) for number in (10, 11, 12)))
            for number, is_heard in ((10, True), (11, False)):
                info = {"deviceInfo": {"devEui": dev_eui(number)}}
                word = {**info, "acknowledged": is_heard, "queueItemId": said[dev_eui(number)]["id"]}
                lns.say(topic(number).replace("/up", "/ack"), json.dumps(word).encode())
            command = message.decode(base64.b64decode(said[dev_eui(12)]["data"]))
            assert isinstance(command, message.Command)
            lns.say(topic(12), event(12, 2, dialogue.answer(command.token, 0), fport=11))
            await until(lambda: outcome(app, 12) == ("answered", None))
            assert outcome(app, 10) == ("delivered", None)
            assert outcome(app, 11) == ("failed", "not acknowledged, says the LNS")


async def test_an_order_waits_for_a_broker_that_is_down(tmp_path: Path) -> None:
    broker = Mosquitto(tmp_path)
    broker.start()
    config = written(tmp_path, source(broker.url, "late"))
    async with serving(config) as app:
        with other(broker) as lns:
            lns.say(topic(13), event(13, 1))
            await until(lambda: app.counters.uplinks == 1)
        broker.stop()
        await until(lambda: any(app.source_errors().values()))
        ordered(app, 13, payload="01", fport=7)
        await until(lambda: outcome(app, 13)[1])
        assert outcome(app, 13)[0] == "queued" and str(broker.url) in str(outcome(app, 13)[1])
        broker.start()
        await until(lambda: not any(app.source_errors().values()), 60)
        with other(broker, "application/1/device/+/command/down") as ear:
            ear.say(topic(13), event(13, 2))
            await until(lambda: len(ear.heard) == 1, 60)
            await until(lambda: outcome(app, 13) == ("sent", None), 60)
    broker.stop()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_tls_with_a_client_certificate(tmp_path: Path, certificates: Path) -> None:
    """paho leaves the socket of a failed handshake to the garbage collector, which complains."""
    lines = [
        f"cafile {certificates}/ca.pem",
        f"certfile {certificates}/server.pem",
        f"keyfile {certificates}/server.key",
        "require_certificate true",
        "use_identity_as_username true",
        "allow_anonymous false",
    ]
    broker = Mosquitto(tmp_path, *lines)
    broker.start()
    url = broker.url.replace("mqtt:", "mqtts:")
    ours = f'cert_file = "{certificates}/client.pem"\nkey_file = "{certificates}/client.key"'
    ca = f'ca_file = "{certificates}/ca.pem"\n'
    sink = f'[[sink]]\ntype = "mqtt"\nname = "out"\nurl = "{url}"\ntopic = "application"\n{ca}{ours}\n'
    try:
        config = written(tmp_path, source(url, "tls", ca + ours), sink)
        async with serving(config) as app:
            await until(lambda: app.source_errors() == {"tls": None})
        for name, extra in (("no-certificate", ca), ("no-authority", ours)):
            async with App(written(tmp_path, source(url, name, extra)), WallClock()) as app:
                await until(lambda: app.source_errors()[name] != "not connected yet")  # noqa: B023
                error = app.source_errors()[name] or ""
                assert "certificate" in error.lower() or "ssl" in error.lower() or "lost" in error, error
    finally:
        broker.stop()
        gc.collect()


async def test_a_wrong_password_is_named_and_never_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "users").write_text("messfunk:" + "$7$101$AAAA$AAAA\n")
    (tmp_path / "password").write_text("hunter2-never-shown\n")
    extra = 'username = "messfunk"\npassword_file = "password"'
    with mosquitto(tmp_path, f"password_file {tmp_path}/users", "allow_anonymous false") as broker:
        async with App(written(tmp_path, source(broker.url, "aue", extra)), WallClock()) as app:
            await until(lambda: "refused" in (app.source_errors()["aue"] or ""))
            assert "Not authorized" in (app.source_errors()["aue"] or "")
    assert "hunter2" not in caplog.text


def test_an_empty_password_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("\n")
    config = written(
        tmp_path, source("mqtt://127.0.0.1:1", "aue", 'username = "a"\npassword_file = "password"')
    )

    async def run() -> None:
        async with App(config, WallClock()):
            pass

    with pytest.raises(ConfigError, match="expected a secret on its first line"):
        asyncio.run(run())
