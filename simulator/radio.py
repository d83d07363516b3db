"""A node's radio in memory: firmware.contracts.Radio on the simulator's air, with a meter for the energy."""

from codec.lorawan import airtime
from simulator.air import Air, Channel, Place
from simulator.clock import VirtualClock
from simulator.device import DeviceClock, Until


class SimulatedRadio:
    """`tx_us` by dBm and `rx_us`: what it has spent since this boot."""

    def __init__(self, clock: VirtualClock, device_clock: DeviceClock, air: Air, place: Place):
        self.begin()
        self.snr_db = 0
        self.late_ms = 0
        self._clock = clock
        self._device_clock = device_clock
        self._air = air
        self._place = place

    def begin(self) -> None:
        """A boot: nothing is spent yet."""
        self.tx_us: dict[str, int] = {}
        self.rx_us = 0

    async def send(self, frame: bytes, channel: tuple[int, int, int], power_dbm: int) -> int:
        mode = Channel(*channel)
        on_air_us = airtime.airtime_us(len(frame), mode.sf, mode.bw_hz)
        start_us = self._clock.now_us()
        power = str(power_dbm)
        self.tx_us[power] = self.tx_us.get(power, 0) + on_air_us
        self._air.uplink(self._place, frame, mode, power_dbm, (start_us, start_us + on_air_us))
        await Until(start_us + on_air_us)
        return self._device_clock.now_ms()

    async def receive(self, channel: tuple[int, int, int], open_ms: int, timeout_ms: int) -> bytes | None:
        open_us = self._device_clock.at_us(open_ms)
        close_us = self._device_clock.at_us(open_ms + timeout_ms)
        await Until(close_us)
        mode = Channel(*channel)
        heard = self._air.downlink_for(self._place, mode, (open_us, close_us))
        self.rx_us += max(0, (heard.sent.end_us if heard else close_us) - open_us)
        if heard is None:
            return None
        self.snr_db = heard.snr_db
        await Until(heard.sent.end_us)
        return heard.sent.frame

    def sleep(self) -> None:
        """What it spent is read by whoever put it on the board."""
