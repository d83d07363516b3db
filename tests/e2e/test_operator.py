"""An operator by keyboard alone: in, a place published, a mark, a drill, its alarm acknowledged, out."""

import asyncio
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

from gateway.access.roles import Principal, Role
from gateway.commands import Writer
from gateway.composition import COMMANDS
from gateway.config import Address, HttpConfig
from gateway.counters import Counters
from gateway.notify import Notifier
from gateway.store.ledger import Store
from gateway.web.api import create_app
from gateway.web.server import Server, listen
from tests.e2e import village
from tests.e2e.conftest import Browser, FastClock
from tests.e2e.test_page import is_quiet, tab_to

AUE = "Aue, Brücke Mühlweg"


class House(NamedTuple):
    """A gateway that lets nobody write without a token."""

    url: str
    token: str
    path: Path
    server: Server

    def ask(self, query: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self.path)) as db:
            return db.execute(query).fetchall()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    village.build(tmp_path / "village.db").store.close()
    begun: Future[House] = Future()
    thread = threading.Thread(target=asyncio.run, args=(live_in(tmp_path / "village.db", begun),))
    thread.start()
    house = begun.result(20)
    yield house
    house.server.should_exit = True
    thread.join(10)


async def live_in(path: Path, begun: "Future[House]") -> None:
    """The writer's store belongs to the thread that opens it."""
    store, clock = Store(path), FastClock()
    writer = Writer(store, clock, COMMANDS)
    token = writer.run(Principal("founder", Role.ADMIN), "token.create", {"role": "admin"})["token"]
    listener = listen(Address("127.0.0.1", 0))
    server = Server(create_app(path, clock, Counters(), Notifier(), HttpConfig(), writer), listener)
    begun.set_result(House(f"http://127.0.0.1:{listener.getsockname()[1]}/", token, path, server))
    await server.serve()
    store.close()


def test_an_operator_needs_no_mouse(house: House, browser: Browser) -> None:
    log_in(house, browser)
    publish(house, browser)
    set_a_mark(browser)
    drill_and_acknowledge(house, browser)
    go(browser, "Abmelden")
    browser.do("find", selector='footer a:has-text("Anmelden")')
    go(browser, AUE)  # published by now; whoever is not known asks again instead of listening
    browser.do("find", selector=".connection.live")
    is_quiet(browser)


def go(browser: Browser, name: str) -> None:
    assert tab_to(browser, name), name
    browser.do("enter")


def write(browser: Browser, label: str, text: str) -> None:
    assert tab_to(browser, label), label
    browser.do("type", text=text)


def log_in(house: House, browser: Browser) -> None:
    browser.do("open", url=f"{house.url}settings")
    write(browser, "Token", house.token)
    browser.do("enter")
    browser.do("find", selector='h1:has-text("Einstellungen")')


def publish(house: House, browser: Browser) -> None:
    go(browser, AUE)
    go(browser, "Veröffentlichen")
    browser.do("find", selector='button:has-text("Nicht mehr veröffentlichen")')
    assert house.ask("SELECT id FROM site WHERE published = 1") == [(village.CREEK,)]


def set_a_mark(browser: Browser) -> None:
    assert tab_to(browser, "Speichern")  # past the form of the place, which also has a name
    write(browser, "Name", "Brückenkante")
    write(browser, "Wert", "150")
    write(browser, "Quelle", "Bauamt")
    go(browser, "Hinzufügen")
    browser.do("find", selector='.line:has-text("Brückenkante"):has-text("150"):has-text("Bauamt")')


def drill_and_acknowledge(house: House, browser: Browser) -> None:
    go(browser, "Übung beginnen")
    browser.do("find", selector='button:has-text("Übung beginnen")')
    go(browser, "Alarme")
    browser.do("find", selector='li.open:has-text("Übung")')
    for _ in range(2):  # the drill's, and the one of the mark that is passed
        go(browser, "Quittieren")
    browser.do("find", selector='li.open:has-text("Quittiert")')
    browser.do("find", selector='[data-live="over"] li:has-text("Übung")')
    told = house.ask("SELECT drill, acknowledged_by FROM alarm WHERE acknowledged_at IS NOT NULL")
    assert sorted(told) == [(0, "admin"), (1, "admin")]
