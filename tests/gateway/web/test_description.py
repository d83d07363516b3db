"""/openapi.json describes the interface as it answers."""

from typing import Any

import httpx
import pytest

from tests.gateway.web.conftest import CREEK

ROUTES = {
    "/api/v1/devices": "/api/v1/devices",
    "/api/v1/devices/{dev_eui}": f"/api/v1/devices/{CREEK}",
    "/api/v1/devices/{dev_eui}/readings": f"/api/v1/devices/{CREEK}/readings",
    "/api/v1/devices/{dev_eui}/loss": f"/api/v1/devices/{CREEK}/loss",
    "/api/v1/uplinks": "/api/v1/uplinks",
    "/api/v1/rollups": f"/api/v1/rollups?quantity=level&site={CREEK}",
    "/healthz": "/healthz",
}
TOKENS = ("/api/v1/tokens", "/api/v1/tokens/{id}")
SITES = (
    "/readyz",
    "/metrics",
    "/api/v1/sites",
    "/api/v1/sites/{site_id}",
    "/api/v1/sites/{site_id}/readings",
    "/api/v1/sites/{site_id}/orientation",
    "/api/v1/sites/{site_id}/installations",
    "/api/v1/sites/{site_id}/gauge-zeros",
)
CHANGES = {
    ("/api/v1/devices/{dev_eui}/downlinks", "post"),
    ("/api/v1/devices/{dev_eui}/downlinks/{id}", "delete"),
    ("/api/v1/sites", "post"),
    ("/api/v1/sites/{site_id}", "patch"),
    ("/api/v1/sites/{site_id}", "delete"),
    ("/api/v1/sites/{site_id}/installations", "post"),
    ("/api/v1/sites/{site_id}/gauge-zeros", "post"),
    ("/api/v1/devices", "post"),
    ("/api/v1/devices/{dev_eui}", "patch"),
    ("/api/v1/devices/{dev_eui}", "delete"),
    ("/api/v1/tokens", "post"),
    ("/api/v1/tokens/{id}", "delete"),
    ("/api/v1/alarms/{id}/acknowledge", "post"),
    ("/api/v1/sites/{site_id}/drill", "post"),
    ("/api/v1/sites/{site_id}/marks", "post"),
    ("/api/v1/marks/{id}", "delete"),
    ("/api/v1/notifications/{name}", "put"),
    ("/api/v1/notifications/{name}", "delete"),
}
ALARMS = {"/api/v1/alarms", "/api/v1/alarms/{id}", "/api/v1/notifications"}


def check(value: Any, schema: dict[str, Any], root: dict[str, Any]) -> None:
    """The part of JSON Schema that our description uses; an unknown keyword fails the test."""
    if "$ref" in schema:
        schema = root["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        if value is None:
            assert {"type": "null"} in schema["anyOf"]
            return
        [schema] = [each for each in schema["anyOf"] if each != {"type": "null"}]
        check(value, schema, root)
        return
    kinds = {
        "object": dict,
        "array": list,
        "string": str,
        "integer": int,
        "number": int | float,
        "boolean": bool,
    }
    assert isinstance(value, kinds[schema["type"]])
    if schema["type"] == "object":
        assert schema["additionalProperties"] is False
        assert set(value) == set(schema["properties"]) == set(schema["required"])
        for name, each in value.items():
            check(each, schema["properties"][name], root)
    for each in value if schema["type"] == "array" else ():
        check(each, schema["items"], root)
    if "enum" in schema:
        assert value in schema["enum"]


@pytest.mark.parametrize("route", ROUTES)
async def test_answers_are_as_described(client: httpx.AsyncClient, route: str) -> None:
    root = (await client.get("/openapi.json")).json()
    schema = root["paths"][route]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    check((await client.get(ROUTES[route])).json(), schema, root)


async def test_problems_are_as_described(client: httpx.AsyncClient) -> None:
    root = (await client.get("/openapi.json")).json()
    responses = root["paths"]["/api/v1/devices/{dev_eui}"]["get"]["responses"]
    for status, dev_eui in (("404", "70b3d57ed00000ff"), ("422", "short")):
        [(media_type, content)] = responses[status]["content"].items()
        assert media_type == "application/problem+json"
        check((await client.get(f"/api/v1/devices/{dev_eui}")).json(), content["schema"], root)


async def test_every_route_is_described_and_nothing_else(client: httpx.AsyncClient) -> None:
    root = (await client.get("/openapi.json")).json()
    further = {
        "/api/v1/events",
        "/api/v1/news",
        "/api/v1/unknown-devices",
        "/api/v1/gateways",
        "/api/v1/uplinks/{id}/why",
        "/api/v1/devices/{dev_eui}/why",
        "/api/v1/groups",
        "/api/v1/audit",
        "/api/v1/session",
        *TOKENS,
        *ALARMS,
        *SITES,
    }
    assert set(root["paths"]) == {*ROUTES, *further, *(path for path, _ in CHANGES)}
    methods = {(path, method) for path, each in root["paths"].items() for method in each}
    assert methods - {(path, "get") for path in root["paths"]} == CHANGES
    names = {each["name"] for each in root["paths"]["/api/v1/uplinks"]["get"]["parameters"]}
    assert names == {"dev_eui", "from", "to", "limit", "cursor"}
    events = root["paths"]["/api/v1/events"]["get"]
    assert list(events["responses"]["200"]["content"]) == ["text/event-stream"]
    assert "HTTPValidationError" not in root["components"]["schemas"]
