"""A served store with a token of each role."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from gateway.access.roles import Principal, Role
from gateway.commands import Writer
from gateway.composition import COMMANDS
from gateway.config import Address, HttpConfig
from gateway.counters import Counters
from gateway.notify import Notifier
from gateway.web.api import create_app
from tests.gateway.web.ledger import Ledger, StoppedClock

FOUNDER = Principal("founder", Role.ADMIN)
DEV_EUI = "70b3d57ed0000001"
APP_KEY = "2b7e151628aed2a6abf7158809cf4f3c"
OTAA = {"join_eui": "0102030405060708", "app_key": APP_KEY}


@dataclass
class House:
    """A store, its writer and those who come to the door."""

    ledger: Ledger
    clock: StoppedClock
    writer: Writer
    tokens: dict[Role, str] = field(default_factory=dict)

    def give_tokens(self) -> None:
        for role in Role:
            self.tokens[role] = self.writer.run(FOUNDER, "token.create", {"role": str(role)})["token"]

    def app(self, config: HttpConfig | None = None) -> FastAPI:
        return create_app(
            self.ledger.path, self.clock, Counters(), Notifier(), config or HttpConfig(), self.writer
        )

    def client(
        self,
        role: Role | None = None,
        address: str = "127.0.0.1",
        config: HttpConfig | None = None,
        base: str = "http://127.0.0.1:8080",
    ) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.app(config), client=(address, 40000))
        headers = {"Authorization": f"Bearer {self.tokens[role]}"} if role else {}
        return httpx.AsyncClient(transport=transport, base_url=base, headers=headers)

    def audit(self) -> list[dict[str, Any]]:
        rows = self.ledger.store.connection.execute("SELECT * FROM audit ORDER BY id")
        return [dict(row) for row in rows]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Nobody has made a token yet."""
    ledger = Ledger(tmp_path / "house.db")
    ledger.store.connection.execute("PRAGMA synchronous = OFF")
    clock = StoppedClock()
    yield House(ledger, clock, Writer(ledger.store, clock, COMMANDS))
    ledger.store.close()


@pytest.fixture
def lived_in(house: House) -> House:
    house.give_tokens()
    return house


PROXIED = HttpConfig(bind=Address("127.0.0.1", 8080), behind_proxy=True)
