"""What people and folders get: once per alarm and step, over crashes, escalated, ended, drilled."""

import asyncio
import json
from collections.abc import AsyncIterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import xmlschema

from gateway.alarms import notices, notifications, records
from gateway.alarms.messenger import AppriseMessenger, MessageError, check
from gateway.alarms.notifications import Notification
from gateway.alarms.section import AlarmsConfig
from gateway.alarms.telling import Telling
from tests.gateway.alarms.district import MINUTE, District

SCHEMA = xmlschema.XMLSchema(Path(__file__).with_name("CAP-v1.2.xsd"))
SECRET = "pass-word-17"


class Post:
    """A Messenger that keeps what it is given; refuses while `is_down`."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, str]] = []
        self.is_down = False

    async def send(self, url: str, title: str, body: str) -> None:
        if self.is_down:
            raise MessageError("nobody there")
        self.sent.append((url, title, body))

    @property
    def titles(self) -> list[str]:
        return [f"{url}: {title}" for url, title, _ in self.sent]


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "cap"
    made.mkdir()
    return made


def telling(district: District, post: Any, folder: Path | None = None) -> Telling:
    return Telling(AlarmsConfig(cap_folder=folder), district.store, district.clock, post)


@pytest.fixture
async def running(district: District, post: Post, folder: Path) -> AsyncIterator[Telling]:
    made = telling(district, post, folder)
    made.start()
    yield made
    await made.stop()


def notify(district: District, name: str, **changed: Any) -> None:
    row: dict[str, Any] = {
        "url": name.encode(),
        "language": "de",
        "site_id": None,
        "kind": None,
        "after_s": 0,
    }
    with district.store.transaction():
        notifications.put(district.store.connection, Notification(name=name, created_at=0, **row | changed))


async def settled(running: Telling, district: District) -> None:
    """Until nothing is due any more: what was refused is due later."""
    running.wake()
    async with asyncio.timeout(10):
        while notices.due(district.store.connection, district.clock.now_ms()):  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def files(folder: Path) -> dict[str, bytes]:
    return {file.name.rpartition(".1.")[2]: file.read_bytes() for file in folder.iterdir()}


async def test_those_concerned_are_told_in_their_language(
    district: District, post: Post, running: Telling
) -> None:
    notify(district, "all")
    notify(district, "english", language="en", site_id="pegel-1", kind="mark")
    notify(district, "elsewhere", site_id="pegel-2")
    notify(district, "silence", kind="silence")
    district.mark(1000)
    district.level(1010)
    await settled(running, district)
    assert sorted(post.titles) == [
        "all: Pegel 1: Meldestufe I erreicht",
        "english: Pegel 1: Meldestufe I reached",
    ]
    german = next(body for url, _, body in post.sent if url == "all")
    assert (
        "Wasserstand: 101\u202fcm (Marke: 100\u202fcm), gemessen 14. November 2023, 23:13:20 Uhr (UTC+1)."
        in german
    )
    assert "messfunk alarm acknowledge 1" in german
    assert "Orientierende Messung" in german


async def test_the_end_is_told_to_those_who_heard_of_the_beginning(
    district: District, post: Post, running: Telling
) -> None:
    notify(district, "all")
    district.mark(1000)
    district.level(1010)
    await settled(running, district)
    notify(district, "late")
    district.later(MINUTE)
    district.level(900)
    await settled(running, district)
    assert post.titles[1:] == ["all: Ende: Pegel 1: Meldestufe I erreicht"]


async def test_without_acknowledgement_others_are_told(
    district: District, post: Post, running: Telling
) -> None:
    notify(district, "first")
    notify(district, "second", after_s=900)
    district.mark(1000)
    district.level(1010)
    await settled(running, district)
    district.later(14 * MINUTE)
    await settled(running, district)
    assert len(post.sent) == 1
    district.later(2 * MINUTE)
    await settled(running, district)
    assert post.titles[1:] == ["second: Noch nicht quittiert: Pegel 1: Meldestufe I erreicht"]


@pytest.mark.parametrize("is_over", [True, False])
async def test_acknowledged_or_over_nobody_further_is_told(
    district: District, post: Post, running: Telling, is_over: bool
) -> None:
    notify(district, "second", after_s=900)
    district.mark(1000)
    district.level(1010)
    district.later(MINUTE)
    if is_over:
        district.level(900)
    else:
        records.acknowledge(district.store.connection, 1, "chief", district.clock.now_ms())
    district.later(30 * MINUTE)
    await settled(running, district)
    assert post.sent == []


async def test_who_cannot_be_reached_does_not_delay_others_and_is_told_later(
    district: District, running: Telling, post: Post
) -> None:
    notify(district, "away")
    post.is_down = True
    district.mark(1000)
    district.level(1010)
    await settled(running, district)
    found = district.store.connection.execute("SELECT failures, reason FROM notice WHERE target = 'away'")
    row = found.fetchone()
    assert (row["failures"], row["reason"]) == (1, "nobody there")
    post.is_down = False
    district.later(10_000)
    await settled(running, district)
    assert post.titles == ["away: Pegel 1: Meldestufe I erreicht"]


async def test_a_crash_between_alarm_and_notice_loses_nothing_and_repeats_nothing(
    district: District, post: Post
) -> None:
    notify(district, "all")
    district.mark(1000)
    district.level(1010)
    for _ in range(3):  # three lives
        life = telling(district, post)
        life.start()
        await settled(life, district)
        await life.stop()
    assert len(post.sent) == 1


async def test_cut_off_while_sending_it_is_sent_again(district: District, post: Post) -> None:
    class Hanging(Post):
        async def send(self, url: str, title: str, body: str) -> None:
            await asyncio.sleep(3600)

    notify(district, "all")
    district.mark(1000)
    district.level(1010)
    life = telling(district, Hanging())
    life.start()
    await asyncio.sleep(0.05)
    await life.stop()
    second = telling(district, post)
    second.start()
    await settled(second, district)
    await second.stop()
    assert len(post.sent) == 1


async def test_cap_files_are_whole_valid_and_named_for_ever(
    district: District, running: Telling, folder: Path
) -> None:
    district.mark(1000)
    district.level(1010)
    await settled(running, district)
    (first,) = files(folder).items()
    district.later(MINUTE)
    district.level(900)
    await settled(running, district)
    written = files(folder)
    assert set(written) == {"raised.xml", "cleared.xml"}
    assert written["raised.xml"] == first[1]
    for content in written.values():
        SCHEMA.validate(content.decode())
        assert b"<status>Test</status>" in content


async def test_a_drill_says_so_everywhere(
    district: District, running: Telling, post: Post, folder: Path
) -> None:
    notify(district, "all")
    cause = records.Cause("mark", "drill:pegel-1", district.clock.now_ms(), site_id="pegel-1", drill=True)
    with district.store.transaction():
        records.open_alarm(district.store.connection, cause, district.clock.now_ms())
    await settled(running, district)
    assert post.titles[0] == "all: ÜBUNG: Pegel 1: Alarm"
    assert "Zuletzt gehört" not in post.sent[0][2]
    SCHEMA.validate(files(folder)["raised.xml"].decode())
    assert post.sent[0][2].startswith("Dies ist eine Übung.")
    assert b"<status>Exercise</status>" in files(folder)["raised.xml"]
    with district.store.transaction():
        records.acknowledge(district.store.connection, 1, "chief", district.clock.now_ms())
    await settled(running, district)
    assert post.titles[1].startswith("all: ÜBUNG: Ende: ")
    assert district.open() == []


class Receiver(BaseHTTPRequestHandler):
    """What a webhook of apprise's kind gets."""

    heard: list[dict[str, Any]]

    def do_POST(self) -> None:
        self.heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Tests are quiet."""


async def test_apprise_carries_title_and_text() -> None:
    Receiver.heard = []
    server = HTTPServer(("127.0.0.1", 0), Receiver)
    Thread(target=server.serve_forever, daemon=True).start()
    url = f"json://user:{SECRET}@127.0.0.1:{server.server_port}/"
    await AppriseMessenger().send(url, "Grüße", "zwei\nZeilen")
    server.shutdown()
    server.server_close()
    (message,) = Receiver.heard
    assert (message["title"], message["message"]) == ("Grüße", "zwei\nZeilen")


async def test_what_goes_wrong_never_shows_the_url(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(MessageError) as refused:
        await AppriseMessenger().send(f"json://user:{SECRET}@127.0.0.1:9/", "a", "b")
    with pytest.raises(MessageError) as unknown:
        check(f"nonsense://{SECRET}")
    assert SECRET not in f"{refused.value}{unknown.value}{caplog.text}"
    assert SECRET not in repr(Notification("n", SECRET.encode(), "de", None, None, 0, 0))
