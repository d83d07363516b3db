"""The answers of the HTTP interface, as issue 2 spells them."""

import httpx
import pytest
from fastapi import FastAPI

from gateway.config import Address, HttpConfig
from gateway.counters import CAUSES, Counters
from gateway.notify import Notifier
from gateway.web.api import VERSION, create_app
from tests.gateway.web.conftest import CREEK, OLD_METER, SQUARE, UNHEARD, client_of
from tests.gateway.web.ledger import KEY, Ledger, StoppedClock

T = "2026-11-22T12:00:00.000Z"


async def test_devices_come_with_their_last_values(client: httpx.AsyncClient) -> None:
    answer = (await client.get("/api/v1/devices")).json()
    assert (answer["now"], answer["next"]) == (T, None)
    creek = answer["devices"][0]
    time = "2026-11-22T11:50:00.000Z"
    last = creek.pop("last")
    assert creek == {
        "dev_eui": CREEK,
        "name": "Aue",
        "group": None,
        "activation": "otaa",
        "dev_addr": "26000001",
        "joined_at": "2026-11-22T02:00:00.000Z",
        "last_seen": time,
        "fcnt_up": 4,
    }
    assert {"quantity": "level", "value": 1224, "unit": "mm", "fault": None, "flag": 1, "time": time} in last
    assert sorted(each["quantity"] for each in last) == ["battery", "distance", "level"]


async def test_unknown_is_null_and_not_absent(client: httpx.AsyncClient) -> None:
    devices = {each["dev_eui"]: each for each in (await client.get("/api/v1/devices")).json()["devices"]}
    assert list(devices) == [CREEK, SQUARE, OLD_METER, UNHEARD]
    unheard = devices[UNHEARD]
    assert [unheard[name] for name in ("dev_addr", "joined_at", "last_seen", "fcnt_up", "last")] == [
        None
    ] * 4 + [[]]
    assert devices[OLD_METER]["joined_at"] is None  # ABP does not join
    assert devices[OLD_METER]["fcnt_up"] == 0
    assert set(unheard) == set(devices[CREEK])


async def test_a_fault_is_told_by_name(client: httpx.AsyncClient) -> None:
    last = (await client.get(f"/api/v1/devices/{SQUARE}")).json()["device"]["last"]
    fault = next(each for each in last if each["quantity"] == "temperature")
    assert (fault["value"], fault["fault"], fault["unit"]) == (None, "no_answer", "Cel")


async def test_last_values_stand_in_the_order_of_the_registry(client: httpx.AsyncClient) -> None:
    schema = (await client.get("/openapi.json")).json()
    parameters = schema["paths"]["/api/v1/devices/{dev_eui}/readings"]["get"]["parameters"]
    order = next(each for each in parameters if each["name"] == "quantity")["schema"]["anyOf"][0]["enum"]
    for device in (await client.get("/api/v1/devices")).json()["devices"]:
        told = [each["quantity"] for each in device["last"]]
        assert told == sorted(told, key=order.index)


async def test_a_dev_eui_is_taken_in_any_case(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"/api/v1/devices/{CREEK.upper()}")
    assert answer.json()["device"]["dev_eui"] == CREEK


async def test_readings_begin_at_from_and_end_before_to(client: httpx.AsyncClient) -> None:
    span = {"quantity": "level", "from": "2026-11-22T11:20:00Z", "to": "2026-11-22T12:40:00.000+01:00"}
    answer = (await client.get(f"/api/v1/devices/{CREEK}/readings", params=span)).json()
    assert [each["time"][11:16] for each in answer["readings"]] == ["11:20", "11:30"]
    assert answer["readings"][0] == {
        "dev_eui": CREEK,
        "quantity": "level",
        "value": 1194,
        "unit": "mm",
        "fault": None,
        "flag": 1,
        "time": "2026-11-22T11:20:00.000Z",
        "uplink_id": answer["readings"][0]["uplink_id"],
    }
    assert (answer["now"], answer["next"]) == (T, None)


async def test_uplinks_come_with_who_heard_them(client: httpx.AsyncClient) -> None:
    uplinks = (await client.get("/api/v1/uplinks", params={"dev_eui": CREEK})).json()["uplinks"]
    assert [each["fcnt"] for each in uplinks] == [0, 1, 2, 3, 4]
    heard = uplinks[0].pop("receptions")
    assert heard[0] == {
        "gateway_id": "aa555a0000000101",
        "rssi_dbm": -101,
        "snr_db": 5.6,
        "frequency_hz": 868100000,
        "data_rate": "SF9BW125",
        "tmst": heard[0]["tmst"],
    }
    assert [each["rssi_dbm"] for each in heard] == [-101, -88.5]
    assert uplinks[0] | {"id": ""} == {
        "id": "",
        "dev_eui": CREEK,
        "dev_addr": "26000001",
        "session_id": 1,
        "fcnt": 0,
        "fport": 1,
        "confirmed": False,
        "received_at": "2026-11-22T11:10:00.000Z",
        "payload": "8518",
        "decoded": True,
        "error": None,
    }


async def test_what_cannot_be_decoded_is_told_as_such(client: httpx.AsyncClient) -> None:
    [uplink] = (await client.get("/api/v1/uplinks", params={"dev_eui": OLD_METER})).json()["uplinks"]
    assert (uplink["decoded"], uplink["payload"]) == (False, "00ff10")
    assert uplink["error"] == "slot 0 is not the bitmap of a report"


async def test_health_tells_counters_to_this_machine_only(app: FastAPI, client: httpx.AsyncClient) -> None:
    health = (await client.get("/healthz")).json()
    assert health == {
        "status": "ok",
        "version": VERSION,
        "now": T,
        "uptime_s": 0,
        "counters": {
            "datagrams": 7,
            "joins": 0,
            "uplinks": 7,
            "duplicates": 0,
            "repetitions": 0,
            "undecoded": 0,
            "downlinks": 0,
            "second_windows": 0,
            "unanswered": 0,
            "unacknowledged": 0,
            "dropped": 0,
            "refused": dict.fromkeys(CAUSES, 0),
        },
    }
    async with client_of(app, "192.0.2.7") as stranger:
        assert (await stranger.get("/healthz")).json()["counters"] is None


async def test_health_tells_no_counters_through_a_proxy(ledger: Ledger, clock: StoppedClock) -> None:
    config = HttpConfig(bind=Address("127.0.0.1", 8080), behind_proxy=True)
    app = create_app(ledger.path, clock, Counters(), Notifier(), config)
    async with client_of(app) as client:
        assert (await client.get("/healthz", headers={"Host": "pegel.example"})).json()["counters"] is None


async def test_uptime_and_now_follow_the_clock(client: httpx.AsyncClient, clock: StoppedClock) -> None:
    clock.time_ms += 90_500
    health = (await client.get("/healthz")).json()
    assert (health["uptime_s"], health["now"]) == (90, "2026-11-22T12:01:30.500Z")


async def test_a_store_that_cannot_be_read_is_a_503(client: httpx.AsyncClient, ledger: Ledger) -> None:
    ledger.store.close()
    ledger.path.unlink()
    health = await client.get("/healthz")
    assert (health.status_code, health.json()["status"]) == (503, "failed")
    devices = await client.get("/api/v1/devices")
    assert (devices.status_code, devices.headers["Retry-After"]) == (503, "5")
    assert devices.headers["Content-Type"] == "application/problem+json"
    assert str(ledger.path) not in devices.text
    assert not ledger.path.exists()  # asking does not create one


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/static/live.js",
        "/healthz",
        "/openapi.json",
        "/api/v1/devices",
        "/api/v1/uplinks",
        "/api/v1/events",
    ],
)
async def test_head_answers_wherever_get_does(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.head(path)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"]


async def test_keys_are_in_no_answer(client: httpx.AsyncClient) -> None:
    for path in ("/api/v1/devices", f"/api/v1/devices/{CREEK}", "/api/v1/uplinks", "/healthz"):
        answer = (await client.get(path)).text
        assert KEY.hex() not in answer and "key" not in answer


async def test_without_a_token_nothing_is_written(ledger: Ledger, client: httpx.AsyncClient) -> None:
    for method in ("POST", "PUT"):
        assert (await client.request(method, f"/api/v1/devices/{CREEK}")).status_code == 405
    for method in ("PATCH", "DELETE"):
        answer = await client.request(method, f"/api/v1/devices/{CREEK}", json={"name": "mine"})
        assert answer.status_code == 403
    assert len(ledger.store.devices()) == 4
