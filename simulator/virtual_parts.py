"""What a virtual board is wired to: the twins of its site's sensors, and a radio on the simulator's air."""

from collections.abc import Callable
from typing import Any

from codec.lorawan import airtime
from simulator.air import Air, Channel, DownlinkHeard
from simulator.board import DUST_PORT
from simulator.clock import VirtualClock
from simulator.site import Site
from simulator.twins import ClimateI2C, DustUart, UltrasonicUart


class VirtualParts:
    """simulator.virtual_board.Parts at one place. The VM keeps no objects: a port's number is its handle."""

    def __init__(self, clock: VirtualClock, air: Air, site: Site):
        self._clock = clock
        self._air = air
        self._site = site
        self._uarts: dict[int, UltrasonicUart | DustUart] = {}
        self._i2cs: dict[int, ClimateI2C] = {}
        self._window: tuple[Channel, int, int] | None = None  # channel, open us, close us
        self._coming: DownlinkHeard | None = None
        self._answers: dict[str, Callable[..., Any]] = {
            "battery": lambda: site.battery_cv(clock.now_us()),
            "unique_id": lambda: site.name.encode()[:8],
            "uart": self._uart,
            "uart_any": lambda port: self._uarts[port].any(),
            "uart_read": lambda port, nbytes: self._uarts[port].read(nbytes),
            "uart_write": self._uart_write,
            "i2c": self._i2c,
            "i2c_write": lambda port, address, data: self._i2cs[port].writeto(address, bytes.fromhex(data)),
            "i2c_read": lambda port, address, nbytes: self._i2cs[port].readfrom(address, nbytes),
            "on_air_us": lambda size, channel: airtime.airtime_us(size, channel[1], channel[2]),
            "send": self._send,
            "listen": self._listen,
            "heard": self._heard,
        }

    def answer(self, verb: str, given: list[Any]) -> Any:
        return self._answers[verb](*given)

    def _uart(self, port: int, baudrate: int) -> int:
        if port == DUST_PORT:
            self._uarts[port] = DustUart(self._clock, self._site)
        else:
            self._uarts[port] = UltrasonicUart(self._clock, self._site, 0)
        return port

    def _uart_write(self, port: int, data: str) -> int:
        uart = self._uarts[port]
        return uart.write(bytes.fromhex(data)) if isinstance(uart, DustUart) else len(data) // 2

    def _i2c(self, port: int) -> int:
        self._i2cs[port] = ClimateI2C(self._clock, self._site)
        return port

    def _send(self, frame: str, channel: list[int], power_dbm: int) -> int:
        """When its last symbol ends."""
        mode, phy = Channel(*channel), bytes.fromhex(frame)
        start_us = self._clock.now_us()
        end_us = start_us + airtime.airtime_us(len(phy), mode.sf, mode.bw_hz)
        self._air.uplink(self._site.place, phy, mode, power_dbm, (start_us, end_us))
        return end_us

    def _listen(self, channel: list[int], timeout_us: int) -> None:
        now_us = self._clock.now_us()
        self._window, self._coming = (Channel(*channel), now_us, now_us + timeout_us), None

    def _heard(self) -> bool | list[Any]:
        """True while the window is open or a frame comes in, then the frame with its SNR, or False."""
        now_us = self._clock.now_us()
        if self._window and now_us >= self._window[2]:
            channel, open_us, close_us = self._window
            self._coming = self._air.downlink_for(self._site.place, channel, (open_us, close_us))
            self._window = None
        if self._window or (self._coming and now_us < self._coming.sent.end_us):
            return True
        return [self._coming.sent.frame.hex(), self._coming.snr_db] if self._coming else False
