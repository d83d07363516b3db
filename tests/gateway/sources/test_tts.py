"""The Things Stack's messages as values: the published sample, repaired and as it is."""

import json
from typing import Any

import pytest

from codec.wire import WireError
from gateway.sources import tts
from gateway.sources.lns import Hearing, LnsAnswer, LnsDownlink, LnsJoin, LnsUplink
from tests.gateway.sources.samples import TTS_TOPIC, TTS_UP, TTS_UP_AS_PUBLISHED

ROUTE = TTS_TOPIC.removesuffix("/up")
DEV_EUI = "0004a30b001c0530"


def read(message: dict[str, Any], kind: str = "up") -> object:
    return tts.read(f"{ROUTE}/{kind}", json.dumps(message).encode())


def test_the_published_sample_repaired() -> None:
    assert read(TTS_UP) == LnsUplink(
        dev_eui=DEV_EUI,
        name="dev1",
        dev_addr="00bcb929",
        fcnt=1,
        fport=None,
        confirmed=False,
        payload=bytes.fromhex("8241de"),
        time_ms=1581520545789,
        frequency_hz=868300000,
        data_rate="SF7BW125",
        hearings=(Hearing("9c5c8e00001a05c4", -35.0, 5.0),),
        route=ROUTE,
    )


def test_the_published_sample_is_no_json_and_refused_as_such() -> None:
    with pytest.raises(WireError, match="not JSON"):
        tts.read(TTS_TOPIC, TTS_UP_AS_PUBLISHED)


def test_what_the_stack_leaves_out() -> None:
    bare = {
        "end_device_ids": TTS_UP["end_device_ids"],
        "uplink_message": {"rx_metadata": []},
        "simulated": True,
    }
    uplink = read(bare)
    assert isinstance(uplink, LnsUplink)
    assert (uplink.fcnt, uplink.payload, uplink.time_ms, uplink.data_rate) == (0, b"", None, None)
    assert uplink.simulated


def test_a_gateway_behind_packet_broker_has_a_name_only() -> None:
    heard = [{"gateway_ids": {"gateway_id": "packetbroker"}, "rssi": -80}]
    uplink = read({**TTS_UP, "uplink_message": {**TTS_UP["uplink_message"], "rx_metadata": heard}})
    assert isinstance(uplink, LnsUplink)
    assert uplink.hearings == (Hearing("packetbroker", -80.0, 0.0),)


def test_a_join() -> None:
    join = {
        "end_device_ids": TTS_UP["end_device_ids"],
        "join_accept": {"received_at": "2020-02-17T07:49:00Z"},
    }
    assert read(join, "join") == LnsJoin(DEV_EUI, "dev1", "00bcb929", 1581925740000, ROUTE)


def test_our_reference_comes_back_among_the_stacks_own() -> None:
    ids = {"end_device_ids": TTS_UP["end_device_ids"]}
    told = {"correlation_ids": ["as:downlink:01E0", "5f9a"]}
    assert read({**ids, **told, "downlink_sent": {}}, "down/sent") == LnsAnswer(
        DEV_EUI, "transmitted", "5f9a"
    )
    assert read({**ids, "downlink_ack": told}, "down/ack") == LnsAnswer(DEV_EUI, "acknowledged", "5f9a")
    failed = {**ids, "downlink_failed": {"downlink": told, "error": {}}}
    assert read(failed, "down/failed") == LnsAnswer(DEV_EUI, "failed", "5f9a")
    assert read({**ids, "downlink_nack": {}}, "down/nack") == LnsAnswer(DEV_EUI, "not acknowledged", None)
    assert read(ids, "service/data") is None


def test_a_downlink_is_appended_to_the_queue() -> None:
    topic, body = tts.push(LnsDownlink(ROUTE, 15, b"\xbe\xef", False, "5f9a"))
    assert topic == "v3/app1@tenant1/devices/dev1/down/push"
    (queued,) = json.loads(body)["downlinks"]
    assert queued == {
        "f_port": 15,
        "frm_payload": "vu8=",
        "confirmed": False,
        "priority": "NORMAL",
        "correlation_ids": ["5f9a"],
    }


@pytest.mark.parametrize(
    "change",
    [
        {"end_device_ids": {"device_id": "dev1"}},
        {"end_device_ids": {"device_id": "dev2", "dev_eui": "0004A30B001C0530"}},
        {"end_device_ids": None},
        {"uplink_message": {"frm_payload": "?"}},
        {"uplink_message": {"settings": {"frequency": "868.3"}}},
        {"uplink_message": {"rx_metadata": [{"gateway_ids": {}}]}},
        {"uplink_message": []},
        {"simulated": 1},
    ],
)
def test_what_cannot_be(change: dict[str, Any]) -> None:
    with pytest.raises(WireError):
        read({**TTS_UP, **change})
