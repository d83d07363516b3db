"""A Semtech UDP packet forwarder for one simulated gateway: real datagrams on a real socket."""

import asyncio
import socket
from collections.abc import Callable
from functools import partial
from typing import Any

from codec.lorawan import regions
from codec.wire import WireError
from gateway.model import Downlink, Reception
from gateway.sources import gwmp
from simulator.air import Air, Channel, Heard, Place
from simulator.clock import VirtualClock
from simulator.tower import Tower

_ANSWER_S = 5.0  # real seconds to wait for an acknowledgement; a real forwarder gives up after 0.1
_TMST_MODULUS = 1 << 32
_AT_ONCE_US = 80_000  # sx1302_hal, jitqueue.c: what is to go at once takes so long
_MAX_DATAGRAM = 65_535

_Question = tuple[gwmp.Kind, int]  # the kind of its answer, its token


class UdpGateway:
    """A gateway's end of the protocol. `transmit` takes a downlink and names the error if it cannot be sent.

    The virtual clock stands still while an acknowledgement is awaited; `unanswered` counts those missed.
    """

    def __init__(self, eui: str, transmit: Callable[[Downlink], str | None]):
        self.eui = eui
        self.unanswered = 0
        self._transmit = transmit
        self._token = 0
        self._waiting: dict[_Question, asyncio.Future[bool]] = {}
        self._owes_barrier = False
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    async def start(self, server: tuple[str, int]) -> bool:
        """Connect and tell the server where downlinks go; False when nobody answers."""
        self._socket.setblocking(False)
        self._socket.connect(server)
        asyncio.get_running_loop().add_reader(self._socket, self._drain)
        return await self.pull()

    def stop(self) -> None:
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()

    async def pull(self) -> bool:
        """A PULL_DATA and its acknowledgement: what was sent before on this socket is then done with."""
        return await self._answer(self._ask(gwmp.Kind.PULL_DATA, gwmp.Kind.PULL_ACK, None))

    async def push(self, receptions: list[Reception]) -> bool:
        """A PUSH_DATA and its acknowledgement; False when none came."""
        return await self.pushed(self.begin_push(receptions))

    def begin_push(self, receptions: list[Reception]) -> _Question:
        """A PUSH_DATA, whose acknowledgement `pushed` then waits for."""
        body = {"rxpk": [gwmp.rxpk(reception) for reception in receptions]}
        return self._ask(gwmp.Kind.PUSH_DATA, gwmp.Kind.PUSH_ACK, body)

    async def pushed(self, question: _Question) -> bool:
        answered = await self._answer(question)
        await self.settle()
        return answered

    async def settle(self) -> None:
        """Take what the server has sent and wait until it has seen our answers."""
        self._drain()
        if self._owes_barrier:
            self._owes_barrier = False
            await self.pull()

    def _ask(self, kind: gwmp.Kind, answer: gwmp.Kind, body: dict[str, Any] | None) -> _Question:
        self._token = (self._token + 1) % 0x10000
        question = (answer, self._token)
        self._waiting[question] = asyncio.get_running_loop().create_future()
        try:
            self._socket.send(gwmp.build(kind, self._token, self.eui, body))
        except OSError:  # nobody listens at the port
            self._waiting[question].set_result(False)
        return question

    async def _answer(self, question: _Question) -> bool:
        try:
            async with asyncio.timeout(_ANSWER_S):  # wait_for of Python 3.11 can swallow a cancellation
                answered = await self._waiting[question]
        except TimeoutError:
            answered = False
        finally:
            del self._waiting[question]
        self.unanswered += not answered
        return answered

    def _drain(self) -> None:
        while True:
            try:
                datagram = gwmp.parse(self._socket.recv(_MAX_DATAGRAM))
            except BlockingIOError:
                return
            except (OSError, WireError):
                continue
            if datagram.kind == gwmp.Kind.PULL_RESP:
                error = self._transmit(gwmp.read_txpk(datagram.body, self.eui))
                self._socket.send(gwmp.build(gwmp.Kind.TX_ACK, datagram.token, self.eui, gwmp.tx_ack(error)))
                self._owes_barrier = True
                continue
            answered = self._waiting.get((datagram.kind, datagram.token))
            if answered is not None and not answered.done():
                answered.set_result(True)


class Forwarder(Tower):
    """Pushes what its antenna hears, transmits what its server asks for; `tmst` counts from `tmst_offset`."""

    def __init__(
        self, clock: VirtualClock, air: Air, place: Place, eui: str, backhaul_ms: int, tmst_offset: int = 0
    ):
        super().__init__(clock, air, place, eui, backhaul_ms)
        self.udp = UdpGateway(eui, self._schedule)
        self._tmst_offset = tmst_offset

    async def start(self, server: tuple[str, int]) -> bool:
        return await self.udp.start(server)

    async def settle(self) -> None:
        await self.udp.settle()

    async def stop(self) -> None:
        self.udp.stop()

    @property
    def unanswered(self) -> int:
        return self.udp.unanswered

    async def _tell(self, heard: Heard) -> bool:
        reception = Reception(
            gateway_id=self.eui,
            received_at=self._clock.now_ms(),
            phy=heard.frame,
            frequency_hz=heard.channel.hz,
            data_rate=regions.datr(heard.channel.sf, heard.channel.bw_hz),
            rssi_dbm=heard.rssi_dbm,
            snr_db=heard.snr_db,
            tmst=(heard.end_us + self._tmst_offset) % _TMST_MODULUS,
        )
        # What several gateways heard at one instant is under way before the first acknowledgement is awaited.
        question = self.udp.begin_push([reception])
        self._clock.call_at_us(self._clock.now_us(), partial(self.udp.pushed, question))
        return True

    def _schedule(self, downlink: Downlink) -> str | None:
        """Queue a frame for its `tmst`; the protocol's name of the error when it cannot be sent."""
        if self.is_off or self.is_cut_off:
            return None  # nobody there: what the server sent is lost
        lead_us = _AT_ONCE_US
        if downlink.tmst is not None:
            lead_us = (downlink.tmst - self._clock.now_us() - self._tmst_offset) % _TMST_MODULUS
        if lead_us >= _TMST_MODULUS // 2:
            return "TOO_LATE"
        channel = Channel(downlink.frequency_hz, *regions.parse_datr(downlink.data_rate))
        return self.transmit(downlink.phy, channel, downlink.power_dbm, lead_us)
