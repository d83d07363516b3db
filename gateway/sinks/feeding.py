"""All sinks of a configuration: what they are owed, and a pump for each, so that none waits for another."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from gateway.config import AnySinkConfig
from gateway.model import Clock
from gateway.peers import InfluxConfig, MqttSinkConfig
from gateway.sinks.influx import Influx
from gateway.sinks.mqtt import MqttSink
from gateway.sinks.pump import Pump
from gateway.sinks.sink import Sink
from gateway.sinks.webhook import Webhook
from gateway.store import outbox
from gateway.store.ledger import Store
from gateway.store.outbox import Delivery

_log = logging.getLogger(__name__)


class Sinks:
    """Runs between `start` and `stop`."""

    def __init__(
        self,
        configs: Sequence[AnySinkConfig],
        store: Store,
        clock: Clock,
        rng: Random,
        health: Callable[[], dict[str, Any]],
    ):
        self._names = [config.name for config in configs]
        self._store = store
        self._clock = clock
        self._rng = rng
        self._health = health
        self._pumps = [self._pump(config) for config in configs]

    def start(self) -> None:
        for lag in outbox.lags(self._store.connection):
            if lag.depth and lag.name not in self._names:
                _log.warning(
                    "%d uplinks are owed to sink %s, which is not configured: configure it again, "
                    "or let them go: messfunk outbox drop %s",
                    lag.depth,
                    lag.name,
                    lag.name,
                )
        for pump in self._pumps:
            pump.start()

    async def stop(self) -> None:
        await asyncio.gather(*(pump.stop() for pump in self._pumps))

    def any(self) -> bool:
        return bool(self._names)

    def owe(self, deliveries: Sequence[Delivery]) -> None:
        """In the caller's transaction; `wake` once it is committed."""
        ids = [each.id for each in deliveries]
        outbox.put(self._store.connection, self._names, ids, self._clock.now_ms())
        for pump in self._pumps:
            pump.owe(deliveries)

    def forget(self) -> None:
        """What has been changed since it was told is read anew."""
        for pump in self._pumps:
            pump.forget()

    def wake(self) -> None:
        for pump in self._pumps:
            pump.wake()

    def _pump(self, config: AnySinkConfig) -> Pump:
        sink: Sink
        if isinstance(config, MqttSinkConfig):
            sink = MqttSink(config, self._store, self._rng, self._health)
        elif isinstance(config, InfluxConfig):
            sink = Influx(config)
        else:
            sink = Webhook(config)
        return Pump(sink, self._store, self._clock, self._rng)
