"""Feeds one sink from the outbox: in order, at least once, for as long as it takes."""

import asyncio
import logging
from collections.abc import Sequence
from random import Random

from gateway.model import Clock, GatewayError
from gateway.sinks.sink import RefusedError, Sink, UnavailableError
from gateway.store import outbox
from gateway.store.database import StoreError
from gateway.store.ledger import Store
from gateway.store.outbox import Delivery

_log = logging.getLogger(__name__)
_IDLE_S = 5.0  # `messfunk outbox retry` writes to the same file from another process
_FIRST_WAIT_S = 0.5
_LONGEST_WAIT_S = 30.0
_STORE_S = 1.0
_FRESH = 8000  # uplinks, some 1.5 kB each
_ANSWERS = 30  # a quarter of an hour of the same failure for the same uplink: the fault is in the uplink


class Pump:
    """Runs between `start` and `stop`; `wake` it when something is owed."""

    def __init__(self, sink: Sink, store: Store, clock: Clock, rng: Random):
        self._sink = sink
        self._store = store
        self._clock = clock
        self._rng = rng
        self._fresh: dict[str, Delivery] = {}  # need not be read again; from the oldest on, if that is known
        self._news = asyncio.Event()
        self._failures = 0
        self._error: str | None = None
        self._is_ours = False  # of several bridges only one feeds the sink, and speaks for them there
        self._taken: Sequence[Delivery] = ()  # by the sink, and owed to it until that is written

    def start(self) -> None:
        self._lead()
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        if self._is_ours:
            await self._sink.stop()

    def owe(self, deliveries: Sequence[Delivery]) -> None:
        """What the outbox has got besides."""
        for each in deliveries[: max(0, _FRESH - len(self._fresh))]:
            self._fresh[each.id] = each

    def forget(self) -> None:
        self._fresh.clear()

    def wake(self) -> None:
        self._news.set()

    async def _run(self) -> None:
        while True:
            self._news.clear()
            try:
                self._settle()
                batch = self._due() if self._lead() else []
                if not batch:
                    await _within(self._news, _IDLE_S)
                    continue
                await self._deliver(batch)
                self._take(None)
            except StoreError:  # no fault of the sink's, which is told of where it matters more
                await asyncio.sleep(_STORE_S)
            except GatewayError as error:
                await self._wait(error)
            except Exception:  # a fault of ours must not end the deliveries for good
                _log.exception("sink %s", self._sink.name)
                await self._wait(UnavailableError("our own fault, see the log: report it"))

    def _lead(self) -> bool:
        """Whether it is for us; the sink is begun once it is."""
        leads = self._store.holds("alarms")
        if leads and not self._is_ours:
            self._is_ours = True
            self._note(None)
            self._sink.start()
        return leads

    def _due(self) -> list[Delivery]:
        return outbox.due(self._store.connection, self._sink.name, self._sink.batch, self._fresh)

    async def _deliver(self, batch: Sequence[Delivery]) -> None:
        """What refuses a batch does not refuse all of it: then each goes alone."""
        try:
            await self._sink.deliver(batch)
        except RefusedError as refused:
            if len(batch) == 1:
                self._bury(batch[0], str(refused))
                return
            for each in batch:
                await self._deliver([each])
            return
        except UnavailableError as error:
            if len(batch) == 1 and error.answered and self._failures >= _ANSWERS:
                self._bury(batch[0], str(error))
                return
            raise
        self._taken = batch
        self._settle()

    def _settle(self) -> None:
        """What the sink has taken is not told to it again, however long that cannot be written."""
        if self._taken:
            with self._store.transaction():
                outbox.settle(self._store.connection, self._sink.name, self._taken, self._clock.now_ms())
            for each in self._taken:
                self._fresh.pop(each.id, None)
            self._taken = ()

    def _bury(self, delivery: Delivery, reason: str) -> None:
        with self._store.transaction():
            outbox.bury(self._store.connection, self._sink.name, delivery, reason)
        self._fresh.pop(delivery.id, None)
        self._failures = 0
        _log.error(
            "sink %s: uplink %s of %s cannot be delivered: %s; `messfunk outbox dead` lists such",
            self._sink.name,
            delivery.id,
            delivery.dev_eui,
            reason,
        )

    async def _wait(self, error: GatewayError) -> None:
        """Once is no state yet: a sink that has just been started is about to connect."""
        self._failures += 1
        self._sink.back.clear()
        if self._failures > 1:
            self._take(str(error))
        longest = min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2 ** min(self._failures, 10))
        await _within(self._sink.back, longest * self._rng.uniform(0.5, 1.0))

    def _take(self, error: str | None) -> None:
        """Log and note the change of state, not each attempt."""
        if error is None:
            self._failures = 0
        if error == self._error:
            return
        if error:
            _log.warning("sink %s: %s; trying again until it works", self._sink.name, error)
        else:
            _log.info("sink %s: works again", self._sink.name)
        self._note(error)

    def _note(self, error: str | None) -> None:
        self._error = error
        try:
            with self._store.transaction():
                outbox.note(self._store.connection, self._sink.name, self._clock.now_ms(), error)
        except GatewayError as failed:  # the store's: it has been logged where it matters more
            _log.warning("sink %s: its state cannot be written: %s", self._sink.name, failed)


async def _within(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass
