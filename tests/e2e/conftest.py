"""The page as people get it: the real server, a real browser."""

import asyncio
import json
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gateway import events
from gateway.config import Address, HttpConfig
from gateway.counters import Counters
from gateway.notify import Notifier
from gateway.store import queries
from gateway.web.api import create_app
from gateway.web.section import PageConfig
from gateway.web.server import Server, listen
from tests.e2e import village
from tests.gateway.web.ledger import NOW, Ledger, Value

SCREENSHOTS = Path(folder) if (folder := os.environ.get("MESSFUNK_SCREENSHOTS")) else None


class Browser:
    """Drives browser.mjs. A command that fails there fails the test."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            ["node", Path(__file__).with_name("browser.mjs")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def do(self, command: str, **given: Any) -> Any:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps({"command": command, **given}) + "\n")
        self._process.stdin.flush()
        told = json.loads(self._process.stdout.readline())
        assert "error" not in told, told["error"]
        return told["answer"]

    def close(self) -> None:
        self._process.communicate(timeout=20)


class FastClock:
    """Starts at NOW and runs at `speed`."""

    def __init__(self, speed: float = 1) -> None:
        self.speed = speed
        self._since = time.monotonic()

    def now_ms(self) -> int:
        return NOW + round((time.monotonic() - self._since) * 1000 * self.speed)

    def call_at(self, when_ms: int, action: object) -> None:
        raise AssertionError("the web does not plan actions")


@dataclass
class Site:
    """A served store. `hear` writes an uplink and tells of it, as the gateway does."""

    url: str
    ledger: Ledger
    clock: FastClock
    server: Server
    notifier: Notifier
    loop: asyncio.AbstractEventLoop

    def hear(self, dev_eui: str, values: dict[str, Value] | None, **given: Any) -> None:
        uplink, _ = self.ledger.hear(dev_eui, self.clock.now_ms(), values, **given)
        events.tell_uplinks(self.ledger.store, [uplink.id])
        newest = queries.last_event_id(self.ledger.store.connection)
        self.loop.call_soon_threadsafe(self.notifier.announce, newest)


@contextmanager
def serving(
    ledger: Ledger,
    clock: FastClock,
    port: int = 0,
    page: PageConfig | None = None,
    config: HttpConfig | None = None,
) -> Iterator[Site]:
    """In a thread of its own, so that the test can wait for the browser."""
    notifier = Notifier()
    config = config or HttpConfig(open_on_loopback=True)
    app = create_app(ledger.path, clock, Counters(), notifier, config, page=page)
    listener = listen(Address("127.0.0.1", port))
    server = Server(app, listener)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_until_complete, args=(server.serve(),))
    thread.start()
    try:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        yield Site(url, ledger, clock, server, notifier, loop)
    finally:
        server.should_exit = True
        thread.join(10)
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    browser = Browser()
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A gateway that has just been set up, where somebody has shown too many wrong tokens."""
    ledger = Ledger(tmp_path_factory.mktemp("bare") / "bare.db")
    with serving(ledger, FastClock(), config=HttpConfig()) as site:
        while site.server.site.failures.take("127.0.0.1"):
            pass
        yield site
    ledger.store.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The village at the speed of real time, for tests that only look."""
    ledger = village.build(tmp_path_factory.mktemp("site") / "village.db")
    with serving(ledger, FastClock()) as site:
        yield site
    ledger.store.close()
