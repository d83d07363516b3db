"""The stream of /api/v1/events: what the store's event table tells, from any id on, until it is closed."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any

from starlette.concurrency import run_in_threadpool

from gateway import events
from gateway.events import Event
from gateway.notify import Notifier
from gateway.store import queries
from gateway.store.database import StoreError, Where, opened

HEARTBEAT_S = 15.0  # below the idle timeout of common proxies (30 s or 60 s)
_BATCH = 200
RETRY = b"retry: 2000\n\n"
HEARTBEAT = b": heartbeat\n\n"
_logger = logging.getLogger(__name__)


class EventStreams:
    """All followers of one store. Who falls behind reads on from the table: nothing queues in memory."""

    def __init__(self, store: Where, notifier: Notifier, heartbeat_s: float = HEARTBEAT_S) -> None:
        self._store = store
        self._notifier = notifier
        self._heartbeat_s = heartbeat_s
        self._closed = asyncio.Event()

    def close(self) -> None:
        """End every stream, so that a server which waits for its clients can stop."""
        self._closed.set()

    async def start_after(self, last_event_id: int | None) -> int:
        """The id to follow from. One that is not given out yet (of another store) becomes the newest."""
        newest = await run_in_threadpool(self._newest)
        return newest if last_event_id is None else min(last_event_id, newest)

    async def follow(self, after_id: int, may: Callable[[], Awaitable[bool]]) -> AsyncIterator[bytes]:
        """For as long as its follower `may`: a token can end before the stream does."""
        yield RETRY
        while not self._closed.is_set() and await may():
            try:
                after_id, told = await run_in_threadpool(self._read, after_id)
            except StoreError as error:
                _logger.warning("an event stream ends, the store cannot be read: %s", error)
                return  # the client comes back with its last id
            for id_, kind, data in told:
                yield f"id: {id_}\nevent: {kind}\ndata: {data}\n\n".encode()
            if not told and not await self._news(after_id):
                yield HEARTBEAT

    async def _news(self, after_id: int) -> bool:
        """Wait for events after `after_id` or the end; False when the time of a heartbeat came first."""
        waits: list[Coroutine[Any, Any, Any]] = [self._notifier.wait(after_id), self._closed.wait()]
        tasks = [asyncio.create_task(wait) for wait in waits]
        try:
            done, _ = await asyncio.wait(
                tasks, timeout=self._heartbeat_s, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            for task in tasks:
                task.cancel()
        return bool(done)

    def _newest(self) -> int:
        with opened(self._store) as db:
            return queries.last_event_id(db)

    def _read(self, after_id: int) -> tuple[int, list[Event]]:
        with opened(self._store) as db:
            return events.read(db, after_id, _BATCH)
