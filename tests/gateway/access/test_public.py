"""Nothing is public until its site is published, and then only what was measured there."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from gateway.access.roles import Role
from gateway.cli import app as command_line
from gateway.web import shapes
from tests.gateway.access.conftest import DEV_EUI, FOUNDER, House
from tests.gateway.web.ledger import MINUTE, NOW

OTHER = "70b3d57ed0000002"
STRANGER = "192.0.2.7"


@pytest.fixture
def creek(lived_in: House) -> House:
    """Two sites and the one it came with; the node moved from the private to the other ten minutes ago."""
    run, ledger = lived_in.writer.run, lived_in.ledger
    with ledger.store.transaction():
        ledger.add(DEV_EUI, "Aue", since=NOW - 60 * MINUTE)
        for minute in (30, 20, 10, 5):
            ledger.hear(DEV_EUI, NOW - minute * MINUTE, {"distance": float(minute)})
    run(FOUNDER, "site.add", {"name": "Hof", "lat": 50.1, "lon": 9.1})
    run(
        FOUNDER, "site.add", {"name": "Brücke", "lat": 50.554321, "lon": 9.684567, "note": "Schlüssel im Amt"}
    )
    run(FOUNDER, "site.install", {"site_id": "hof", "dev_eui": DEV_EUI, "from_ms": 0})
    moved = {"site_id": "bruecke", "dev_eui": DEV_EUI, "from_ms": NOW - 10 * MINUTE}
    run(FOUNDER, "site.install", moved)
    return lived_in


async def told(client: httpx.AsyncClient, path: str) -> tuple[int, Any]:
    answer = await client.get(path)
    return answer.status_code, answer.json()


async def test_nothing_is_public_until_it_is_published(creek: House) -> None:
    async with creek.client(address=STRANGER) as client:
        assert (await told(client, "/api/v1/sites"))[1]["sites"] == []
        for path in ("/api/v1/sites/bruecke", "/api/v1/sites/bruecke/readings"):
            private, nowhere = (
                await told(client, path),
                await told(client, path.replace("bruecke", "nowhere")),
            )
            assert private[0] == nowhere[0] == 404
            assert private[1]["detail"] == nowhere[1]["detail"].replace("nowhere", "bruecke"), (
                "nor that it is"
            )


async def test_what_is_published_tells_its_own_and_no_more(creek: House) -> None:
    creek.writer.run(FOUNDER, "site.publish", {"site_id": "bruecke", "published": True})
    async with creek.client(address=STRANGER) as client:
        (site,) = (await told(client, "/api/v1/sites"))[1]["sites"]
        assert (site["id"], site["lat"], site["lon"]) == ("bruecke", 50.554321, 9.684567)
        assert "Schlüssel" not in str(site), "a note is for those who work there"
        readings = (await told(client, "/api/v1/sites/bruecke/readings"))[1]["readings"]
        assert [each["value"] for each in readings] == [10, 5], "not what it measured elsewhere before"
        for path in ("/api/v1/sites/hof", "/api/v1/sites/hof/readings"):
            assert (await told(client, path))[0] == 404
        for path in (
            "/api/v1/devices",
            f"/api/v1/devices/{DEV_EUI}/readings",
            "/api/v1/uplinks",
            "/api/v1/events",
        ):
            assert (await told(client, path))[0] == 401
    async with creek.client(Role.VIEWER) as client:
        assert len((await told(client, "/api/v1/sites"))[1]["sites"]) == 3
        assert len((await told(client, "/api/v1/sites/hof/readings"))[1]["readings"]) == 2
    creek.writer.run(FOUNDER, "site.publish", {"site_id": "bruecke", "published": False})
    async with creek.client(address=STRANGER) as client:
        assert (await told(client, "/api/v1/sites/bruecke"))[0] == 404


async def test_a_blurred_position_is_rounded_for_the_public_only(creek: House) -> None:
    creek.writer.run(FOUNDER, "site.publish", {"site_id": "bruecke", "published": True, "blur_m": 100})
    async with creek.client(address=STRANGER) as client:
        for site in (
            (await told(client, "/api/v1/sites"))[1]["sites"][0],
            (await told(client, "/api/v1/sites/bruecke"))[1]["site"],
        ):
            assert (site["lat"], site["lon"]) == (50.554, 9.685)
        for path in ("/", "/api/v1/sites", "/api/v1/sites/bruecke"):
            assert "50.5543" not in (await client.get(path)).text
    async with creek.client(Role.VIEWER) as client:
        assert (await told(client, "/api/v1/sites/bruecke"))[1]["site"]["lat"] == 50.554321


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
async def test_other_roles_publish_nothing(creek: House, role: Role) -> None:
    async with creek.client(role) as client:
        for method, path, body in (
            ("PATCH", "/api/v1/sites/hof", {"published": True}),
            ("DELETE", "/api/v1/sites/hof", None),
            ("POST", "/api/v1/sites", {"name": "Mein"}),
            ("POST", "/api/v1/sites/hof/installations", {"dev_eui": DEV_EUI}),
            ("POST", "/api/v1/sites/hof/gauge-zeros", {"over_nhn_mm": 271_300}),
        ):
            assert (await client.request(method, path, json=body)).status_code == 403
    async with creek.client(address=STRANGER) as client:
        assert (await told(client, "/api/v1/sites"))[1]["sites"] == []


async def test_an_admin_adds_publishes_and_removes_a_site(creek: House) -> None:
    async with creek.client(Role.ADMIN) as client:
        new = {"name": "Robert'); DROP TABLE site;--", "lat": 50.5, "lon": 9.6}
        made = (await client.post("/api/v1/sites", json=new)).json()["site"]
        assert made["name"] == new["name"] and not made["published"]
        assert (await client.post("/api/v1/sites", json=new)).status_code == 409
        here = f"/api/v1/sites/{made['id']}"
        assert (await client.patch(here, json={"published": True, "blur_m": 50})).status_code == 422
        assert (await client.patch(here, json={"published": True, "blur_m": 100})).json()["site"]["published"]
        installed = {"dev_eui": DEV_EUI, "from": "2026-11-22T12:00:00Z", "mount_mm": 4200}
        assert (await client.post(f"{here}/installations", json=installed)).status_code == 204
        assert (await client.post(f"{here}/installations", json={"dev_eui": OTHER})).status_code == 404
        assert (await client.delete(here)).status_code == 204
        assert (await client.get(here)).status_code == 404
        assert len((await told(client, "/api/v1/sites"))[1]["sites"]) == 3


async def test_a_level_is_told_over_nhn_by_the_gauge_zero_of_its_time(creek: House) -> None:
    here, since = "/api/v1/sites/hof", shapes.instant(NOW - 25 * MINUTE)
    creek.writer.run(
        FOUNDER, "site.install", {"site_id": "hof", "dev_eui": DEV_EUI, "from_ms": 0, "mount_mm": 3000}
    )
    async with creek.client(Role.ADMIN) as client:
        for body, status in (
            ({"over_nhn_mm": 271_200, "from": since, "moved": True}, 409),
            ({"over_nhn_mm": 271_300, "from": "1970-01-01T00:00:00Z"}, 204),
            ({"over_nhn_mm": 271_200, "from": since, "moved": True}, 204),
            ({"over_nhn_mm": 1 << 40}, 422),
        ):
            assert (await client.post(f"{here}/gauge-zeros", json=body)).status_code == status
        (site,) = [each for each in (await told(client, "/api/v1/sites"))[1]["sites"] if each["id"] == "hof"]
        assert [each["over_nhn_mm"] for each in site["gauge_zeros"]] == [271_300, 271_200]
        assert site["gauge_zeros"][1]["from"] == since and site == (await told(client, here))[1]["site"]
        readings = (await told(client, f"{here}/readings"))[1]["readings"]
        levels = [(each["value"], each["over_nhn_mm"]) for each in readings if each["quantity"] == "level"]
        assert levels == [(2970, 274_270), (3080, 274_280)]
        assert {each["over_nhn_mm"] for each in readings if each["quantity"] != "level"} == {None}


@pytest.fixture
def gauge(creek: House) -> House:
    """The bridge has a zero over NHN since seven minutes, and stands at 2 m."""
    for command, said in (
        ("site.install", {"dev_eui": DEV_EUI, "from_ms": NOW - 10 * MINUTE, "mount_mm": 3000}),
        ("site.gauge_zero", {"over_nhn_mm": 271_300, "from_ms": NOW - 7 * MINUTE}),
    ):
        creek.writer.run(FOUNDER, command, {"site_id": "bruecke", **said})
    with creek.ledger.store.transaction():
        creek.ledger.hear(DEV_EUI, NOW - MINUTE, {"level": 2000.0})
    return creek


HEIGHTS = (
    "/sites/bruecke?lang=de",
    "/sites/bruecke/level.csv",
    "/sites.geojson",
    "/api/v1/sites",
    "/api/v1/sites/bruecke",
    "/api/v1/sites/bruecke/readings",
)


async def test_exports_and_page_lead_from_a_level_to_its_height_over_nhn(gauge: House) -> None:
    gauge.writer.run(FOUNDER, "site.publish", {"site_id": "bruecke", "published": True})
    async with gauge.client(address=STRANGER) as client:
        head, *rows = (await client.get("/sites/bruecke/level.csv")).text.splitlines()
        assert head == "time_utc,level_cm,flag,fault,over_nhn_m"
        told_rows = [row.partition(",")[2] for row in rows]
        assert told_rows == ["299,1,,", "299.5,1,,274.295", "200,1,,273.3"], "none is known of the first"
        other = (await client.get("/sites/bruecke/distance.csv")).text
        assert other.startswith("time_utc,distance_cm,flag,fault\r\n")
        (feature,) = (await told(client, "/sites.geojson"))[1]["features"]
        assert (feature["properties"]["value"], feature["properties"]["gauge_zero_over_nhn_m"]) == (
            200,
            271.3,
        )
        assert "273,30 m über NHN" in (await client.get("/sites/bruecke?lang=de")).text
        assert "über NHN" not in (await client.get("/sites/bruecke?lang=de&quantity=distance")).text


@pytest.mark.parametrize("path", HEIGHTS)
async def test_the_public_learns_no_height_of_a_blurred_place(gauge: House, path: str) -> None:
    """Along a river a height is a position."""
    gauge.writer.run(FOUNDER, "site.publish", {"site_id": "bruecke", "published": True, "blur_m": 100})
    heights = [f"{figure}{rest}" for figure in ("271", "273") for rest in ("300", ",30", ".3")]
    async with gauge.client(Role.VIEWER) as client:
        assert [each for each in heights if each in (await client.get(path)).text]
    async with gauge.client(address=STRANGER) as client:
        answer = await client.get(path)
        assert answer.status_code == 200
        assert not [each for each in heights if each in answer.text]


async def test_pages_of_readings_go_on_across_nodes(creek: House) -> None:
    with creek.ledger.store.transaction():
        creek.ledger.add(OTHER, "zweite", since=NOW - 60 * MINUTE)
        for minute in (9, 5, 1):
            creek.ledger.hear(OTHER, NOW - minute * MINUTE, {"distance": 100.0 + minute})
    creek.writer.run(FOUNDER, "site.install", {"site_id": "bruecke", "dev_eui": OTHER, "from_ms": 0})
    values, cursor = [], ""
    async with creek.client(Role.VIEWER) as client:
        while cursor is not None:
            path = f"/api/v1/sites/bruecke/readings?limit=2{cursor and '&cursor=' + cursor}"
            page = (await told(client, path))[1]
            values += [each["value"] for each in page["readings"]]
            cursor = page["next"]
    assert sorted(values) == [5, 10, 101, 105, 109] and len(values) == 5


def test_sites_from_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    def run(*words: str, code: int = 0) -> str:
        done = CliRunner().invoke(command_line, [*words, "--db", "x.db"])
        assert done.exit_code == code, done.output
        return done.output

    run("device", "add", DEV_EUI, "--lns")
    assert "aue-bruecke: added, not published" in run(
        "site", "add", "Aue Brücke", "--lat", "50.5", "--lon", "9.6"
    )
    assert "there already" in run("site", "add", "Aue Brücke", code=1)
    at = ("--from", "2026-11-22T12:00:00Z", "--mount-mm", "4200")
    assert "since 2026-11-22T12:00:00.000Z" in run("site", "install", "aue-bruecke", DEV_EUI, *at)
    run("site", "install", "aue-bruecke", DEV_EUI, "--from", "yesterday", code=2)
    assert "mounted at 4200 mm" in run("site", "show", "aue-bruecke")
    assert "published, to 100 m" in run("site", "publish", "aue-bruecke", "--blur")
    assert "published, to 100 m" in run("site", "list")
    assert "not published" in run("site", "publish", "aue-bruecke", "--hide")
    assert "removed" in run("site", "remove", "aue-bruecke")
    assert "no site" in run("site", "show", "aue-bruecke", code=1)


async def test_only_the_pages_of_those_who_may_listen_do(creek: House) -> None:
    """Events of all tell of private places too: the public's pages hear of what is published only."""
    async with creek.client(address=STRANGER) as anybody, creek.client(Role.VIEWER) as viewer:
        assert 'data-events="/api/v1/news"' in (await anybody.get("/")).text
        creek.writer.run(FOUNDER, "site.publish", {"site_id": "bruecke", "published": True})
        page = (await anybody.get("/sites/bruecke")).text
        assert 'data-events="/api/v1/news?site=bruecke"' in page
        assert 'data-events="/api/v1/events"' in (await viewer.get("/")).text
        assert (await anybody.get("/api/v1/events")).status_code == 401
