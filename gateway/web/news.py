"""What the public hears as it happens at published places: read once for all who listen."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

from starlette.concurrency import run_in_threadpool

from gateway import events
from gateway.alarms import records
from gateway.events import Event
from gateway.model import GatewayError
from gateway.notify import Notifier
from gateway.store import queries
from gateway.store.database import Connection, Where, among, opened
from gateway.web.asking import parse_time
from gateway.web.events import HEARTBEAT, HEARTBEAT_S, RETRY

MOST = 200  # listeners; the others ask from time to time, as all did before
_BATCH = 200
_WAITING = 500  # events for one listener
_HIDDEN = ("dev_eui", "uplink_id")
_PUBLISHED = """
    SELECT i.dev_eui, i.site_id, i.from_ms, i.to_ms FROM installation i JOIN site s ON s.id = i.site_id
    WHERE s.published = 1 AND i.dev_eui IN ({keys})
"""
_logger = logging.getLogger(__name__)


class Item(NamedTuple):
    """As it goes out, without a number: numbers would tell how much is private."""

    site_id: str
    text: bytes


@dataclass(eq=False)
class _Listener:
    site_id: str | None
    waiting: asyncio.Queue[bytes] = field(default_factory=lambda: asyncio.Queue(_WAITING))
    is_over: bool = False

    def end(self) -> None:
        self.is_over = True
        with suppress(asyncio.QueueFull):
            self.waiting.put_nowait(b"")  # who is full wakes anyway


class News:
    """Reads while somebody listens. Who does not keep up is let go: a page that comes back asks anew."""

    def __init__(
        self, store: Where, notifier: Notifier, heartbeat_s: float = HEARTBEAT_S, most: int = MOST
    ) -> None:
        self._store = store
        self._notifier = notifier
        self._heartbeat_s = heartbeat_s
        self.most = most
        self._listeners: set[_Listener] = set()
        self._reading: asyncio.Task[None] | None = None
        self._is_reading = False

    @property
    def is_reading(self) -> bool:
        """Whether what happens from now on is told to somebody."""
        return self._is_reading

    @property
    def is_full(self) -> bool:
        return len(self._listeners) >= self.most

    def close(self) -> None:
        """End every stream, so that a server which waits for its clients can stop."""
        for each in self._listeners:
            each.end()

    async def listen(self, site_id: str | None) -> AsyncIterator[bytes]:
        """To one place or to all of them."""
        if self.is_full:
            return  # many came at once
        listener = _Listener(site_id)
        self._listeners.add(listener)
        if self._reading is None:
            self._reading = asyncio.create_task(self._read_on())
        try:
            yield RETRY
            while not listener.is_over:
                yield await self._next(listener)
        finally:
            self._listeners.discard(listener)
            if not self._listeners and self._reading:
                self._reading.cancel()
                self._reading = None

    async def _next(self, listener: _Listener) -> bytes:
        try:
            async with asyncio.timeout(self._heartbeat_s):
                return await listener.waiting.get()
        except TimeoutError:
            return HEARTBEAT

    async def _read_on(self) -> None:
        try:
            after_id = await run_in_threadpool(self._newest)
            self._is_reading = True
            while True:
                after_id, items = await run_in_threadpool(self._read, after_id)
                for item in items:
                    self._tell(*item)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._notifier.wait(after_id), self._heartbeat_s)
        except GatewayError as error:
            _logger.warning("public event streams end, the store cannot be read: %s", error)
        finally:
            self._is_reading = False
            if self._reading is asyncio.current_task():  # failed, not let go
                self._reading = None
                self.close()

    def _tell(self, site_id: str, text: bytes) -> None:
        for each in self._listeners:
            if each.site_id in (None, site_id):
                try:
                    each.waiting.put_nowait(text)
                except asyncio.QueueFull:
                    each.end()

    def _newest(self) -> int:
        with opened(self._store) as db:
            return queries.last_event_id(db)

    def _read(self, after_id: int) -> tuple[int, list[Item]]:
        with opened(self._store) as db:
            newest, told = events.read(db, after_id, _BATCH)
            return newest, items(db, told)


def items(db: Connection, happened: Iterable[Event]) -> list[Item]:
    """Of what all hear who may: what was measured at a published place while it was, and its alarms."""
    told = [(kind, json.loads(data)) for _, kind, data in happened if kind in ("reading", "alarm")]
    spells: dict[str, list[tuple[str, int, int | None]]] = {}
    for dev_eui, *spell in among(
        db, _PUBLISHED, (each["dev_eui"] for kind, each in told if kind == "reading")
    ):
        spells.setdefault(dev_eui, []).append((spell[0], spell[1], spell[2]))
    found = []
    for kind, each in told:
        if kind == "alarm":
            row = records.find(db, each["id"])
            found += [_item(kind, row["site_id"], {"id": each["id"]})] if records.is_public(row) else []
            continue
        time = parse_time(each["time"])
        for site_id, begin, over in spells.get(each["dev_eui"], ()):
            if begin <= time and (over is None or time < over):
                shown = {name: value for name, value in each.items() if name not in _HIDDEN}
                found.append(_item(kind, site_id, shown))
    return found


def _item(kind: str, site_id: str, data: dict[str, object]) -> Item:
    text = json.dumps({"site_id": site_id, **data}, ensure_ascii=False, separators=(",", ":"))
    return Item(site_id, f"event: {kind}\ndata: {text}\n\n".encode())
