"""Every route of the description takes anything, as an admin and as nobody, and answers without failing."""

import json
from random import Random
from typing import Any
from urllib.parse import quote

import pytest

from gateway.access.roles import Role
from tests.gateway.access.conftest import DEV_EUI, OTAA, House

VALUES: tuple[Any, ...] = (
    *(
        None,
        True,
        0,
        -1,
        1 << 70,
        1e308,
        "",
        "\0",
        "'; DROP TABLE device;--",
        "../../etc/passwd",
        "%2e%2e%2f",
        "\ud7ff",
    ),
    *(
        "x" * 5000,
        [],
        {},
        [[[]]],
        {"": None},
        DEV_EUI,
        DEV_EUI.upper(),
        "2026-11-22T12:00:00Z",
        OTAA,
        4200,
        "admin",
    ),
)
STREAMS = ("/api/v1/events", "/api/v1/news")


def body_of(random: Random, names: list[str]) -> bytes:
    if random.random() < 0.2:
        return random.choice((b"", b"{", b"null", b"\xff\xfe", b"[" * 20_000, b'{"a":' * 5000, b"NaN"))
    wanted = random.sample(names, random.randint(0, len(names))) if names else []
    return json.dumps(
        {name: random.choice(VALUES) for name in [*wanted, *(["odd"] if random.random() < 0.1 else [])]}
    ).encode()


def names_of(root: dict[str, Any], operation: dict[str, Any]) -> list[str]:
    said = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    schema = root["components"]["schemas"].get(said.get("$ref", "").rpartition("/")[2], {})
    return list(schema.get("properties", ()))


@pytest.mark.parametrize("role", [Role.ADMIN, None])
async def test_anything_is_answered(lived_in: House, role: Role | None) -> None:
    random = Random(6)
    root = lived_in.app().openapi()
    failed = []
    async with lived_in.client(role) as client:
        for path, operations in root["paths"].items():
            for method, operation in operations.items() if path not in STREAMS else ():
                parameters = operation.get("parameters", ())
                for _ in range(12):
                    where = path
                    for each in parameters:
                        if each["in"] == "path":
                            shown = DEV_EUI if random.random() < 0.3 else str(random.choice(VALUES))
                            where = where.replace(f"{{{each['name']}}}", quote(shown, safe="") or "0")
                    query = {
                        p["name"]: str(random.choice(VALUES)) for p in parameters if random.random() < 0.4
                    }
                    answer = await client.request(
                        method.upper(),
                        where,
                        params=query,
                        content=body_of(random, names_of(root, operation)) if method != "get" else None,
                        headers={"Content-Type": "application/json"},
                    )
                    if answer.status_code >= 500 and path != "/readyz" and "only shows" not in answer.text:
                        failed.append((method, where[:80], query, answer.text[:200]))
    assert failed == []
    assert lived_in.ledger.store.connection.execute("SELECT count(*) FROM token").fetchone()[0] >= 3
