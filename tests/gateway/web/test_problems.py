"""Every error is a problem document that says what to do next."""

import httpx
import pytest
from fastapi import FastAPI

from gateway.store.database import StoreError
from tests.gateway.web.conftest import CREEK

READINGS = f"/api/v1/devices/{CREEK}/readings"


def problem(answer: httpx.Response, status: int) -> dict[str, object]:
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    told: dict[str, object] = answer.json()
    assert set(told) == {"now", "type", "title", "status", "detail", "errors"}
    assert told["status"] == status and told["type"] == "about:blank" and told["now"]
    return told


@pytest.mark.parametrize(
    ("path", "name", "hint"),
    [
        ("/api/v1/devices?limit=0", "limit", "greater than or equal to 1"),
        ("/api/v1/devices?limit=1001", "limit", "less than or equal to 1000"),
        ("/api/v1/devices?limit=ten", "limit", "integer"),
        ("/api/v1/devices?cursor=nonsense", "cursor", "`next` of an earlier page"),
        ("/api/v1/devices?cursor=WzFd", "cursor", "`next` of an earlier page"),  # [1]: a number for a DevEUI
        ("/api/v1/devices?offset=5", "offset", "not permitted"),
        ("/api/v1/devices/70b3d57e", "dev_eui", "16 hexadecimal digits"),
        (f"{READINGS}?from=yesterday", "from", "2026-11-22T12:00:00.000Z"),
        (f"{READINGS}?from=2026-11-22", "from", "2026-11-22T12:00:00.000Z"),
        (f"{READINGS}?from=2026-13-22T12:00:00Z", "from", "2026-11-22T12:00:00.000Z"),
        (f"{READINGS}?from=2026-11-22T12:00:00", "from", "2026-11-22T12:00:00.000Z"),
        (f"{READINGS}?from=2026-11-22T12:00:00+01:00", "from", "%2B"),
        (f"{READINGS}?from=1795348800", "from", "2026-11-22T12:00:00.000Z"),
        (f"{READINGS}?from=2026-11-22T12:00:00Z&to=2026-11-22T11:00:00Z", "to", "not before `from`"),
        (f"{READINGS}?quantity=depth", "quantity", "level"),
        ("/api/v1/uplinks?dev_eui=0x70b3d57ed000000", "dev_eui", "16 hexadecimal digits"),
    ],
)
async def test_a_parameter_that_is_not_understood(
    client: httpx.AsyncClient, path: str, name: str, hint: str
) -> None:
    told = problem(await client.get(path), 422)
    [cause] = told["errors"]  # type: ignore[misc]
    assert cause["name"] == name and hint in cause["reason"]
    assert hint in str(told["detail"])


async def test_cursors_that_sqlite_cannot_take_are_refused(client: httpx.AsyncClient) -> None:
    for cursor in (
        "Wzk5OTk5OTk5OTk5OTk5OTk5OTk5LCIiXQ",
        "WzEsIlx1ZDgwMCJd",
    ):  # [99999999999999999999,""], [1,"\ud800"]
        problem(await client.get("/api/v1/uplinks", params={"cursor": cursor}), 422)


async def test_a_last_event_id_that_is_none(client: httpx.AsyncClient) -> None:
    told = problem(await client.get("/api/v1/events", headers={"Last-Event-ID": "seven"}), 422)
    assert told["errors"][0]["name"] == "last-event-id"  # type: ignore[index]


async def test_an_unregistered_device(client: httpx.AsyncClient) -> None:
    for path in ("/api/v1/devices/70b3d57ed00000ff", "/api/v1/devices/70b3d57ed00000ff/readings"):
        assert "messfunk device add" in str(problem(await client.get(path), 404)["detail"])


async def test_a_path_where_nothing_is(client: httpx.AsyncClient) -> None:
    for path in ("/api/v2/devices", "/api/v1/devices/", "/static/none.js", "/docs", "/static/../api.py"):
        assert "/openapi.json" in str(problem(await client.get(path), 404)["detail"])


async def test_a_method_that_does_nothing(client: httpx.AsyncClient) -> None:
    answer = await client.put("/api/v1/devices", json={})
    assert "/openapi.json" in str(problem(answer, 405)["detail"])
    assert answer.headers["Allow"]


async def test_our_own_fault_tells_nothing_of_itself(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr("gateway.web.api.queries.devices", fail)
    answer = await client.get("/api/v1/devices")
    problem(answer, 500)
    assert "secret" not in answer.text


async def test_a_damaged_store(
    app: FastAPI, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise StoreError("x.db: database disk image is malformed")

    monkeypatch.setattr("gateway.web.api.queries.devices", fail)
    answer = await client.get("/api/v1/devices")
    assert "log" in str(problem(answer, 503)["detail"])
