"""Downlinks over HTTP: by operators, through the one writer."""

import pytest

from gateway.access.roles import Role
from tests.gateway.access.conftest import House

DEV_EUI = "70b3d57ed0000001"
OTAA = {"join_eui": "00" * 8, "app_key": "01" * 16}
WHERE = f"/api/v1/devices/{DEV_EUI}/downlinks"
REBOOT = {"orders": [{"order": "reboot"}], "expires_s": 60}


async def register(house: House) -> None:
    async with house.client(Role.ADMIN) as client:
        made = await client.post("/api/v1/devices", json={"dev_eui": DEV_EUI, "keys": OTAA})
        assert made.status_code == 201


async def test_an_operator_sends_sees_and_takes_back(lived_in: House) -> None:
    await register(lived_in)
    async with lived_in.client(Role.OPERATOR) as client:
        sent = (await client.post(WHERE, json=REBOOT)).json()["downlink"]
        assert (sent["id"], sent["state"], sent["fport"]) == (1, "queued", 10)
        assert sent["orders"] == REBOOT["orders"]
        assert (sent["created_at"], sent["expires_at"]) == (
            "2026-11-22T12:00:00.000Z",
            "2026-11-22T12:01:00.000Z",
        )
        plain = (await client.post(WHERE, json={"payload": "C0FFEE", "fport": 5})).json()["downlink"]
        assert (plain["payload"], plain["fport"], plain["orders"]) == ("c0ffee", 5, None)
        page = (await client.get(WHERE, params={"limit": 1})).json()
        assert [each["id"] for each in page["downlinks"]] == [2]
        rest = (await client.get(WHERE, params={"cursor": page["next"]})).json()
        assert ([each["id"] for each in rest["downlinks"]], rest["next"]) == ([1], None)
        assert (await client.delete(f"{WHERE}/1")).status_code == 204
        assert (await client.delete(f"{WHERE}/1")).status_code == 404
        states = [each["state"] for each in (await client.get(WHERE)).json()["downlinks"]]
        assert states == ["queued", "cancelled"]
    written = [row["command"] for row in lived_in.audit()][-3:]
    assert written == ["downlink.send", "downlink.cancel", "downlink.cancel"]


async def test_no_more_wait_than_a_node_will_hear(lived_in: House) -> None:
    await register(lived_in)
    async with lived_in.client(Role.OPERATOR) as client:
        codes = [(await client.post(WHERE, json={"payload": "00"})).status_code for _ in range(101)]
        assert codes == [201] * 100 + [409]
        assert (await client.delete(f"{WHERE}/7")).status_code == 204
        assert (await client.post(WHERE, json={"payload": "00"})).status_code == 201


async def test_what_waits_for_a_node_goes_with_it(lived_in: House) -> None:
    """Taken up again after a year, it must not obey an order of then."""
    await register(lived_in)
    async with lived_in.client(Role.ADMIN) as client:
        await client.post(WHERE, json={"orders": REBOOT["orders"]})
        assert (await client.delete(f"/api/v1/devices/{DEV_EUI}")).status_code == 204
        await register(lived_in)
        states = [each["state"] for each in (await client.get(WHERE)).json()["downlinks"]]
        assert states == ["cancelled"]


async def test_a_viewer_may_look_only(lived_in: House) -> None:
    await register(lived_in)
    async with lived_in.client(Role.VIEWER) as client:
        assert (await client.get(WHERE)).json()["downlinks"] == []
        assert (await client.post(WHERE, json=REBOOT)).status_code == 403
        assert (await client.delete(f"{WHERE}/1")).status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"payload": "0"},
        {"payload": "00", "orders": REBOOT["orders"]},
        {"orders": [{"order": "dance"}]},
        {"orders": [None]},
        {"payload": "00", "fport": 224},
        {"payload": "00", "priority": 1000},
        {"payload": "00", "expires_s": 0},
        {"payload": "00", "surprise": 1},
        None,
    ],
)
async def test_what_is_not_understood_is_refused(lived_in: House, body: object) -> None:
    await register(lived_in)
    async with lived_in.client(Role.OPERATOR) as client:
        assert (await client.post(WHERE, json=body)).status_code == 422
        assert (await client.get(WHERE)).json()["downlinks"] == []
        assert (await client.post(WHERE.replace(DEV_EUI, "00" * 8), json=REBOOT)).status_code == 404
