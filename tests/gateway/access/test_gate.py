"""Who gets in: roles, tokens, this machine; what a page of another site may not."""

import httpx
import pytest

from gateway.access.roles import Role
from gateway.config import Address, HttpConfig
from gateway.store import sites
from tests.gateway.access.conftest import APP_KEY, DEV_EUI, FOUNDER, OTAA, PROXIED, House

NEW = {"dev_eui": DEV_EUI, "name": "Aue", "keys": OTAA}
CHANGES = (
    ("POST", "/api/v1/devices", NEW),
    ("PATCH", f"/api/v1/devices/{DEV_EUI}", {"name": "Wehr"}),
    ("DELETE", f"/api/v1/devices/{DEV_EUI}", None),
    ("POST", "/api/v1/tokens", {"role": "admin"}),
    ("DELETE", "/api/v1/tokens/00000000", None),
)
FOR_ADMINS = ("/api/v1/tokens", "/api/v1/audit")
FOR_VIEWERS = ("/api/v1/devices", "/api/v1/uplinks")


async def test_until_the_first_token_this_machine_may_read_and_not_change(house: House) -> None:
    async with house.client() as client:
        for path in FOR_VIEWERS:
            assert (await client.get(path)).status_code == 200
        for path in FOR_ADMINS:
            assert (await client.get(path)).status_code == 403
        for method, path, body in CHANGES:
            assert (await client.request(method, path, json=body)).status_code == 403


async def test_with_the_first_token_this_machine_is_like_any_other(lived_in: House) -> None:
    async with lived_in.client() as client:
        for path in FOR_VIEWERS:
            answer = await client.get(path)
            assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    lived_in.ledger.store.connection.execute("UPDATE token SET revoked_at = 1")
    async with lived_in.client() as client:
        assert (await client.get("/api/v1/devices")).status_code == 401, "what is closed stays closed"


@pytest.mark.parametrize("address", ["192.0.2.7", "2001:db8::7", "not an address"])
async def test_others_need_a_token_from_the_start(house: House, address: str) -> None:
    for config in (HttpConfig(), PROXIED):
        async with house.client(address=address, config=config) as client:
            assert (await client.get("/api/v1/devices")).status_code == 401


async def test_a_proxy_on_this_machine_opens_nothing(house: House) -> None:
    async with house.client(config=PROXIED) as client:
        assert (await client.get("/api/v1/devices")).status_code == 401


async def test_an_open_gateway_lets_this_machine_do_all(house: House) -> None:
    config = HttpConfig(open_on_loopback=True)
    async with house.client(config=config) as client:
        assert (await client.post("/api/v1/devices", json=NEW)).status_code == 201
    async with house.client(config=config, address="192.0.2.7") as client:
        assert (await client.post("/api/v1/devices", json=NEW)).status_code == 401


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
async def test_tokens_of_other_roles_change_nothing(lived_in: House, role: Role) -> None:
    before = lived_in.ledger.store.devices()
    async with lived_in.client(role) as client:
        for path in FOR_VIEWERS:
            assert (await client.get(path)).status_code == 200
        for path in FOR_ADMINS:
            assert (await client.get(path)).status_code == 403
        for method, path, body in CHANGES:
            assert (await client.request(method, path, json=body)).status_code == 403
    assert lived_in.ledger.store.devices() == before


async def test_an_admin_registers_changes_and_archives_a_node(lived_in: House) -> None:
    async with lived_in.client(Role.ADMIN, "192.0.2.7") as client:
        made = await client.post("/api/v1/devices", json=NEW)
        assert (made.status_code, made.json()["device"]["name"]) == (201, "Aue")
        assert APP_KEY not in made.text
        assert (await client.post("/api/v1/devices", json=NEW)).status_code == 409
        changed = await client.patch(f"/api/v1/devices/{DEV_EUI}", json={"name": "Wehr", "mount_mm": 4200})
        assert changed.json()["device"]["name"] == "Wehr"
        device = lived_in.ledger.store.device(DEV_EUI)
        place = sites.present(lived_in.ledger.store.connection, DEV_EUI)
        assert device and place and (place.mount_mm, device.app_key) == (4200, bytes.fromhex(APP_KEY))
        assert (await client.delete(f"/api/v1/devices/{DEV_EUI}")).status_code == 204
        assert (await client.delete(f"/api/v1/devices/{DEV_EUI}")).status_code == 404
        assert (await client.get("/api/v1/devices")).json()["devices"] == []
        assert (await client.get("/api/v1/audit?limit=1")).json()["entries"][0]["error"]


@pytest.mark.parametrize(
    "body",
    [
        {**NEW, "keys": {**OTAA, "app_key": APP_KEY[1:]}},
        {**NEW, "keys": {"app_key": APP_KEY}},
        {**NEW, "nonsense": APP_KEY},
        {**NEW, "mount_mm": APP_KEY},
        None,
        [],
    ],
)
async def test_a_wrong_node_is_explained_without_its_keys(lived_in: House, body: object) -> None:
    async with lived_in.client(Role.ADMIN) as client:
        answer = await client.post("/api/v1/devices", json=body)
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert APP_KEY[1:] not in answer.text


@pytest.mark.parametrize("shown", ["Bearer nonsense", "Bearer ", "Basic YTpi", "messfunk_x", "Bearer \x7f"])
async def test_a_wrong_token_is_never_nobody(house: House, shown: str) -> None:
    async with house.client() as client:
        answer = await client.get("/api/v1/devices", headers={"Authorization": shown})
    assert answer.status_code == 401


async def test_a_token_ends_by_time_and_by_hand(lived_in: House) -> None:
    short = lived_in.writer.run(FOUNDER, "token.create", {"role": "viewer", "days": 1})
    header = {"Authorization": f"Bearer {short['token']}"}
    async with lived_in.client() as client:
        assert (await client.get("/api/v1/devices", headers=header)).status_code == 200
        lived_in.clock.time_ms += 86_400_000
        assert (await client.get("/api/v1/devices", headers=header)).status_code == 401
    made = lived_in.writer.run(FOUNDER, "token.create", {"role": "viewer"})
    header = {"Authorization": f"Bearer {made['token']}"}
    async with lived_in.client(Role.ADMIN) as client:
        assert (await client.delete(f"/api/v1/tokens/{made['id']}")).status_code == 204
        assert (await client.delete(f"/api/v1/tokens/{made['id']}")).status_code == 404
        assert (await client.get("/api/v1/devices", headers=header)).status_code == 401
        listed = await client.get("/api/v1/tokens")
        assert made["token"] not in listed.text and "hash" not in listed.text


async def test_a_token_is_told_once_and_kept_as_a_hash(lived_in: House) -> None:
    async with lived_in.client(Role.ADMIN) as client:
        made = (await client.post("/api/v1/tokens", json={"role": "viewer", "name": "Bauhof"})).json()[
            "token"
        ]
    dump = "\n".join(lived_in.ledger.store.connection.iterdump())
    assert "Bauhof" in dump and made["token"] not in dump


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:8081"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_a_page_of_another_site_changes_nothing(house: House, headers: dict[str, str]) -> None:
    async with house.client(config=HttpConfig(open_on_loopback=True)) as client:
        assert (await client.post("/api/v1/devices", json=NEW, headers=headers)).status_code == 403
        ours = {"Origin": "http://127.0.0.1:8080", "Sec-Fetch-Site": "same-origin"}
        assert (await client.post("/api/v1/devices", json=NEW, headers=ours)).status_code == 201


async def test_every_route_of_the_interface_asks_who_it_is(lived_in: House) -> None:
    """A route that forgets to ask would answer a stranger with something else than 401."""
    open_to_all = {"/api/v1/session", "/healthz", "/readyz"}
    published = {
        ("/api/v1/alarms", "get"),
        ("/api/v1/news", "get"),
        ("/api/v1/rollups", "get"),
        ("/api/v1/sites/{site_id}/marks", "get"),
    }
    app = lived_in.app()
    routes = [(path, method) for path, each in app.openapi()["paths"].items() for method in each]
    assert len(routes) >= 10
    transport = httpx.ASGITransport(app, client=("192.0.2.7", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as client:
        for path, method in routes:
            if path in open_to_all or (path, method) in published:
                continue
            if method == "get" and path.startswith("/api/v1/sites"):
                continue
            bodies = {
                "/api/v1/devices": NEW,
                "/api/v1/tokens": {"role": "viewer"},
                "/api/v1/sites": {"name": "x"},
            }
            body = bodies.get(path, {"dev_eui": DEV_EUI} if "installations" in path else {})
            body = body if method in ("post", "patch") else None
            where = path.replace("{dev_eui}", DEV_EUI).replace("{id}", "0").replace("{site_id}", "x")
            answer = await client.request(method.upper(), where, json=body)
            assert answer.status_code == 401, (method, path, answer.text)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::"])
def test_beyond_loopback_needs_tls(host: str) -> None:
    with pytest.raises(ValueError, match="reachable from other machines"):
        HttpConfig(bind=Address(host, 80))
    assert HttpConfig(bind=Address(host, 80), behind_proxy=True)
    with pytest.raises(ValueError, match="whole world"):
        HttpConfig(behind_proxy=True, open_on_loopback=True)
