"""The alarms of a running gateway: fed with what is decoded, listening for silence, telling people."""

from collections.abc import Callable, Mapping, Sequence

from gateway.alarms import conflicts, hearing, watch
from gateway.alarms.messenger import AppriseMessenger
from gateway.alarms.section import AlarmsConfig
from gateway.alarms.telling import Telling
from gateway.alarms.watch import Heard, Rising
from gateway.model import Clock
from gateway.refusals import Refusals
from gateway.store.database import StoreError
from gateway.store.ledger import Store
from gateway.words.times import MINUTE_MS


class Duty:
    """Runs between `start` and `stop`."""

    def __init__(
        self,
        config: AlarmsConfig,
        store: Store,
        clock: Clock,
        refusals: Refusals,
        conflicts: Callable[[], Mapping[str, int]],
    ):
        self._store = store
        self._clock = clock
        self._refusals = refusals
        self._conflicts = conflicts
        self._telling = Telling(config, store, clock, AppriseMessenger())
        self._rising = Rising()
        self._is_on = False

    def start(self) -> None:
        self._is_on = True
        self._listening_since = self._clock.now_ms()
        self._telling.start()
        self._call()

    async def stop(self) -> None:
        self._is_on = False
        await self._telling.stop()

    def saw(self, heard: Sequence[Heard]) -> None:
        """In the transaction that stores them; `wake` once it is committed."""
        watch.saw(self._store.connection, self._clock.now_ms(), heard, self._rising)

    def wake(self) -> None:
        self._telling.wake()

    def _call(self) -> None:
        self._clock.call_at(self._clock.now_ms() + MINUTE_MS, self._look)

    async def _look(self) -> None:
        if not self._is_on:
            return
        try:
            with self._store.transaction():
                now = self._clock.now_ms()
                if self._store.holds("alarms"):
                    hearing.look(self._store.connection, self._listening_since, now)
                conflicts.look(self._store.connection, self._conflicts(), now)
        except StoreError as error:
            self._refusals.refuse("store", str(error))
        self.wake()
        self._call()
