"""ChirpStack's events as values: the published sample, what it leaves out, what no event may do."""

import base64
import json
from typing import Any

import pytest

from codec.wire import WireError
from gateway.sources import chirpstack
from gateway.sources.lns import Hearing, LnsAnswer, LnsDownlink, LnsJoin, LnsUplink
from tests.gateway.sources.samples import CHIRPSTACK_TOPIC, CHIRPSTACK_UP, V3_TOPIC, V3_UP

ROUTE = CHIRPSTACK_TOPIC.removesuffix("/event/up")
V3_ROUTE = V3_TOPIC.removesuffix("/event/up")


def read(event: dict[str, Any], kind: str = "up") -> object:
    return chirpstack.read_v4(f"{ROUTE}/event/{kind}", json.dumps(event).encode())


def read_v3(event: dict[str, Any], kind: str = "event/up") -> object:
    return chirpstack.read_v3(f"{V3_ROUTE}/{kind}", json.dumps(event).encode())


def test_the_published_sample() -> None:
    assert read(CHIRPSTACK_UP) == LnsUplink(
        dev_eui="0101010101010101",
        name="Test device",
        dev_addr="00189440",
        fcnt=0,
        fport=1,
        confirmed=False,
        payload=b"\xaa",
        time_ms=1658136855775,
        frequency_hz=867100000,
        data_rate="SF11BW125",
        hearings=(Hearing("0016c001f153a14c", -36.0, 10.5),),
        route=ROUTE,
    )


def test_what_is_told_is_taken() -> None:
    heard = {**CHIRPSTACK_UP["rxInfo"][0], "nsTime": "2022-07-18T09:34:16.5Z"}
    uplink = read({**CHIRPSTACK_UP, "fCnt": 70000, "confirmed": True, "rxInfo": [heard]})
    assert isinstance(uplink, LnsUplink)
    assert (uplink.fcnt, uplink.confirmed) == (70000, True)
    assert uplink.time_ms == 1658136856500, "the server's clock rather than a gateway's"


@pytest.mark.parametrize(
    ("change", "field", "value"),
    [
        ({"fPort": None}, "fport", None),
        ({"fCnt": "4294967295"}, "fcnt", 0xFFFFFFFF),
        ({"data": None}, "payload", b""),
        ({"data": "_-8="}, "payload", b"\xff\xef"),
        ({"time": None}, "time_ms", None),
        ({"time": "0001-01-01T00:00:00Z"}, "time_ms", None),
        ({"time": "1980-01-06T00:00:00Z"}, "time_ms", None),
        ({"time": "2022-07-18T09:34:15"}, "time_ms", None),
        ({"devAddr": None}, "dev_addr", None),
        ({"rxInfo": None}, "hearings", ()),
        (
            {"rxInfo": [{"gatewayId": "0016c001f153a14c", "rssi": -120}]},
            "hearings",
            (("0016c001f153a14c", -120.0, 0.0),),
        ),
        ({"rxInfo": [{"gatewayId": "roof", "rssi": 1e9, "snr": "x"}]}, "hearings", (("roof", None, None),)),
        ({"txInfo": {"modulation": {"fsk": {"datarate": 50000}}}, "dr": 7}, "data_rate", "DR7"),
        ({"txInfo": None, "dr": None}, "data_rate", None),
    ],
)
def test_what_is_left_out_or_strange(change: dict[str, Any], field: str, value: object) -> None:
    uplink = read({**CHIRPSTACK_UP, **change})
    found = getattr(uplink, field)
    assert found == (tuple(Hearing(*each) for each in value) if field == "hearings" else value)


@pytest.mark.parametrize(
    "change",
    [
        {"fCnt": -1},
        {"fCnt": 1 << 32},
        {"fCnt": 1.5},
        {"fCnt": True},
        {"fPort": 256},
        {"data": "not base64!"},
        {"data": 7},
        {"data": base64.b64encode(bytes(256)).decode()},
        {"deviceInfo": None},
        {"deviceInfo": {"devEui": "01"}},
        {"deviceInfo": {"devEui": "0101010101010102"}},
        {"deviceInfo": {"devEui": "0101010101010101", "deviceName": "\ud800"}},
        {"rxInfo": [None]},
        {"rxInfo": {}},
        {"rxInfo": [{"rssi": -1}]},
        {"confirmed": "yes"},
        {"devAddr": "0018944"},
    ],
)
def test_what_cannot_be(change: dict[str, Any]) -> None:
    with pytest.raises(WireError):
        read({**CHIRPSTACK_UP, **change})


def test_a_join_and_the_answers_to_a_downlink() -> None:
    head = {"deviceInfo": CHIRPSTACK_UP["deviceInfo"], "time": CHIRPSTACK_UP["time"]}
    dev_eui = "0101010101010101"
    assert read({**head, "devAddr": "00189441"}, "join") == LnsJoin(
        dev_eui, "Test device", "00189441", 1658136855775, ROUTE
    )
    assert read({**head, "queueItemId": "q"}, "txack") == LnsAnswer(dev_eui, "transmitted", "q")
    assert read({**head, "queueItemId": "q", "acknowledged": True}, "ack") == LnsAnswer(
        dev_eui, "acknowledged", "q"
    )
    assert read({**head, "queueItemId": "q"}, "ack") == LnsAnswer(dev_eui, "not acknowledged", "q")
    assert read({**head, "margin": 10}, "status") is None


def test_version_3_names_no_downlink_in_its_acknowledgement() -> None:
    dev_eui = V3_ROUTE.rpartition("/")[2]
    said = {"devEUI": base64.b64encode(bytes.fromhex(dev_eui)).decode(), "fCnt": 12}
    assert read_v3({**said, "acknowledged": True}, "event/ack") == LnsAnswer(
        dev_eui, "acknowledged", None, is_oldest=True
    )
    assert read_v3(said, "event/ack") == LnsAnswer(dev_eui, "not acknowledged", None, is_oldest=True)


def test_a_downlink_goes_to_the_topic_its_uplink_came_by() -> None:
    down = LnsDownlink(ROUTE, 10, b"\x01\x02", True, "5f9a")
    topic, body = chirpstack.command_v4(down)
    assert topic == ROUTE + "/command/down"
    assert json.loads(body) == {
        "id": "5f9a",
        "devEui": "0101010101010101",
        "confirmed": True,
        "fPort": 10,
        "data": "AQI=",
    }
    topic, body = chirpstack.command_v3(down)
    assert topic == ROUTE + "/command/down"
    assert json.loads(body) == {"reference": "5f9a", "confirmed": True, "fPort": 10, "data": "AQI="}


def test_version_3_in_base64() -> None:
    assert read_v3(V3_UP) == LnsUplink(
        dev_eui="0202020202020202",
        name="garden-sensor",
        dev_addr="00513942",
        fcnt=10,
        fport=5,
        confirmed=True,
        payload=b"\x01\x02\x03",
        time_ms=1573221565048,
        frequency_hz=868100000,
        data_rate="SF11BW125",
        hearings=(Hearing("0303030303030303", -48.0, 9.0),),
        route=V3_ROUTE,
    )


def test_version_3_in_hex_and_on_its_older_topics() -> None:
    heard = {**V3_UP["rxInfo"][0], "gatewayID": "0303030303030303", "time": None}
    radio = {"frequency": 868100000, "dr": 5}
    event = {**V3_UP, "devEUI": "0202020202020202", "devAddr": "00513942", "rxInfo": [heard], "txInfo": radio}
    for kind in ("rx", "event/rx", "event/up"):
        uplink = read_v3(event, kind)
        assert isinstance(uplink, LnsUplink)
        assert (uplink.dev_eui, uplink.dev_addr, uplink.time_ms) == ("0202020202020202", "00513942", None)
        assert (uplink.hearings[0].gateway_id, uplink.data_rate) == ("0303030303030303", "DR5")
    assert isinstance(read_v3(event, "join"), LnsJoin)
    assert read_v3(event, "event/error") is None


@pytest.mark.parametrize(
    "topic", ["", "application", "a/b/c/d/e/up", "v3/a/devices/b/up", "application/1/device/up"]
)
def test_a_topic_of_somebody_else(topic: str) -> None:
    with pytest.raises(WireError):
        chirpstack.read_v4(topic, b"{}")
