"""The gateway on one screen: sources -> network -> ledger -> decode, the page beside it, in one loop."""

import asyncio
from collections.abc import Iterable
from contextlib import AsyncExitStack
from random import Random, SystemRandom
from types import TracebackType
from typing import Self

from codec.wire import WireError
from gateway import events, stages
from gateway.config import Address, Config, ConfigError
from gateway.counters import Counters
from gateway.model import Clock, Downlink, Reading, Uplink
from gateway.network.server import NetworkServer
from gateway.notify import Notifier
from gateway.refusals import Refusals
from gateway.sources.semtech_udp import SemtechUdp
from gateway.store import queries
from gateway.store.sqlite import Store
from gateway.web import api, server


class App:
    """Serves between `start` and `stop`, or inside `async with`. `rng` draws the nodes' addresses."""

    def __init__(self, config: Config, clock: Clock, rng: Random | None = None):
        self.clock = clock
        self.counters = Counters()
        self.notifier = Notifier()
        self._config = config
        self._rng = rng or SystemRandom()
        self._refusals = Refusals(self.counters, clock)
        self._sources: list[SemtechUdp] = []
        self._http_url: str | None = None
        self._running = AsyncExitStack()

    async def start(self) -> None:
        async with AsyncExitStack() as starting:
            self.store = Store(self._config.store.path)
            starting.callback(self.store.close)
            self._decode(self.store.undecoded())  # what a crash left between two transactions
            starting.callback(self._refusals.flush)
            self._open_sources(starting)
            await self._open_page(starting)
            self._running = starting.pop_all()

    async def stop(self) -> None:
        await self._running.aclose()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    @property
    def udp_address(self) -> Address:
        """Where packet forwarders send to."""
        return self._sources[0].address

    @property
    def http_url(self) -> str:
        """Of the page."""
        if self._http_url is None:
            raise ConfigError("no page is served without [http]")
        return self._http_url

    def reaches(self, gateway_id: str) -> bool:
        return any(source.reaches(gateway_id) for source in self._sources)

    def transmit(self, downlinks: tuple[Downlink, ...]) -> None:
        for source in self._sources:
            if source.reaches(downlinks[0].gateway_id):
                source.transmit(downlinks)
                return

    def _open_sources(self, starting: AsyncExitStack) -> None:
        network = NetworkServer(
            self._config.network, self.store, self.clock, self._rng, self.counters, self._refusals, self
        )
        for config in self._config.source:
            source = SemtechUdp(config, self.clock, self.counters, self._refusals, network.take, self._decode)
            source.open()
            starting.callback(source.close)
            self._sources.append(source)

    async def _open_page(self, starting: AsyncExitStack) -> None:
        config = self._config.http
        if config is None:
            return
        listener = server.listen(config.bind)
        self._http_url = f"http://{Address(*listener.getsockname()[:2])}/"
        page = server.Server(
            api.create_app(self.store.path, self.clock, self.counters, self.notifier, config), listener
        )
        serving = asyncio.create_task(page.serve())

        async def end() -> None:
            page.should_exit = True
            await serving

        starting.push_async_callback(end)

    def _decode(self, uplinks: Iterable[Uplink]) -> None:
        """What they say, in a transaction of its own: a frame is safe before anyone tries to read it."""
        for uplink in uplinks:
            readings: list[Reading] = []
            error = None
            device = self.store.device(uplink.dev_eui)
            try:
                readings = stages.decode(uplink, device.mount_mm if device else None)
            except WireError as refused:
                error = str(refused)
                self.counters.add("undecoded")
            with self.store.transaction():
                self.store.set_decoded(uplink.id, readings, error)
                events.tell_uplink(self.store, uplink, readings)
        self.notifier.announce(queries.last_event_id(self.store.connection))
