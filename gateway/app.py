"""The gateway on one screen: sources -> network or bridge -> ledger -> decode -> sinks, page beside."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack
from dataclasses import asdict
from pathlib import Path
from random import Random, SystemRandom
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

from codec.lorawan import regions
from gateway import figures, local
from gateway.alarms.duty import Duty
from gateway.commands import Writer
from gateway.composition import COMMANDS
from gateway.config import Address, Config, ConfigError, SourceConfig, StationConfig
from gateway.counters import Counters
from gateway.decoding import Decoding
from gateway.model import Clock, Downlink, GatewayError, Told, Uplink
from gateway.network import handover
from gateway.network.server import NetworkServer
from gateway.nightly import Nightly
from gateway.notify import Notifier
from gateway.peers import LnsConfig
from gateway.readiness import Readiness, free
from gateway.refusals import Refusals
from gateway.sinks.feeding import Sinks
from gateway.sources.basics_station import BasicsStation
from gateway.sources.basics_station_plan import config_of
from gateway.sources.bridge import Bridge
from gateway.sources.lns import LnsDownlink
from gateway.sources.mqtt import LnsSource
from gateway.sources.presence import Presence
from gateway.sources.semtech_udp import SemtechUdp
from gateway.store import lns, outbox, queries
from gateway.store.database import StoreError
from gateway.store.ledger import Store
from gateway.web import api, server

_RETRY_MS = 1000


class App:
    """Serves between `start` and `stop`, or inside `async with`. `rng` draws the nodes' addresses."""

    def __init__(
        self,
        config: Config,
        clock: Clock,
        rng: Random | None = None,
        free: Callable[[Path], tuple[int, int]] = free,
    ):
        self.clock = clock
        self.counters = Counters()
        self.notifier = Notifier()
        self._config = config
        self._rng = rng or SystemRandom()
        self._free = free
        self._refusals = Refusals(self.counters, clock)
        self._sources: list[SemtechUdp | BasicsStation] = []
        self._presence = Presence(clock, self._refusals)
        self._lns: dict[str, LnsSource] = {}
        self._http_url: str | None = None
        self._is_behind = True  # what a crash left between two transactions
        self._handing_over = asyncio.Lock()
        self._running = AsyncExitStack()

    async def start(self) -> None:
        async with AsyncExitStack() as starting:
            starting.enter_context(local.holding(self._config.store.path))
            self.store = Store(self._config.store.where, self._config.store.key_file)
            starting.callback(self.store.close)
            self.writer = Writer(self.store, self.clock, COMMANDS)
            self._sinks = Sinks(self._config.sink, self.store, self.clock, SystemRandom(), self.health)
            self._sinks.start()
            starting.push_async_callback(self._sinks.stop)
            self._alarms = Duty(
                self._config.alarms, self.store, self.clock, self._refusals, self._presence.conflicts
            )
            self._alarms.start()
            starting.push_async_callback(self._alarms.stop)
            self._decoding = Decoding(self.store, self.counters, self._alarms, self._sinks)
            self._decode(())
            self.nightly = Nightly(self._config.backup, self._config.retention, self.store, self.clock)
            self.nightly.start()
            starting.callback(self._refusals.flush)
            await self._open_sources(starting)
            self.writer.after = self._follow
            readiness = Readiness(self.health)
            readiness.start()
            starting.push_async_callback(readiness.stop)
            await self._open_page(starting)
            await starting.enter_async_context(local.answering(self._config.store.path, self.writer))
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
        found = next((source for source in self._sources if isinstance(source, SemtechUdp)), None)
        if found is None:
            raise ConfigError('no packet forwarder is served without [[source]] type = "semtech_udp"')
        return found.address

    @property
    def station_address(self) -> Address:
        """Where Basics Stations connect to."""
        found = next((source for source in self._sources if isinstance(source, BasicsStation)), None)
        if found is None:
            raise ConfigError('no station is served without [[source]] type = "basics_station"')
        return found.address

    @property
    def http_url(self) -> str:
        """Of the page."""
        if self._http_url is None:
            raise ConfigError("no page is served without [http]")
        return self._http_url

    def reaches(self, gateway_id: str) -> bool:
        return any(source.reaches(gateway_id) for source in self._sources)

    def is_well(self) -> bool:
        """The loop turns and the ledger answers; what others do wrong is no cause to start anew."""
        try:
            self.store.connection.execute("SELECT 1").fetchone()
        except StoreError:
            return False
        return True

    def transmit(self, downlink: Downlink, told: Told) -> None:
        for source in self._sources:
            if source.reaches(downlink.gateway_id):
                source.transmit(downlink, told)
                return

    async def send(self, dev_eui: str, fport: int, payload: bytes, confirmed: bool = False) -> str:
        """Hand a downlink to the LNS that serves the node; its answers bear the reference given back."""
        source, route = lns.way_down(self.store.connection, dev_eui) or ("", "")
        if source not in self._lns:
            raise GatewayError(f"{dev_eui}: no LNS in [[source]] has delivered an uplink of it yet")
        reference = str(uuid4())
        await self._lns[source].send(LnsDownlink(route, fport, payload, confirmed, reference))
        return reference

    def source_errors(self) -> dict[str, str | None]:
        """Why nothing comes in just now from each [[source]] with a name; None where all is well."""
        return {name: source.error for name, source in self._lns.items()}

    def figures(self) -> dict[str, Any]:
        """For /metrics."""
        db, now = self.store.connection, self.clock.now_ms()
        return figures.told(db, now, self._network.gateways, self._presence)

    def health(self) -> dict[str, Any]:
        lags = outbox.lags(self.store.connection)
        return {
            "now": self.clock.now_ms(),
            "counters": self.counters.as_dict(),
            "sources": self.source_errors(),
            "conflicts": dict(self._presence.conflicts()),
            "sinks": [asdict(lag) for lag in lags],
            "backup_age_ms": self.nightly.backup_age_ms(),
            "backup_error": self.nightly.error,
            "store_error": self.store.write_error,
            "free_bytes": self._free_bytes(),
        }

    def _free_bytes(self) -> int | None:
        """Where SQLite's file lies; of another server's disk only that one knows."""
        where = self.store.where
        return self._free(where.absolute().parent)[0] if isinstance(where, Path) else None

    async def _open_sources(self, starting: AsyncExitStack) -> None:
        self._network = NetworkServer(
            self._config.network, self.store, self.clock, self._rng, self.counters, self._refusals, self
        )
        starting.callback(self._network.close)
        for config in self._config.source:
            if isinstance(config, LnsConfig):
                self._open_lns(config, starting)
            else:
                await self._open_radio(config, starting)

    async def _open_radio(self, config: SourceConfig | StationConfig, starting: AsyncExitStack) -> None:
        if not self._sources and not self.store.claim("network"):
            raise ConfigError(
                f"{self.store.where}: another gateway serves packet forwarders from it; stop that one first"
            )
        if isinstance(config, StationConfig):
            station = self._station(config)
            await station.open()
            starting.push_async_callback(station.close)
            self._sources.append(station)
            return
        source = SemtechUdp(
            config,
            self.clock,
            self.counters,
            self._refusals,
            self._presence,
            self._network.take,
            self._decode,
        )
        source.open()
        starting.callback(source.close)
        self._sources.append(source)

    def _station(self, config: StationConfig) -> BasicsStation:
        wanted = self._config.network
        region = regions.REGIONS[wanted.region]
        try:
            plan = config_of(region, wanted.channels_hz, wanted.sub_band)
        except ValueError as error:
            raise ConfigError(f"[[source]] basics_station: {error}") from None
        return BasicsStation(
            config,
            region,
            plan,
            self.clock,
            self._refusals,
            self._presence,
            self._network.take,
            self._decode,
        )

    def _open_lns(self, config: LnsConfig, starting: AsyncExitStack) -> None:
        bridge = Bridge(config.name, config.adopt, self.store, self.clock, self.counters, self._refusals)
        source = LnsSource(config, bridge, self._refusals, SystemRandom(), self._decode)
        source.start()
        starting.push_async_callback(source.stop)
        self._lns[config.name] = source

    async def _open_page(self, starting: AsyncExitStack) -> None:
        config = self._config.http
        if config is None:
            return
        listener = server.listen(config.bind)
        scheme = "https" if config.is_tls else "http"
        self._http_url = f"{scheme}://{Address(*listener.getsockname()[:2])}/"
        page = server.Server(
            api.create_app(
                self.store.where,
                self.clock,
                self.counters,
                self.notifier,
                config,
                self.writer,
                self._config.page,
                self.health,
                self._presence,
                self.figures,
                self._config.network,
            ),
            listener,
        )
        serving = asyncio.create_task(page.serve())

        async def end() -> None:
            page.should_exit = True
            await serving

        starting.push_async_callback(end)

    def _decode(self, uplinks: Iterable[Uplink]) -> None:
        """What they say, in a transaction of its own: a frame is safe before anyone tries to read it."""
        fresh = list(uplinks)
        if not (fresh or self._is_behind or self._lns):  # copies of what is known
            return
        try:
            with self.store.transaction():
                self._decoding.take(self.store.undecoded() if self._is_behind else fresh)
        except StoreError as error:
            self._refusals.refuse("store", str(error))
            self._is_behind = True
            self.clock.call_at(self.clock.now_ms() + _RETRY_MS, self._catch_up)
            return
        self._is_behind = False
        self._sinks.wake()
        self._alarms.wake()
        self.notifier.announce(queries.last_event_id(self.store.connection))
        self._hand_over()

    def _follow(self, command: str) -> None:
        """A downlink that was queued goes out at once where the node listens; sinks hear new names."""
        self._sinks.forget()
        if command == "downlink.send":
            self._network.send_at_once()
            self._hand_over()

    def _hand_over(self) -> None:
        async def give() -> None:
            async with self._handing_over:  # what is on its way to a broker is not handed over twice
                try:
                    await handover.hand_over(self.store, self.clock.now_ms(), self.send)
                except StoreError as error:
                    self._refusals.refuse("store", str(error))

        if self._lns:
            self.clock.call_at(self.clock.now_ms(), give)

    async def _catch_up(self) -> None:
        """What could not be written is decoded before anything newer, so that sinks get it in order."""
        if self._is_behind:
            self._decode(())
