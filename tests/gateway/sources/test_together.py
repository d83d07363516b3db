"""All kinds of sources in one gateway at once: every answer goes back the way its uplink came."""

import json
from pathlib import Path

from gateway import devices
from gateway.app import App
from gateway.config import load
from gateway.devices import Provisioning
from tests.gateway.broker import mosquitto, other, until
from tests.gateway.desk import START_MS, ManualClock, Node, abp
from tests.gateway.forwarder import PULL_RESP, Forwarder, push, rxpk
from tests.gateway.lns import dev_eui, event, topic
from tests.gateway.sources.samples import TTS_TOPIC, TTS_UP, V3_TOPIC, V3_UP
from tests.gateway.station import Station, updf

V3_EUI, TTS_EUI = "0202020202020202", "0004a30b001c0530"
LISTENING = ("application/+/device/+/command/down", "v3/+/devices/+/down/push")


def written(folder: Path, broker: str) -> Path:
    file = folder / "messfunk.toml"
    tables = ["[[source]]\nbind = '127.0.0.1:0'", "[[source]]\ntype = 'basics_station'\nbind = '127.0.0.1:0'"]
    for kind, topics in (("chirpstack", topic(1)), ("chirpstack_v3", V3_TOPIC), ("tts", TTS_TOPIC)):
        names = f"type = '{kind}'\nname = '{kind}'\nurl = '{broker}'"
        tables.append(f"[[source]]\n{names}\ntopics = ['{topics}']\nadopt = true")
    file.write_text("[http]\nbind = '127.0.0.1:0'\n" + "\n".join(tables))
    return file


def registered(app: App, number: int) -> Node:
    node = abp(number)
    assert node.keys
    devices.add(app.store, Provisioning(node.dev_eui, f"Aue {number}", node.keys), START_MS)
    return node


async def test_all_at_once_and_each_answer_goes_back_its_way(tmp_path: Path) -> None:
    with mosquitto(tmp_path) as broker, other(broker) as lns, other(broker, *LISTENING) as ear:
        clock = ManualClock()
        async with App(load(written(tmp_path, broker.url)), clock) as app:
            await until(lambda: not any(app.source_errors().values()))
            by_udp, by_station = registered(app, 1), registered(app, 2)
            forwarder = Forwarder(app.udp_address)
            await forwarder.pull()
            async with Station(app.station_address) as station:
                await forwarder.ask(push(rxpk(by_udp.uplink(confirmed=True))))
                await station.say(updf(by_station.uplink(confirmed=True)))
                await station.settle()
                await clock.advance(300)
                assert (await forwarder.receive())[3] == PULL_RESP
                assert [each["msgtype"] for each in await station.settle()] == ["dnmsg"]
            forwarder.close()
            lns.say(topic(1), event(1, 1))
            lns.say(V3_TOPIC, json.dumps(V3_UP).encode())
            lns.say(TTS_TOPIC, json.dumps(TTS_UP).encode())
            await until(lambda: app.counters.uplinks == 5)
            for eui in (dev_eui(1), V3_EUI, TTS_EUI):
                await app.send(eui, 10, b"\x01")
            await until(lambda: len(ear.heard) == 3)
            assert sorted(message.topic for message in ear.heard) == [
                f"application/1/device/{dev_eui(1)}/command/down",
                "application/123/device/0202020202020202/command/down",
                "v3/app1@tenant1/devices/dev1/down/push",
            ]
