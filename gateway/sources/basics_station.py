"""The LNS of LoRa Basics Stations: what they hear into the ledger, orders to them, the time between.

A station keeps nothing and asks for no acknowledgement: what it has said is held here until it is committed.
"""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode

from codec.lorawan.regions import Region
from codec.wire import WireError
from gateway.addresses import Address
from gateway.gps import gps_ms
from gateway.model import Clock, Downlink, GatewayError, Reception, Told, Uplink
from gateway.refusals import Refusals
from gateway.sources import basics_station_wire as wire
from gateway.sources.basics_station_listener import PATIENCE_S, Listener
from gateway.sources.basics_station_plan import RouterConfig, data_rate, router_config
from gateway.sources.basics_station_session import Session
from gateway.sources.basics_station_wire import Heard, Sent, TimeSync, Version
from gateway.sources.presence import Listing, Presence
from gateway.sources.section import StationConfig, listed

_HELD = 1000  # frames that wait for the store; then nobody is read
_RETRY_S = 1.0
_MUX_MS = 300_000
_MOST_PER_S = 500  # messages: eight channels and short frames do not make more


class BasicsStation:
    """`take` commits what was heard and gives the new uplinks; `follow` gets those."""

    def __init__(
        self,
        config: StationConfig,
        region: Region,
        plan: RouterConfig,
        clock: Clock,
        refusals: Refusals,
        presence: Presence,
        take: Callable[[Iterable[Reception]], list[Uplink]],
        follow: Callable[[Iterable[Uplink]], None],
    ):
        self._region = region
        self._plan = plan
        self._clock = clock
        self._refusals = refusals
        self._presence = presence
        self._take = take
        self._follow = follow
        self._listing = Listing("basics_station", listed(config.gateways), None)
        self._listener = Listener(config, clock, refusals, self._is_served, self._attend)
        self._sessions: dict[str, tuple[Session, ServerConnection]] = {}
        self._waiting: list[Reception] = []
        self._taking: asyncio.Handle | None = None
        self._room = asyncio.Event()
        self._room.set()

    async def open(self) -> None:
        await self._listener.open()

    async def close(self) -> None:
        if self._taking:
            self._taking.cancel()
        await self._listener.close()

    @property
    def address(self) -> Address:
        return self._listener.address

    def reaches(self, gateway_id: str) -> bool:
        return gateway_id in self._sessions

    def transmit(self, downlink: Downlink, told: Told) -> None:
        """Order a station that is reached to send; its dntxed says that it has."""
        session, connection = self._sessions[downlink.gateway_id]
        try:
            if not session.give(downlink, told):
                told("the station has connected anew since it heard the uplink", 0)
        except asyncio.QueueFull:
            self._hang_up(connection)
            told("the station does not read", 0)

    def _is_served(self, eui: str, host: str) -> bool:
        return self._presence.is_served(eui, host, self._listing)

    async def _attend(self, connection: ServerConnection, eui: str, host: str) -> None:
        """A station's connection, until it ends."""
        if not self._presence.claim(eui, host, self._listing):
            await connection.close(CloseCode.POLICY_VIOLATION, "another connection of this gateway goes on")
            return
        session = self._begin(eui, connection)
        writing = asyncio.create_task(self._write(session, connection))
        try:
            await self._read(session, connection)
        finally:
            writing.cancel()
            session.end("the connection of the station ended")
            if self._sessions.get(eui) == (session, connection):
                del self._sessions[eui]
                self._presence.leave(eui, host, self._listing.source)

    def _begin(self, eui: str, connection: ServerConnection) -> Session:
        former = self._sessions.pop(eui, None)
        if former:
            former[1].transport.abort()  # a closing handshake would wait for a peer that may not be there
        session = Session(eui, self._clock)
        self._sessions[eui] = session, connection
        return session

    async def _read(self, session: Session, connection: ServerConnection) -> None:
        async with asyncio.timeout(PATIENCE_S):
            said = wire.read_from_station(await connection.recv())
        if not isinstance(said, Version) or said.protocol != wire.PROTOCOL:
            raise WireError(f"a station begins with its version, and its protocol is {wire.PROTOCOL}")
        self._say(session, connection, router_config(replace(self._plan, mux_time_s=session.mux_time_s())))
        self._tell_time(session, connection)
        second, count = 0, 0
        async for message in connection:
            now_s = self._clock.now_ms() // 1000
            second, count = now_s, count + 1 if now_s == second else 1
            if count > _MOST_PER_S:
                raise WireError(f"more than {_MOST_PER_S} messages of a station within a second")
            self._hear(session, connection, message)
            await self._room.wait()

    def _hear(self, session: Session, connection: ServerConnection, message: str | bytes) -> None:
        """What cannot be read harms nothing that comes after it."""
        try:
            if isinstance(message, bytes):
                raise WireError("binary: a remote shell, which is not served")
            said = wire.read_from_station(message)
            if isinstance(said, Heard):
                self._await_commit(self._reception(session, said))
            elif isinstance(said, Sent):
                session.sent(said)
            elif isinstance(said, TimeSync):
                self._commit()  # who has its answer knows that all before it is done with
                gps_us = gps_ms(self._clock.now_ms()) * 1000
                self._say(session, connection, wire.time_sync(TimeSync(said.tx_time, gps_us)))
        except WireError as error:
            self._refusals.refuse("malformed", str(error))

    def _reception(self, session: Session, heard: Heard) -> Reception:
        return Reception(
            gateway_id=session.eui,
            received_at=self._clock.now_ms(),
            phy=heard.phy,
            frequency_hz=heard.hz,
            data_rate=data_rate(self._region, heard.data_rate),
            rssi_dbm=heard.rssi_dbm,
            snr_db=heard.snr_db,
            tmst=session.hear(heard),
        )

    def _await_commit(self, reception: Reception) -> None:
        """What one wake-up brings from all stations is one transaction."""
        self._waiting.append(reception)
        if len(self._waiting) >= _HELD:
            self._room.clear()
        if self._taking is None:
            self._taking = asyncio.get_running_loop().call_soon(self._commit)

    def _commit(self) -> None:
        """While the store is down frames are held, and then stations are left waiting."""
        if self._taking:
            self._taking.cancel()
            self._taking = None
        if not self._waiting:
            return
        try:
            uplinks = self._take(self._waiting)
        except GatewayError as error:
            self._refusals.refuse("store", str(error))
            self._taking = asyncio.get_running_loop().call_later(_RETRY_S, self._commit)
            return
        self._waiting = []
        self._room.set()
        self._follow(uplinks)

    def _tell_time(self, session: Session, connection: ServerConnection) -> None:
        """Often enough that the clocks do not drift apart: round trips are measured by it."""

        async def again() -> None:
            if self._sessions.get(session.eui) == (session, connection):
                told = TimeSync(None, None, session.mux_time_s())
                self._say(session, connection, wire.time_sync(told))
                self._tell_time(session, connection)

        self._clock.call_at(self._clock.now_ms() + _MUX_MS, again)

    async def _write(self, session: Session, connection: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            while True:
                await connection.send(await session.unsent.get())

    def _say(self, session: Session, connection: ServerConnection, text: str) -> None:
        try:
            session.unsent.put_nowait(text)
        except asyncio.QueueFull:
            self._hang_up(connection)

    def _hang_up(self, connection: ServerConnection) -> None:
        self._refusals.refuse("malformed", "a station that does not read")
        connection.transport.abort()
