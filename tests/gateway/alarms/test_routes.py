"""Commands and HTTP: who may, what the public sees, what is written down."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cbor2
import httpx
import pytest

from gateway.access.roles import Principal, Role
from gateway.access.seal import KeyFile, SealError
from gateway.alarms import notifications, records
from gateway.commands import ArgumentError, Writer
from gateway.composition import COMMANDS
from gateway.config import HttpConfig
from gateway.counters import Counters
from gateway.model import GatewayError, NotFoundError
from gateway.notify import Notifier
from gateway.store.ledger import Store
from gateway.web.api import create_app
from tests.gateway.alarms.district import MINUTE, District, hello

FOUNDER = Principal("founder", Role.ADMIN)
MARK = {"quantity": "level", "name": "Meldestufe I", "value": 1000.0, "source": "Alarmplan 2026"}
PASSWORD = "pass-word-17"
URL = f"json://chief:{PASSWORD}@127.0.0.1:9/"


class House:
    """Those who come to the door of a district, each with a token of their role."""

    def __init__(self, district: District) -> None:
        self.district = district
        self.writer = Writer(district.store, district.clock, COMMANDS)
        self.tokens = {
            role: self.run("token.create", role=str(role), name=f"the {role}")["token"] for role in Role
        }

    def run(self, command: str, **arguments: Any) -> dict[str, Any]:
        return self.writer.run(FOUNDER, command, arguments)

    async def ask(
        self, role: Role | None, path: str, method: str = "GET", body: dict[str, Any] | None = None
    ) -> tuple[int, Any]:
        app = create_app(
            self.district.store.where, self.district.clock, Counters(), Notifier(), HttpConfig(), self.writer
        )
        headers = {"Authorization": f"Bearer {self.tokens[role]}"} if role else {}
        transport = httpx.ASGITransport(app, client=("127.0.0.1", 40000))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as client:
            answer = await client.request(method, f"/api/v1{path}", headers=headers, json=body)
        return answer.status_code, answer.json() if answer.content else None

    def publish(self, site_id: str) -> None:
        self.district.store.connection.execute("UPDATE site SET published = 1 WHERE id = ?", (site_id,))


@pytest.fixture
def house(district: District) -> House:
    return House(district)


def test_a_mark_is_set_ended_and_takes_its_alarm_with_it(house: House, district: District) -> None:
    made = house.run("mark.set", site_id="pegel-1", **MARK)
    order = {"order": "marks", "hysteresis": 50, "marks": [2000]}
    assert made["unconfirmed"] == {district.nodes[0]: order}
    district.later(MINUTE)
    district.level(1200)
    assert district.open() == [("mark", "pegel-1")]
    house.run("mark.end", mark=made["mark"])
    assert district.open() == []
    with pytest.raises(NotFoundError):
        house.run("mark.end", mark=99)


def test_a_raised_mark_ends_the_alarm_of_the_old_row(house: House, district: District) -> None:
    house.run("mark.set", site_id="pegel-1", **MARK)
    district.level(1200)
    district.later(MINUTE)
    house.run("mark.set", site_id="pegel-1", **MARK | {"value": 1500.0})
    assert district.open() == []
    district.later(MINUTE)
    district.level(1600)
    assert district.open() == [("mark", "pegel-1")]


@pytest.mark.parametrize(
    "wrong",
    [
        {"site_id": "nowhere"},
        {"quantity": "love"},
        {"value": float("nan")},
        {"value": 1e300},
        {"name": "two\nlines"},
        {"name": ""},
        {"hysteresis": -1.0},
        {"confirm": "3of3"},
        {"measure": "mood"},
    ],
)
def test_a_mark_without_sense_is_refused(house: House, district: District, wrong: dict[str, Any]) -> None:
    with pytest.raises(GatewayError):
        house.run("mark.set", **{"site_id": "pegel-1", **MARK, **wrong})
    assert district.store.connection.execute("SELECT count(*) FROM mark").fetchone()[0] == 0


def test_a_node_confirms_its_marks_by_its_hello(house: House, district: District) -> None:
    district.hear(hello(50, 2000))
    assert house.run("mark.set", site_id="pegel-1", **MARK)["unconfirmed"] == {}
    again = house.run("mark.set", site_id="pegel-1", **MARK | {"name": "II", "value": 1500.0})
    assert again["unconfirmed"][district.nodes[0]]["marks"] == [2000, 1500]
    district.later(MINUTE)
    district.hear(hello(50, 2000, 1500))
    house.run("mark.end", mark=again["mark"])
    district.hear(hello(50, 2000))


KEYS = {"dev_addr": "00000001", "nwk_s_key": "00" * 16, "app_s_key": "00" * 16}
HIGHER: dict[str, Callable[[str, str], list[tuple[str, dict[str, Any]]]]] = {
    "installed": lambda node, site: [("site.install", {"site_id": site, "dev_eui": node, "mount_mm": 3400})],
    "changed": lambda node, site: [("device.change", {"dev_eui": node, "changes": {"mount_mm": 3400}})],
    "listed": lambda node, site: [("device.import", {"devices": [{"dev_eui": node, "mount_mm": 3400}]})],
    "back": lambda node, site: [
        ("device.remove", {"dev_eui": node}),
        ("device.add", {"dev_eui": node, "mount_mm": 3400, "keys": KEYS}),
    ],
    "listed again": lambda node, site: [
        ("device.remove", {"dev_eui": node}),
        ("device.import", {"devices": [{"dev_eui": node, "mount_mm": 3400} | KEYS]}),
    ],
}


@pytest.mark.parametrize("by", HIGHER)
async def test_a_new_height_goes_to_the_node_as_new_distances(
    house: House, district: District, by: str
) -> None:
    node, site_id = district.nodes[0], district.sites[0]
    house.run("mark.set", site_id=site_id, **MARK)
    district.hear(hello(50, 2000))
    assert "hat die Marken noch nicht bestätigt" not in await page_of(house, site_id)
    district.later(MINUTE)
    for command, arguments in HIGHER[by](node, site_id):
        house.run(command, **arguments)
    row = district.store.connection.execute("SELECT payload FROM downlink WHERE state = 'queued'").fetchone()
    assert cbor2.loads(bytes(row["payload"]))[2] == [2, 50, 2400]
    assert "hat die Marken noch nicht bestätigt" in await page_of(house, site_id)
    district.hear(hello(50, 2400))
    assert "hat die Marken noch nicht bestätigt" not in await page_of(house, site_id)


@pytest.mark.parametrize("purge", [False, True])
def test_a_silent_node_that_is_removed_is_missed_no_more(
    house: House, district: District, purge: bool
) -> None:
    node, now = district.nodes[0], district.clock.now_ms()
    with district.store.transaction():
        silent = records.Cause("silence", f"silence:{node}", now, site_id=district.sites[0], dev_eui=node)
        records.open_alarm(district.store.connection, silent, now)
    assert district.open() == [("silence", district.sites[0])]
    house.run("device.remove", dev_eui=node, purge=purge)
    assert district.open() == []


async def page_of(house: House, site_id: str) -> str:
    """As an operator sees it."""
    app = create_app(
        house.district.store.where, house.district.clock, Counters(), Notifier(), HttpConfig(), house.writer
    )
    transport = httpx.ASGITransport(app, client=("127.0.0.1", 40000))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as client:
        headers = {"Authorization": f"Bearer {house.tokens[Role.OPERATOR]}", "Accept-Language": "de"}
        pages = [
            await client.get(path, headers=headers) for path in (f"/sites/{site_id}", f"/settings/{site_id}")
        ]
    assert [page.status_code for page in pages] == [200, 200]
    return "".join(page.text.partition('aria-labelledby="uplinks"')[0] for page in pages)


def test_marks_go_to_the_node_as_distances_the_newest_alone(house: House, district: District) -> None:
    house.run("mark.set", site_id="pegel-1", **MARK)
    last = house.run("mark.set", site_id="pegel-1", **MARK | {"name": "II", "value": 1500.0})
    select = "SELECT dev_eui, fport, payload, state FROM downlink ORDER BY id"
    first, second = district.store.connection.execute(select).fetchall()
    assert (first["state"], second["state"]) == ("cancelled", "queued")
    assert (second["dev_eui"], second["fport"]) == (district.nodes[0], 10)
    slot, _, order = cbor2.loads(bytes(second["payload"]))
    assert (slot, order) == (-20, [2, 50, 2000, 1500])
    house.run("mark.end", mark=last["mark"])
    district.hear(hello(50, 2000))
    assert house.run("mark.set", site_id="pegel-1", **MARK)["unconfirmed"] == {}
    states = [row["state"] for row in district.store.connection.execute(select)]
    assert states == ["cancelled", "cancelled", "cancelled"]


async def test_marks_are_shown_with_source_and_confirmation(house: House, district: District) -> None:
    assert (await house.ask(Role.OPERATOR, "/sites/pegel-1/marks", "POST", MARK))[0] == 201
    assert (await house.ask(None, "/sites/pegel-1/marks"))[0] == 404, "not published"
    _, private = await house.ask(Role.VIEWER, "/sites/pegel-1/marks")
    (mark,) = private["marks"]
    assert (mark["name"], mark["value"], mark["unit"]) == ("Meldestufe I", 1000, "mm")
    assert (mark["source"], mark["hysteresis"], mark["valid_to"]) == ("Alarmplan 2026", 50, None)
    assert private["nodes"] == [
        {"dev_eui": district.nodes[0], "hysteresis_mm": 50, "distances_mm": [2000], "is_confirmed": False}
    ]
    house.publish("pegel-1")
    status, public = await house.ask(None, "/sites/pegel-1/marks")
    assert (status, public["marks"], public["nodes"]) == (200, private["marks"], [])
    assert (await house.ask(Role.OPERATOR, f"/marks/{mark['id']}", "DELETE"))[0] == 204
    _, ended = await house.ask(Role.VIEWER, "/sites/pegel-1/marks")
    assert ended["marks"][0]["valid_to"] is not None


async def test_the_public_sees_alarms_of_published_sites_and_nobodys_name(
    house: House, district: District
) -> None:
    for site_id, at in (("pegel-1", 0), ("pegel-2", 1)):
        house.run("mark.set", site_id=site_id, **MARK)
        district.level(1200, at=at)
    house.run("alarm.drill", site_id="pegel-1")
    house.run("alarm.acknowledge", alarm=1)
    assert (await house.ask(None, "/alarms"))[1]["alarms"] == []
    house.publish("pegel-1")
    _, public = await house.ask(None, "/alarms")
    (seen,) = public["alarms"]
    assert (seen["site_id"], seen["value"], seen["mark_value"]) == ("pegel-1", 1200, 1000)
    hidden = ("dev_eui", "gateway_id", "acknowledged_at", "acknowledged_by")
    assert [seen[name] for name in hidden] == [None] * 4
    _, known = await house.ask(Role.VIEWER, "/alarms")
    assert len(known["alarms"]) == 3
    assert known["alarms"][-1]["acknowledged_by"] == "founder"
    assert "founder" not in json.dumps(public)


async def test_alarms_are_paged_and_filtered(house: House, district: District) -> None:
    house.run("mark.set", site_id="pegel-1", **MARK)
    for level in (1200, 900, 1200, 900, 1200):
        district.level(level)
        district.later(MINUTE)
    _, first = await house.ask(Role.VIEWER, "/alarms?limit=2")
    _, rest = await house.ask(Role.VIEWER, f"/alarms?limit=2&cursor={first['next']}")
    assert [each["id"] for each in first["alarms"] + rest["alarms"]] == [3, 2, 1]
    assert rest["next"] is None
    assert len((await house.ask(Role.VIEWER, "/alarms?state=open"))[1]["alarms"]) == 1
    assert (await house.ask(Role.VIEWER, "/alarms?site=pegel-2"))[1]["alarms"] == []
    assert (await house.ask(Role.VIEWER, "/alarms?state=maybe"))[0] == 422


async def test_only_operators_acknowledge_and_drill(house: House, district: District) -> None:
    assert (await house.ask(Role.VIEWER, "/sites/pegel-1/drill", "POST"))[0] == 403
    assert (await house.ask(None, "/alarms/1/acknowledge", "POST"))[0] == 401
    status, made = await house.ask(Role.OPERATOR, "/sites/pegel-1/drill", "POST")
    assert (status, made["id"]) == (201, 1)
    assert (await house.ask(Role.OPERATOR, "/sites/pegel-1/drill", "POST"))[0] == 409
    assert (await house.ask(Role.OPERATOR, "/alarms/1/acknowledge", "POST"))[0] == 200
    assert (await house.ask(Role.OPERATOR, "/alarms/1/acknowledge", "POST"))[0] == 409
    assert (await house.ask(Role.OPERATOR, "/alarms/9/acknowledge", "POST"))[0] == 404
    _, told = await house.ask(Role.OPERATOR, "/alarms/1")
    assert told["alarm"]["acknowledged_by"] == "the operator"
    assert (told["alarm"]["drill"], told["alarm"]["cleared_at"] is not None) == (True, True)


async def test_the_url_of_a_notification_is_never_told_again(house: House, district: District) -> None:
    wanted = {"secret_url": URL, "site_id": "pegel-1", "kind": "mark", "after_s": 900}
    assert (await house.ask(Role.OPERATOR, "/notifications/chief", "PUT", wanted))[0] == 403
    assert (await house.ask(Role.ADMIN, "/notifications/chief", "PUT", wanted))[0] == 204
    assert (await house.ask(Role.OPERATOR, "/notifications"))[0] == 403
    _, known = await house.ask(Role.ADMIN, "/notifications")
    assert known["notifications"] == [
        {"name": "chief", "language": "de", "site_id": "pegel-1", "kind": "mark", "after_s": 900}
    ]
    audit = [tuple(row) for row in district.store.connection.execute("SELECT * FROM audit")]
    assert PASSWORD not in f"{audit}{known}"
    stored = notifications.find(district.store.connection, "chief")
    assert notifications.url_of(district.store, stored) == URL
    assert (await house.ask(Role.ADMIN, "/notifications/chief", "DELETE"))[0] == 204
    assert (await house.ask(Role.ADMIN, "/notifications/chief", "DELETE"))[0] == 404


def test_the_url_lies_sealed_in_the_store(tmp_path: Path, district: District) -> None:
    store = Store(tmp_path / "sealed.db", KeyFile(tmp_path / "master.key", {}))
    run = Writer(store, district.clock, COMMANDS).run
    run(FOUNDER, "notification.set", {"name": "chief", "secret_url": URL})
    stored = notifications.find(store.connection, "chief")
    store.close()
    assert PASSWORD.encode() not in stored.url
    again = Store(tmp_path / "sealed.db", KeyFile(tmp_path / "master.key", {}))
    with pytest.raises(SealError):
        notifications.url_of(again, replace(stored, name="other"))
    assert notifications.url_of(again, stored) == URL
    again.close()


def test_a_url_that_apprise_does_not_know_is_refused_without_being_quoted(house: House) -> None:
    with pytest.raises(ArgumentError) as refused:
        house.run("notification.set", name="chief", secret_url=f"nonsense://{PASSWORD}")
    assert PASSWORD not in str(refused.value)


async def test_who_was_told_is_for_operators(house: House, district: District) -> None:
    house.run("notification.set", name="chief", secret_url=URL)
    house.run("mark.set", site_id="pegel-1", **MARK)
    district.level(1200)
    assert (await house.ask(Role.VIEWER, "/alarms/1"))[0] == 403
    _, told = await house.ask(Role.OPERATOR, "/alarms/1")
    assert [(each["target"], each["step"], each["sent_at"]) for each in told["notices"]] == [
        ("chief", "raised", None)
    ]
