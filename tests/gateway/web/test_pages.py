"""The pages as they are sent: values in the HTML, names escaped, unknown with its reason, exports."""

import csv
import io
import re

import httpx
import pytest
from fastapi import FastAPI

from gateway.access.roles import Principal, Role
from gateway.alarms import records
from gateway.alarms.records import Cause
from gateway.commands import Writer
from gateway.composition import COMMANDS
from gateway.model import Installation
from gateway.network import queue
from gateway.store import sites
from gateway.words import MINUS
from tests.gateway.web.conftest import CREEK, OLD_METER, SQUARE, UNHEARD, client_of
from tests.gateway.web.ledger import GATEWAYS, MINUTE, NOW, Ledger, StoppedClock


def cards(html: str) -> dict[str, str]:
    """The text of each card by its place, roughly as people see it."""
    found = re.findall(r'<li data-live="(\w+)"(.*?)</li>', html, re.DOTALL)
    return {id_: " ".join(re.sub(r"<[^>]*>", " ", text.partition(">")[2]).split()) for id_, text in found}


async def test_the_latest_values_are_in_the_html(client: httpx.AsyncClient) -> None:
    answer = await client.get("/")
    told = cards(answer.text)
    assert told[CREEK].startswith("Aue 122 &#8239;cm Wasserstand · vor 10 Min.") and "steigt 6" in told[CREEK]
    assert told[SQUARE].startswith("Marktplatz &lt;b&gt;laut&lt;/b&gt; 61 &#8239;dB")
    assert "unbekannt" in told[OLD_METER] and told[OLD_METER].endswith("sendet, aber nicht lesbar")
    assert "unbekannt" in told[UNHEARD] and told[UNHEARD].endswith("noch nie gehört")
    assert "4 Messstellen." in answer.text and "2 ohne aktuellen Wert." in answer.text


async def test_the_browser_or_the_address_says_the_language(client: httpx.AsyncClient) -> None:
    english = await client.get("/", headers={"Accept-Language": "en"})
    assert 'lang="en"' in english.text and "Stations" in english.text
    assert english.headers["Vary"] == "Accept-Language, Accept-Encoding"
    assert f'href="/sites/{CREEK}"' in english.text
    chosen = await client.get("/?lang=de", headers={"Accept-Language": "en"})
    assert "Messstellen" in chosen.text and f'href="/sites/{CREEK}?lang=de"' in chosen.text
    assert "set-cookie" not in chosen.headers


async def test_what_cannot_be_is_unknown_and_says_why(ledger: Ledger, client: httpx.AsyncClient) -> None:
    with ledger.store.transaction():
        ledger.hear(CREEK, NOW - MINUTE, {"level": 1e9}, flag=4)
        ledger.hear(SQUARE, NOW + 60 * MINUTE, {"laeq": 50.0})
    told = cards((await client.get("/")).text)
    assert "unbekannt" in told[CREEK] and "unmöglicher Messwert, verworfen" in told[CREEK]
    assert "unbekannt" in told[SQUARE] and "in der Zukunft" in told[SQUARE]
    page = await client.get(f"/sites/{CREEK}")
    assert page.status_code == 200 and "100000000" in page.text  # in the table, with its flag


async def test_a_thousand_places_come_in_parts_and_can_be_searched(
    ledger: Ledger, client: httpx.AsyncClient
) -> None:
    with ledger.store.transaction():
        for number in range(1000):
            ledger.add(f"{0x0200006D66100000 + number:016x}", f"Pegel {number:04}", since=None)
    first = await client.get("/")
    assert len(cards(first.text)) == 400 and "1004 Messstellen" in first.text
    following = first.text.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
    second = await client.get(following.replace("&amp;", "&"))
    assert len(cards(second.text)) == 400 and not cards(second.text).keys() & cards(first.text).keys()
    assert list(cards((await client.get("/?q=pegel 0042")).text)) == [f"{0x0200006D66100000 + 42:016x}"]


async def test_exports_agree_with_the_store(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"/sites/{CREEK}/level.csv?start=PT2H")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    head, *rows = csv.reader(io.StringIO(answer.text))
    assert head == ["time_utc", "level_cm", "flag", "fault"]
    assert rows == [
        [f"2026-11-22T11:{60 - minute}:00.000Z", f"{(1234 - minute) / 10:g}", "1", ""]
        for minute in range(50, 0, -10)
    ]
    faulty = (await client.get(f"/sites/{SQUARE}/temperature.csv")).text
    assert faulty.splitlines()[1].endswith(",,9,no_answer")
    columns = (await client.get(f"/sites/{CREEK}/level.json?start=PT2H")).json()
    assert columns["values"] == [118.4, 119.4, 120.4, 121.4, 122.4] and columns["unit"] == "cm"
    assert columns["flags"] == [1] * 5 and len(columns["times"]) == 5


async def test_the_public_sees_what_is_published_and_nothing_of_operators(
    app: FastAPI, ledger: Ledger
) -> None:
    """A client of another machine, without a token."""
    hidden = [f"/sites/{CREEK}", f"/embed/{CREEK}/level"]
    hidden += [f"/sites/{CREEK}/level.{kind}" for kind in ("svg", "png", "csv", "json")]
    async with client_of(app, "192.0.2.7") as stranger:
        assert cards((await stranger.get("/")).text) == {}
        assert [(await stranger.get(path)).status_code for path in hidden] == [404] * 6
        publish = "UPDATE site SET published = 1, blur_m = 100, lat = 50.123456, lon = 9.654321 WHERE id = ?"
        with ledger.store.transaction():
            ledger.store.connection.execute(publish, (CREEK,))
        page = await stranger.get("/")
        assert list(cards(page.text)) == [CREEK] and 'data-lat="50.123" data-lon="9.654"' in page.text
        assert [(await stranger.get(path)).status_code for path in hidden] == [200] * 6
        assert "/nodes" not in page.text and "Funkmeldungen" not in (await stranger.get(hidden[0])).text
        for path in ("/nodes", "/gateways", "/live", "/frames/0"):
            browser = await stranger.get(path, headers={"Accept": "text/html"})
            assert (browser.status_code, browser.headers["Location"]) == (303, f"/login?next={path}")
            assert (await stranger.get(path)).status_code == 401


async def test_a_site_goes_on_when_its_node_is_exchanged(ledger: Ledger, client: httpx.AsyncClient) -> None:
    db, change = ledger.store.connection, NOW - 25 * MINUTE
    with ledger.store.transaction():
        sites.install(db, Installation(CREEK, UNHEARD, from_ms=change))
        db.execute("UPDATE installation SET to_ms = ? WHERE dev_eui = ?", (change, CREEK))
        later = (UNHEARD, CREEK, NOW - 15 * MINUTE)
        db.execute("UPDATE reading SET dev_eui = ? WHERE dev_eui = ? AND time > ?", later)
        db.execute("UPDATE newest SET dev_eui = ? WHERE dev_eui = ?", (UNHEARD, CREEK))
    columns = (await client.get(f"/sites/{CREEK}/level.json?start=PT2H")).json()
    assert columns["values"] == [118.4, 119.4, 120.4, 122.4]  # what the old node said after its end is out


async def test_operators_see_links_and_every_byte(ledger: Ledger, client: httpx.AsyncClient) -> None:
    nodes = (await client.get("/nodes")).text
    assert "Stimmen die Schlüssel" in nodes and f"{MINUS}88" in nodes
    assert GATEWAYS[1] in (await client.get("/gateways")).text
    with ledger.store.transaction():
        uplink, _ = ledger.hear(CREEK, NOW, {"level": 1.0}, payload=bytes.fromhex("8325173901a3"))
        unread, _ = ledger.hear(OLD_METER, NOW, None, payload=bytes.fromhex("00ff10"))
        queue.add(
            ledger.store.connection, queue.Wanted(CREEK, 7, b"\x01\x02", None, False, 0, None), "x", NOW
        )
    live = (await client.get(f"/live?dev_eui={CREEK}")).text
    assert f"/frames/{uplink.id}" in live and "wartet auf die nächste Funkmeldung" in live
    frame = (await client.get(f"/frames/{uplink.id}")).text
    assert all(said in frame for said in ("83", "an array of 3 items", "39 01 a3"))
    assert re.search("Ein Messwert: Wasserstand 0,1\\Wcm \\(", frame)
    other = (await client.get(f"/frames/{unread.id}")).text
    assert "nicht lesbar" in other and "00 ff 10" in other


async def test_the_public_sees_an_alarm_but_not_who_acknowledged_it(app: FastAPI, ledger: Ledger) -> None:
    db = ledger.store.connection
    with ledger.store.transaction():
        db.execute("UPDATE site SET published = 1 WHERE id = ?", (CREEK,))
        for site_id in (CREEK, SQUARE):
            cause = Cause("mark", f"mark:1:{site_id}", NOW, site_id, quantity="level", value=1200.0)
            number = records.open_alarm(db, cause, NOW)
            records.acknowledge(db, number or 0, "Ada Amt", NOW)
    async with client_of(app, "192.0.2.7") as stranger, client_of(app) as known:
        public, ours = (await stranger.get("/alarms")).text, (await known.get("/alarms")).text
    assert "Aue:" in public and "120" in public and "Ada" not in public and "Marktplatz" not in public
    assert "Aue:" in ours and "Ada Amt" in ours and "Marktplatz &lt;b&gt;" in ours


async def test_forms_need_a_session_and_its_proof(app: FastAPI, ledger: Ledger, clock: StoppedClock) -> None:
    writer = Writer(ledger.store, clock, COMMANDS)
    token = writer.run(Principal("x", Role.ADMIN), "token.create", {"role": "admin"})["token"]
    change = {"site_id": CREEK, "published": "1", "back": f"/settings/{CREEK}"}
    async with client_of(app) as browser:
        assert (await browser.post("/do/site.change", data=change)).status_code == 401
        await browser.post("/login", data={"token": token})
        assert (await browser.post("/do/site.change", data=change)).status_code == 403
        page = (await browser.get(f"/settings/{CREEK}")).text
        csrf = page.partition('name="csrf" value="')[2].partition('"')[0]
        done = await browser.post("/do/site.change", data=change | {"csrf": csrf})
        assert (done.status_code, done.headers["Location"]) == (303, f"/settings/{CREEK}")
        zero = {"site_id": CREEK, "over_nhn_mm": "271300", "since": "2026-05-01", "moved": "0", "csrf": csrf}
        assert (await browser.post("/do/site.gauge_zero", data=zero)).status_code == 303
        assert (await browser.post("/do/site.gauge_zero", data=zero | {"since": "soon"})).status_code == 422
        shown = (await browser.get(f"/settings/{CREEK}?lang=de")).text
        assert "271,300 m über NHN seit 1. Mai 2026" in shown
        mark = {
            "site_id": CREEK,
            "quantity": "level",
            "name": "M",
            "value": "12,5",
            "source": "S",
            "csrf": csrf,
        }
        assert (await browser.post("/do/mark.set", data=mark)).status_code == 303
        assert (await browser.post("/do/mark.set", data=mark | {"value": "hoch"})).status_code == 422
        chief = {"csrf": csrf, "back": "/settings", "name": "chief", "secret_url": "json://127.0.0.1/"}
        for wait_min, code in (("1,5", 303), ("inf", 422), ("bald", 422)):
            answer = await browser.post("/do/notification.set", data=chief | {"after_min": wait_min})
            assert answer.status_code == code
        assert "nach 1,5 Min." in (await browser.get("/settings")).text
        assert (await browser.post("/do/session.end", data={"csrf": csrf})).status_code == 404
    assert (
        ledger.store.connection.execute("SELECT published FROM site WHERE id = ?", (CREEK,)).fetchone()[0]
        == 1
    )
    assert ledger.store.connection.execute("SELECT value FROM mark").fetchone()[0] == 125


async def test_the_places_as_geojson(client: httpx.AsyncClient) -> None:
    answer = await client.get("/sites.geojson")
    assert answer.headers["Content-Type"] == "application/geo+json"
    creek = next(each for each in answer.json()["features"] if each["id"] == CREEK)
    assert creek["geometry"] is None  # nobody has said where it lies
    assert creek["properties"]["value"] == pytest.approx(122.4)
    assert creek["properties"] | {"value": 0} == {
        "name": "Aue", "standing": "live", "quantity": "level", "value": 0, "unit": "cm",
        "per_hour": 6.0, "time": "2026-11-22T11:50:00.000Z", "gauge_zero_over_nhn_m": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    "path", ["/about", "/accessibility", "/privacy", "/imprint", "/login", "/login?refused"]
)
@pytest.mark.parametrize("language", ["de", "en"])
async def test_texts_are_there(client: httpx.AsyncClient, path: str, language: str) -> None:
    answer = await client.get(path, headers={"Accept-Language": language})
    assert answer.status_code == 200
    for needed in ("/accessibility", "/privacy", "/imprint", "#feedback"):
        assert needed in answer.text


@pytest.mark.parametrize(
    ("language", "title", "step"),
    [
        ("de", "Das dürfen Sie hier nicht", "Das braucht die Rolle operator, und loopback hat viewer"),
        ("en", "You may not do this here", "This needs the role operator, and loopback has viewer"),
    ],
)
async def test_a_refused_page_says_why_and_what_to_do_in_the_readers_language(
    client: httpx.AsyncClient, language: str, title: str, step: str
) -> None:
    headers = {"Accept": "text/html", "Accept-Language": language}
    answer = await client.get("/settings", headers=headers)
    assert answer.status_code == 403
    assert f"<h1>{title}</h1>" in answer.text and f"<title>{title} · messfunk</title>" in answer.text
    assert step in answer.text and "Token" in answer.text.replace("token", "Token")


async def test_what_the_operator_has_not_written_yet_is_told_to_him_alone(
    app: FastAPI, ledger: Ledger
) -> None:
    async with client_of(app) as client:
        assert "[page]" in (await client.get("/imprint")).text
        with ledger.store.transaction():
            ledger.store.connection.execute(
                "INSERT INTO token VALUES ('t', 'x', 'viewer', 0, NULL, NULL, 'h')"
            )
        for path in ("/imprint", "/accessibility"):
            told = await client.get(path)
            assert "Betreiber dieser Seite" in told.text and "[page]" not in told.text
