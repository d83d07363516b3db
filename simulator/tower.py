"""A gateway in the air: its antenna, its transmitter and what regulation leaves it, whoever it talks to."""

from abc import ABC, abstractmethod
from typing import Any

from codec.lorawan import airtime, regions
from simulator.air import Air, Antenna, Channel, Heard, Place
from simulator.clock import VirtualClock

REGION = regions.REGIONS["EU868"]
_LEAD_US = 42_500  # the just-in-time queue refuses what comes later than this before its instant
_EARLIEST_US = 512_000_000
_HOUR_US = 3_600_000_000


class Tower(ABC):
    """`undelivered` counts what was heard while nobody could be told."""

    def __init__(self, clock: VirtualClock, air: Air, place: Place, eui: str, backhaul_ms: int):
        self.eui = eui
        self.place = place
        self.is_off = False
        self.is_cut_off = False
        self.undelivered = 0
        self._clock = clock
        self._air = air
        self._backhaul_us = backhaul_ms * 1000
        self._queue: list[tuple[int, int]] = []  # (start, end) of what is still to be transmitted
        self._spent: list[tuple[int, int, int]] = []  # (sub-band, end, time on air) of the last hour
        self._antenna = Antenna(place, self._hear)
        air.add(self._antenna)

    @abstractmethod
    async def start(self, server: Any) -> bool:
        """Connect to the server; False when nobody answers."""

    @abstractmethod
    async def settle(self) -> None:
        """Take what the server has sent and wait until it has seen our answers."""

    @abstractmethod
    async def stop(self) -> None:
        """Disconnect."""

    @property
    @abstractmethod
    def unanswered(self) -> int:
        """How often the server did not answer in time."""

    @abstractmethod
    async def _tell(self, heard: Heard) -> bool:
        """Tell the server of a frame; False when it cannot be told."""

    def switch(self, is_off: bool) -> None:
        """Without power it neither hears nor sends."""
        self.is_off = self._antenna.receiver.off = is_off

    def transmit(self, phy: bytes, channel: Channel, dbm: int, lead_us: int) -> str | None:
        """Queue a frame that begins in `lead_us`; GWMP's name of the error when it cannot be sent."""
        if lead_us <= _LEAD_US:
            return "TOO_LATE"
        if lead_us > _EARLIEST_US:
            return "TOO_EARLY"
        now_us = self._clock.now_us()
        start_us = now_us + lead_us
        end_us = start_us + airtime.airtime_us(len(phy), channel.sf, channel.bw_hz, crc=False)
        self._queue = [span for span in self._queue if span[1] > now_us]
        if any(start_us < end and begin < end_us for begin, end in self._queue):
            return "COLLISION_PACKET"
        if not self._may_spend(channel.hz, start_us, end_us):
            return "DUTY_CYCLE_OVERFLOW"
        self._queue.append((start_us, end_us))
        self._air.downlink(self.place, phy, channel, dbm, (start_us, end_us))
        return None

    def _hear(self, heard: Heard) -> None:
        async def deliver() -> None:
            if self.is_cut_off or self.is_off or not await self._tell(heard):
                self.undelivered += 1

        self._clock.call_at_us(heard.end_us + self._backhaul_us, deliver)

    def _may_spend(self, hz: int, start_us: int, end_us: int) -> bool:
        """Whether the sub-band's share of an hour allows this frame; if so it is spent."""
        band = regions.sub_band_index(REGION, hz)
        self._spent = [row for row in self._spent if row[1] > start_us - _HOUR_US]
        spent_us = sum(on_air_us for used, _, on_air_us in self._spent if used == band)
        if spent_us + end_us - start_us > _HOUR_US * REGION.sub_bands[band][2] // 1000:
            return False
        self._spent.append((band, end_us, end_us - start_us))
        return True
