"""A LoRa Basics Station in the air: WebSockets to an LNS, discovery first, frames and orders after it."""

import asyncio

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

from codec.lorawan import regions
from codec.wire import WireError
from gateway.sources import basics_station_wire as wire
from simulator.air import Air, Channel, Heard, Place
from simulator.clock import VirtualClock
from simulator.tower import REGION, Tower

_ANSWER_S = 5.0  # real seconds
_BACKOFF_S = (1, 2, 4, 8, 16)  # the station's own
_SESSION_SHIFT = 48
_SECOND_US = 1_000_000
_AT_ONCE_US = 80_000
_LOST = (OSError, TimeoutError, ConnectionClosed, InvalidHandshake, InvalidURI, WireError)
_VERSION = wire.Version("2.0.6(simulator)", "messfunk", wire.PROTOCOL, features="gps")


class Station(Tower):
    """`session`, from 1 to 255, marks the contexts of this start: orders for those of another are dropped.

    Where time passes as fast as it goes, it stands still behind each message until the LNS has answered a
    timesync, which comes behind whatever else the LNS had to say.
    """

    def __init__(
        self,
        clock: VirtualClock,
        air: Air,
        place: Place,
        eui: str,
        backhaul_ms: int,
        session: int,
    ):
        super().__init__(clock, air, place, eui, backhaul_ms)
        self._session = session
        self._began_us = clock.now_us()
        self._uri = ""
        self._connection: ClientConnection | None = None
        self._reading: asyncio.Task[None] | None = None
        self._config: asyncio.Future[wire.RouterConfig] | None = None
        self._echoed: dict[float, asyncio.Future[None]] = {}
        self._mux: tuple[float, int] | None = None  # the server's time, and when it came
        self._asked = 0
        self._failures = 0
        self._unanswered = 0
        self._stopped = False

    async def start(self, server: str) -> bool:
        """`server` is the LNS as ws://host:port or wss://."""
        self._uri = server.rstrip("/")
        return await self._connect()

    async def settle(self) -> None:
        if self._clock.speed is not None or self._connection is None:
            return
        self._asked += 1
        asked = float(self._asked)
        self._echoed[asked] = asyncio.get_running_loop().create_future()
        try:
            await self._send(wire.time_sync(wire.TimeSync(asked)))
            async with asyncio.timeout(_ANSWER_S):
                await self._echoed[asked]
        except TimeoutError:
            self._unanswered += 1
        finally:
            del self._echoed[asked]

    async def stop(self) -> None:
        self._stopped = True
        if self._connection:
            await self._connection.close()
        if self._reading:
            await self._reading

    @property
    def unanswered(self) -> int:
        return self._unanswered

    async def _tell(self, heard: Heard) -> bool:
        sf, bw_hz = heard.channel.sf, heard.channel.bw_hz
        said = wire.Heard(
            phy=heard.frame,
            data_rate=regions.data_rate_of(REGION, sf, bw_hz),
            hz=heard.channel.hz,
            context=wire.Context(0, self._xtime(heard.end_us)),
            rssi_dbm=heard.rssi_dbm,
            snr_db=heard.snr_db,
            rx_time_s=heard.end_us / _SECOND_US,
            ref_time_s=self._ref_time_s(),
        )
        try:
            text = wire.heard(said)
        except WireError:  # a station forwards nothing that is no LoRaWAN frame
            return True
        told = await self._send(text)
        await self.settle()
        return told

    async def _connect(self) -> bool:
        """Ask where to go, go there, say who we are and wait for the configuration."""
        config = self._config = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(_ANSWER_S):
                async with connect(self._uri + wire.DISCOVERY_PATH, proxy=None) as infos:
                    await infos.send(wire.question(self.eui))
                    uri = wire.read_answer(await infos.recv())
                self._connection = await connect(uri, proxy=None)
                self._reading = asyncio.create_task(self._read(self._connection))
                await self._connection.send(wire.version(_VERSION))
                region = (await config).region
        except _LOST:
            self._unanswered += 1
            self._connection = None
            return False
        self._failures = 0
        return region in (REGION.name, "EU863")

    async def _read(self, connection: ClientConnection) -> None:
        """What the LNS says, until the connection ends."""
        try:
            async for text in connection:
                try:
                    await self._obey(wire.read_from_server(text))
                except WireError:  # a real station logs it and goes on
                    continue
        except ConnectionClosed:
            pass
        self._connection = None
        if not self._stopped:
            self._come_back()

    def _come_back(self) -> None:
        """Later each time; until then what is heard is lost, for a station keeps nothing."""

        async def again() -> None:
            if not self._stopped and not await self._connect():
                self._come_back()

        pause_s = _BACKOFF_S[min(self._failures, len(_BACKOFF_S) - 1)]
        self._failures += 1
        self._clock.call_at_us(self._clock.now_us() + pause_s * _SECOND_US, again)

    async def _obey(self, message: wire.FromServer | None) -> None:
        if message and message.mux_time_s is not None:
            self._mux = message.mux_time_s, self._clock.now_us()
        if isinstance(message, wire.RouterConfig):
            if self._config and not self._config.done():
                self._config.set_result(message)
        elif isinstance(message, wire.TimeSync):
            if message.tx_time in self._echoed:
                self._echoed[message.tx_time].set_result(None)
        elif isinstance(message, wire.Order) and not self.is_off and not self.is_cut_off:
            self._take(message)

    def _take(self, order: wire.Order) -> None:
        """Transmit in RX1 or else RX2; of what fits neither nobody is told."""
        if order.context is None:
            self._send_at_once(order)
            return
        if order.context.xtime >> _SESSION_SHIFT != self._session:
            return  # an obsolete session
        for window, delay_s in ((order.rx1, order.rx_delay_s), (order.rx2, order.rx_delay_s + 1)):
            if window and regions.has_data_rate(REGION, window.data_rate):
                xtime = order.context.xtime + delay_s * _SECOND_US
                start_us = (xtime & ((1 << _SESSION_SHIFT) - 1)) + self._began_us
                sf, bw_hz, _ = REGION.data_rates[window.data_rate]
                channel = Channel(window.hz, sf, bw_hz)
                lead_us = start_us - self._clock.now_us()
                if regions.allows(REGION, window.hz) and not self.transmit(
                    order.phy, channel, _power_dbm(window.hz), lead_us
                ):
                    self._confirm_at(start_us, order, window, xtime)
                    return

    def _send_at_once(self, order: wire.Order) -> None:
        """For a node that listens all the time."""
        window, start_us = order.rx2, self._clock.now_us() + _AT_ONCE_US
        if window and regions.has_data_rate(REGION, window.data_rate) and regions.allows(REGION, window.hz):
            sf, bw_hz, _ = REGION.data_rates[window.data_rate]
            channel = Channel(window.hz, sf, bw_hz)
            if not self.transmit(order.phy, channel, _power_dbm(window.hz), _AT_ONCE_US):
                self._confirm_at(start_us, order, window, self._xtime(start_us))

    def _confirm_at(self, start_us: int, order: wire.Order, window: wire.Window, xtime: int) -> None:
        context = wire.Context(order.context.rctx if order.context else 0, xtime)
        said = wire.Sent(order.diid, order.dev_eui, window, context, start_us / _SECOND_US)

        async def confirm() -> None:
            await self._send(wire.sent(said))

        self._clock.call_at_us(start_us, confirm)

    async def _send(self, text: str) -> bool:
        if self._connection is None:
            return False
        try:
            await self._connection.send(text)
        except ConnectionClosed:
            return False
        return True

    def _ref_time_s(self) -> float | None:
        """The server's time as counted on here."""
        return self._mux and self._mux[0] + (self._clock.now_us() - self._mux[1]) / _SECOND_US

    def _xtime(self, at_us: int) -> int:
        return self._session << _SESSION_SHIFT | at_us - self._began_us


def _power_dbm(hz: int) -> int:
    """The largest that the sub-band allows, as a station takes it without being told."""
    return int(regions.sub_band(REGION, hz)[3])
