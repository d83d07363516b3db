"""A node's radio in memory: firmware.contracts.Radio on the simulator's air."""

from codec.lorawan import airtime
from firmware.mac import Channel
from simulator.air import Air, Place
from simulator.clock import VirtualClock
from simulator.device import DeviceClock, Until


class SimulatedRadio:
    snr_db = 0  # the air hands over no level yet
    late_ms = 0

    def __init__(self, clock: VirtualClock, device_clock: DeviceClock, air: Air, place: Place):
        self._clock = clock
        self._device_clock = device_clock
        self._air = air
        self._place = place

    async def send(self, frame: bytes, channel: Channel, power_dbm: int) -> int:
        start_us = self._clock.now_us()
        end_us = start_us + airtime.airtime_us(len(frame), channel.sf, channel.bw_hz)
        self._air.uplink(self._place, frame, channel, power_dbm, (start_us, end_us))
        await Until(end_us)
        return self._device_clock.now_ms()

    async def receive(self, channel: Channel, open_ms: int, timeout_ms: int) -> bytes | None:
        open_us = self._device_clock.at_us(open_ms)
        close_us = self._device_clock.at_us(open_ms + timeout_ms)
        await Until(close_us)
        heard = self._air.downlink_for(self._place, channel, (open_us, close_us))
        if heard is None:
            return None
        await Until(heard.end_us)
        return heard.frame

    def sleep(self) -> None:
        """Nothing to save in a simulator: energy comes with the node issue."""
