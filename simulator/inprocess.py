"""The gateway in this process, on the simulator's clock; its UDP socket is a real one."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

from gateway import config
from gateway.app import App
from gateway.network import queue
from simulator.clock import VirtualClock
from simulator.lns_orders import Order, Outcome

Settle = Callable[[], Awaitable[None]]


class GatewayClock:
    """gateway.model.Clock: after each action of the gateway the forwarders take what it has sent."""

    def __init__(self, clock: VirtualClock):
        self._clock = clock
        self.settle: Settle = _nothing_sent

    def now_ms(self) -> int:
        return self._clock.now_ms()

    def call_at(self, when_ms: int, action: Callable[[], Awaitable[None]]) -> None:
        async def act() -> None:
            await action()
            await self.settle()

        self._clock.call_at(when_ms, act)


# A downlink's state in the gateway's queue, as an LNS tells of it.
_OUTCOMES: dict[str, Outcome] = {
    "queued": "queued",
    "pending": "sent",
    "sent": "sent",
    "delivered": "acknowledged",
}


class GatewayQueue:
    """simulator.lns.Queue: that of the gateway in this process, which speaks LoRaWAN for the LNS."""

    def __init__(self, app: App):
        self._app = app

    def add(self, order: Order) -> int | None:
        store = self._app.store
        if store.device(order.dev_eui) is None:
            return None
        wanted = queue.Wanted(order.dev_eui, order.fport, order.payload, confirmed=order.confirmed)
        with store.transaction():
            return queue.add(store.connection, wanted, "lns", self._app.clock.now_ms())

    def became(self, number: int) -> Outcome:
        return _OUTCOMES.get(queue.state(self._app.store.connection, number), "failed")


@asynccontextmanager
async def gateway(
    clock: GatewayClock, db: Path, seed: int, http_port: int | None = None
) -> AsyncIterator[App]:
    """A running gateway on free ports, DevAddrs drawn by `seed`; with its page if `http_port` is given."""
    free = config.Address("127.0.0.1", 0)
    page = None
    if http_port is not None:  # nothing in a simulation is worth a token
        page = config.HttpConfig(bind=config.Address("127.0.0.1", http_port), open_on_loopback=True)
    settings = config.Config(
        store=config.StoreConfig(path=db, plain_keys=True),
        http=page,
        source=(config.SourceConfig(bind=free),),
    )
    async with App(settings, clock, Random(seed)) as app:
        app.store.connection.execute("PRAGMA synchronous = OFF")  # what is lost with power is simulated again
        yield app


async def _nothing_sent() -> None:
    """Before the forwarders are connected."""
