"""Followers of a served store: what a client of an event stream reads, over a real socket."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from fastapi import FastAPI

from gateway.config import Address
from gateway.notify import Notifier
from gateway.store import queries
from gateway.web.server import Server, listen
from tests.gateway.web.ledger import Ledger


@dataclass
class Event:
    id: int
    kind: str
    data: Any


class Follower:
    """Reads the stream as the HTML standard says; counts the comments."""

    def __init__(self, lines: AsyncIterator[str]) -> None:
        self._lines = lines
        self.comments = 0
        self.retry_ms = 0

    async def next(self) -> Event:
        fields: dict[str, str] = {}
        async for line in self._lines:
            name, _, value = line.partition(": ")
            if line == "" and "data" in fields:
                return Event(int(fields.get("id", 0)), fields["event"], json.loads(fields["data"]))
            if line == "":
                self.retry_ms = int(fields.get("retry", self.retry_ms))
                fields = {}
            elif name == "":
                self.comments += 1
            else:
                fields[name] = value
        raise EOFError

    async def take(self, count: int) -> list[Event]:
        return [await self.next() for _ in range(count)]


@dataclass
class Site:
    ledger: Ledger
    notifier: Notifier
    server: Server
    client: httpx.AsyncClient

    def happen(self, kind: str, **data: Any) -> None:
        self.record(kind, **data)
        self.notifier.announce(queries.last_event_id(self.ledger.store.connection))

    def record(self, kind: str, **data: Any) -> None:
        self.ledger.store.add_events([(kind, json.dumps(data))])  # type: ignore[arg-type]

    @asynccontextmanager
    async def follow(
        self, last_event_id: int | None = None, path: str = "/api/v1/events"
    ) -> AsyncIterator[Follower]:
        headers = {} if last_event_id is None else {"Last-Event-ID": str(last_event_id)}
        async with self.client.stream("GET", path, headers=headers, timeout=10) as answer:
            assert answer.status_code == 200
            assert answer.headers["Content-Type"].startswith("text/event-stream")
            yield Follower(answer.aiter_lines())


@asynccontextmanager
async def serving(app: FastAPI, ledger: Ledger, notifier: Notifier) -> AsyncIterator[Site]:
    listener = listen(Address("127.0.0.1", 0))
    port = listener.getsockname()[1]
    server = Server(app, listener)
    task = asyncio.create_task(server.serve())
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        yield Site(ledger, notifier, server, client)
    server.should_exit = True
    await asyncio.wait_for(task, 5)
