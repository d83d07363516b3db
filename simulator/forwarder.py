"""A Semtech UDP packet forwarder for one simulated gateway: real datagrams on a real socket."""

import asyncio
import socket
from collections.abc import Callable
from typing import Any

from codec.lorawan import airtime, regions
from codec.wire import WireError
from gateway.model import Downlink, Reception
from gateway.sources import gwmp
from simulator.air import Air, Antenna, Channel, Heard, Place
from simulator.clock import VirtualClock

_ANSWER_S = 5.0  # real seconds to wait for an acknowledgement; a real forwarder gives up after 0.1
_LEAD_US = 42_500  # the just-in-time queue refuses what comes later than this before its instant
_EARLIEST_US = 512_000_000
_TMST_MODULUS = 1 << 32
_MAX_DATAGRAM = 65_535
_HOUR_US = 3_600_000_000
_REGION = regions.REGIONS["EU868"]


class UdpGateway:
    """A gateway's end of the protocol. `transmit` takes a downlink and names the error if it cannot be sent.

    While an acknowledgement is awaited the virtual clock stands still; `unanswered` counts those missed.
    """

    def __init__(self, eui: str, transmit: Callable[[Downlink], str | None]):
        self.eui = eui
        self.unanswered = 0
        self._transmit = transmit
        self._token = 0
        self._waiting: dict[tuple[gwmp.Kind, int], asyncio.Future[None]] = {}
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
        return await self._ask(gwmp.Kind.PULL_DATA, gwmp.Kind.PULL_ACK, None)

    async def push(self, receptions: list[Reception]) -> bool:
        """A PUSH_DATA and its acknowledgement; False when none came."""
        body = {"rxpk": [gwmp.rxpk(reception) for reception in receptions]}
        answered = await self._ask(gwmp.Kind.PUSH_DATA, gwmp.Kind.PUSH_ACK, body)
        await self.settle()
        return answered

    async def settle(self) -> None:
        """Take what the server has sent and wait until it has seen our answers."""
        self._drain()
        if self._owes_barrier:
            self._owes_barrier = False
            await self.pull()

    async def _ask(self, kind: gwmp.Kind, answer: gwmp.Kind, body: dict[str, Any] | None) -> bool:
        self._token = (self._token + 1) % 0x10000
        key = (answer, self._token)
        self._waiting[key] = asyncio.get_running_loop().create_future()
        try:
            self._socket.send(gwmp.build(kind, self._token, self.eui, body))
            async with asyncio.timeout(_ANSWER_S):  # wait_for of Python 3.11 can swallow a cancellation
                await self._waiting[key]
        except (TimeoutError, OSError):  # OSError: nobody listens at the port
            self.unanswered += 1
            return False
        finally:
            del self._waiting[key]
        return True

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
                answered.set_result(None)


class Forwarder:
    """A gateway in the air: pushes what its antenna hears, transmits what its server asks for."""

    def __init__(
        self, clock: VirtualClock, air: Air, place: Place, eui: str, backhaul_ms: int, tmst_offset: int = 0
    ):
        self.udp = UdpGateway(eui, self._schedule)
        self._clock = clock
        self._air = air
        self.place = place
        self._backhaul_us = backhaul_ms * 1000
        self._tmst_offset = tmst_offset
        self._queue: list[tuple[int, int]] = []  # (start, end) of what is still to be transmitted
        self._spent: list[tuple[int, int, int]] = []  # (sub-band, end, time on air) of the last hour
        self._antenna = Antenna(place, self._hear)
        self.is_off = False
        self.is_cut_off = False
        self.undelivered = 0
        air.add(self._antenna)

    def switch(self, is_off: bool) -> None:
        """Without power it neither hears nor sends."""
        self.is_off = self._antenna.receiver.off = is_off

    def _hear(self, heard: Heard) -> None:
        arrives_us = heard.end_us + self._backhaul_us
        reception = Reception(
            gateway_id=self.udp.eui,
            received_at=arrives_us // 1000,
            phy=heard.frame,
            frequency_hz=heard.channel.hz,
            data_rate=regions.datr(heard.channel.sf, heard.channel.bw_hz),
            rssi_dbm=heard.rssi_dbm,
            snr_db=heard.snr_db,
            tmst=(heard.end_us + self._tmst_offset) % _TMST_MODULUS,
        )

        async def deliver() -> None:
            if self.is_cut_off or self.is_off:
                self.undelivered += 1
            else:
                await self.udp.push([reception])

        self._clock.call_at_us(arrives_us, deliver)

    def _schedule(self, downlink: Downlink) -> str | None:
        """Queue a frame for its `tmst`; the protocol's name of the error when it cannot be sent."""
        if self.is_off or self.is_cut_off:
            return None  # nobody there: what the server sent is lost
        now_us = self._clock.now_us()
        lead_us = (downlink.tmst - now_us - self._tmst_offset) % _TMST_MODULUS
        if lead_us <= _LEAD_US or lead_us >= _TMST_MODULUS // 2:
            return "TOO_LATE"
        if lead_us > _EARLIEST_US:
            return "TOO_EARLY"
        sf, bw_hz = regions.parse_datr(downlink.data_rate)
        start_us = now_us + lead_us
        end_us = start_us + airtime.airtime_us(len(downlink.phy), sf, bw_hz, crc=False)
        self._queue = [span for span in self._queue if span[1] > now_us]
        if any(start_us < end and begin < end_us for begin, end in self._queue):
            return "COLLISION_PACKET"
        if not self._may_spend(downlink.frequency_hz, start_us, end_us):
            return "DUTY_CYCLE_OVERFLOW"
        self._queue.append((start_us, end_us))
        channel = Channel(downlink.frequency_hz, sf, bw_hz)
        self._air.downlink(self.place, downlink.phy, channel, downlink.power_dbm, (start_us, end_us))
        return None

    def _may_spend(self, hz: int, start_us: int, end_us: int) -> bool:
        """Whether the sub-band's share of an hour allows this frame; if so it is spent."""
        band = regions.sub_band_index(_REGION, hz)
        self._spent = [row for row in self._spent if row[1] > start_us - _HOUR_US]
        spent_us = sum(on_air_us for used, _, on_air_us in self._spent if used == band)
        if spent_us + end_us - start_us > _HOUR_US * _REGION.sub_bands[band][2] // 1000:
            return False
        self._spent.append((band, end_us, end_us - start_us))
        return True
