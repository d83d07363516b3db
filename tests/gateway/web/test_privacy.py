"""Every route there is, walked by the public, a viewer and an operator: who learns what."""

import itertools
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.routing import BaseRoute, Mount, Route

from gateway.access.roles import Principal, Role
from gateway.alarms import records
from gateway.alarms.records import Cause
from gateway.commands import Writer
from gateway.composition import COMMANDS
from gateway.config import HttpConfig
from gateway.counters import Counters
from gateway.events import read, tell_uplinks
from gateway.notify import Notifier
from gateway.store import rollups
from gateway.web import news
from gateway.web.api import create_app
from gateway.web.section import PageConfig
from tests.gateway.alarms.district import GATEWAY, MINUTE, District

FOUNDER = Principal("Frida Founder", Role.ADMIN)
PUBLIC_SITE, PRIVATE_SITE, NOWHERE = "pegel-1", "pegel-2", "nirgendwo"
PASSWORD = "pass-word-17"
# What a path's variables are filled with; one that is missing here fails the walk.
FILLS: dict[str, tuple[str, ...]] = {
    "site_id": (PUBLIC_SITE, PRIVATE_SITE),
    "quantity": ("level", "distance"),
    "dev_eui": ("70b3d57ed0000001", "70b3d57ed0000002"),
    "id": ("1", "2", "3", "4"),
    "uplink_id": ("0000000000000001", "0000000000000002"),
    "kind": ("geojson",),
    "name": ("feuerwehr",),
    "command": ("alarm.acknowledge",),
}
NEWS = "/api/v1/news"  # never ends
ASKED = ("", f"?with={PRIVATE_SITE}&q=GEHEIM&start=P30D", f"?site={PRIVATE_SITE}&state=all", "?state=all")


class House:
    """A published place and a private one, each with a node, marks, alarms, and who takes care of them."""

    def __init__(self, path: Path) -> None:
        self.district = district = District(path, nodes=2)
        self.writer = Writer(district.store, district.clock, COMMANDS)
        run = self.run
        changes = {"published": True, "blur_m": 100, "lat": 50.123456, "lon": 9.654321, "note": "NOTIZ"}
        run("site.change", site_id=PUBLIC_SITE, changes=changes)
        hidden = {"name": "GEHEIMHOF", "lat": 51.987654, "lon": 8.987654}
        run("site.change", site_id=PRIVATE_SITE, changes=hidden)
        self.tokens = {
            role: run("token.create", role=str(role), name=f"Name of {role}")["token"] for role in Role
        }
        url = f"json://chief:{PASSWORD}@127.0.0.1:9/"
        run("notification.set", name="feuerwehr", secret_url=url)
        mark = {"quantity": "level", "name": "Meldestufe I", "value": 1000.0, "source": "Alarmplan"}
        run("mark.set", site_id=PUBLIC_SITE, **mark)
        run("mark.set", site_id=PRIVATE_SITE, **mark | {"name": "GEHEIMMARKE"})
        for level, at in ((1234, 0), (7777, 1), (1236, 0), (7777, 1)):
            district.later(MINUTE)
            district.level(level, at=at)
        self._alarms()

    def _alarms(self) -> None:
        db, now = self.district.store.connection, self.district.clock.now_ms()
        with self.district.store.transaction():
            for dev_eui in self.district.nodes:
                site_id = PUBLIC_SITE if dev_eui.endswith("1") else PRIVATE_SITE
                silence = Cause("silence", f"silence:{dev_eui}", now, site_id=site_id, dev_eui=dev_eui)
                records.open_alarm(db, silence, now)
                for quantity, value in (("level", 1234.0), ("level", 1236.0)):
                    rollups.add(db, [(dev_eui, quantity, now, value)])
        for number in (1, 2):
            self.run("alarm.acknowledge", alarm=number)
        self.run("alarm.drill", site_id=PUBLIC_SITE)

    def run(self, command: str, **arguments: Any) -> dict[str, Any]:
        return self.writer.run(FOUNDER, command, arguments)

    def app(self, map_file: Path) -> FastAPI:
        return create_app(
            self.district.store.where, self.district.clock, Counters(), Notifier(), HttpConfig(),
            self.writer, PageConfig(map_file=map_file),
        )  # fmt: skip


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    return House(tmp_path_factory.mktemp("privacy") / "ledger.db")


@pytest.fixture(scope="module")
def app(house: House, tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    file = tmp_path_factory.mktemp("map") / "map.geojson"
    file.write_text('{"type":"FeatureCollection","features":[]}')
    return house.app(file)


class Elsewhere(httpx.ASGITransport):
    """Each request from another machine, so that none has asked too often."""

    asked = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        self.client = (f"198.51.{self.asked >> 8}.{self.asked & 255}", 40000)
        answer = await super().handle_async_request(request)
        assert answer.status_code != 429
        return answer


def client_of(app: FastAPI, token: str | None) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    transport = Elsewhere(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080", headers=headers)


def walk(app: FastAPI) -> list[tuple[str, str]]:
    """Method and address of everything that the router would answer, its variables filled in."""
    found = []
    for route in routes_of(app.routes):
        names = re.findall(r"{(\w+)}", route.path)
        for values in itertools.product(*(FILLS[name] for name in names)):
            path = re.sub(r"{\w+}", "{}", route.path).format(*values)
            found += [(method, path) for method in sorted((route.methods or set()) - {"HEAD"})]
    return sorted(set(found))


def routes_of(routes: Iterable[BaseRoute]) -> Iterator[Route]:
    """Included routers too; what is mounted are our own static files."""
    for route in routes:
        if isinstance(route, Route):
            yield route
        elif isinstance(route, Mount):
            assert route.path == "/static"
        else:
            yield from routes_of(route.original_router.routes)  # type: ignore[attr-defined]


def never(house: House) -> list[str]:
    """What is in no answer to anybody: keys, passwords, tokens."""
    hashes = [row[0] for row in house.district.store.connection.execute("SELECT hash FROM token")]
    return [PASSWORD, "json://", bytes(16).hex(), *hashes, *house.tokens.values()]


def hidden(house: House) -> list[str]:
    """What the public is not told, besides."""
    db = house.district.store.connection
    uplinks = [row[0] for row in db.execute("SELECT id FROM uplink")]
    tokens = [row[0] for row in db.execute("SELECT id FROM token")]
    names = ["GEHEIM", "7777", "777,7", "777.7", "NOTIZ", "feuerwehr", "Frida", "Name of", GATEWAY]
    places = ["50.1234", "9.6543", "51.98", "8.98"]
    return [*names, *places, *house.district.nodes, *uplinks, *tokens, *(f"0000000{n}" for n in (1, 2))]


async def test_the_public_learns_nothing_private_from_any_route(house: House, app: FastAPI) -> None:
    secrets = never(house) + hidden(house)
    open_to_all = 0
    async with client_of(app, None) as stranger:
        for method, path in walk(app):
            for asked in () if path == NEWS else ASKED if method == "GET" else ("",):
                body = {"json": {}} if method in ("POST", "PUT", "PATCH") else {}
                answer = await stranger.request(method, path + asked, **body)
                told = answer.text + str(answer.headers)
                own = [part for part in secrets if part in path + asked]  # what was asked for may be echoed
                if path == "/openapi.json":
                    own.append(house.district.nodes[0])  # its example
                leaked = [part for part in secrets if part in told and part not in own]
                assert not leaked, (method, path + asked, answer.status_code, leaked)
                open_to_all += method == "GET" and answer.status_code == 200
                if method != "GET" and path not in ("/login", "/logout"):
                    assert answer.status_code in (401, 403, 415), (method, path, answer.status_code)
    assert open_to_all > 40  # the walk has seen something


def test_the_publics_stream_tells_nothing_private_of_all_that_has_happened(house: House) -> None:
    store, secrets = house.district.store, never(house) + hidden(house)
    db = store.connection
    with store.transaction():
        tell_uplinks(store, [row["id"] for row in db.execute("SELECT id FROM uplink").fetchall()])
    told = news.items(db, read(db, 0, 10_000)[1])
    kinds = {kind for item in told for kind in ("reading", "alarm") if f"event: {kind}".encode() in item.text}
    assert kinds == {"reading", "alarm"} and {item.site_id for item in told} == {PUBLIC_SITE}
    leaked = [part for part in secrets for item in told if part in item.text.decode()]
    assert not leaked


async def test_a_private_place_looks_like_one_that_is_not_there(house: House, app: FastAPI) -> None:
    async with client_of(app, None) as stranger:
        for method, path in walk(app):
            if method == "GET" and PRIVATE_SITE in path:
                private = await stranger.get(path)
                nothing = await stranger.get(path.replace(PRIVATE_SITE, NOWHERE))
                assert private.status_code == nothing.status_code in (401, 404), path
                if not path.endswith(".png"):  # the same drawing as the SVG's, with the address in it
                    assert private.text == nothing.text.replace(NOWHERE, PRIVATE_SITE), path


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
async def test_who_is_known_sees_private_places_but_no_secrets(
    house: House, app: FastAPI, role: Role
) -> None:
    secrets = never(house) + (["feuerwehr"] if role == Role.VIEWER else [])
    async with client_of(app, house.tokens[role]) as known:
        for method, path in walk(app):
            if method == "GET" and path not in ("/api/v1/events", NEWS):
                answer = await known.get(path)
                leaked = [part for part in secrets if part in answer.text and part not in path]
                assert not leaked, (path, leaked)
        assert "GEHEIMHOF" in (await known.get("/")).text
        assert (await known.get(f"/sites/{PRIVATE_SITE}")).status_code == 200


async def test_public_readings_do_not_say_which_node_and_which_frame(house: House, app: FastAPI) -> None:
    path = f"/api/v1/sites/{PUBLIC_SITE}/readings?quantity=level"
    async with client_of(app, None) as stranger, client_of(app, house.tokens[Role.VIEWER]) as known:
        public, ours = [(await each.get(path)).json()["readings"] for each in (stranger, known)]
    assert [row["value"] for row in public] == [row["value"] for row in ours] == [1234, 1236]
    assert {(row["dev_eui"], row["uplink_id"]) for row in public} == {(None, None)}
    assert {row["dev_eui"] for row in ours} == {house.district.nodes[0]}
