"""What a virtual board is wired to: the twins of its site's sensors, and a radio on the simulator's air."""

import random
from collections.abc import Callable
from typing import Any

from codec.lorawan import airtime
from simulator import parts
from simulator.air import Air, Channel, DownlinkHeard
from simulator.clock import VirtualClock
from simulator.site import Site
from simulator.twins import TWINS, Wiring
from simulator.twins.power_chip import BusBeside, PowerChip

_DUST_PORT = 2


class VirtualParts:
    """simulator.virtual_board.Parts at one place. The VM keeps no objects: a port's number is its handle.

    `power_chip`: what stands between battery and rails, on a board that has one; it keeps its registers.
    """

    def __init__(self, clock: VirtualClock, air: Air, site: Site, power_chip: type[PowerChip] | None = None):
        self._clock = clock
        self._air = air
        self._site = site
        self.power_chip = power_chip(lambda: site.battery_cv(clock.now_us())) if power_chip else None
        self._power_on_us = clock.now_us()
        self._uarts: dict[int, Any] = {}
        self._i2cs: dict[int, Any] = {}
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
            "radio": lambda: self.power_chip is None or self.power_chip.feeds_radio(),
            "on_air_us": lambda size, channel: airtime.airtime_us(size, channel[1], channel[2]),
            "send": self._send,
            "listen": self._listen,
            "heard": self._heard,
        }

    def answer(self, verb: str, given: list[Any]) -> Any:
        return self._answers[verb](*given)

    def _uart(self, port: int, baudrate: int) -> int:
        self._uarts[port] = self._open("sds011" if port == _DUST_PORT else "a02yyuw", port)
        return port

    def _uart_write(self, port: int, data: str) -> int:
        return int(self._uarts[port].write(bytes.fromhex(data)))

    def _i2c(self, port: int) -> int:
        sensors = self._open("sht3x", port)
        self._i2cs[port] = BusBeside(self.power_chip, sensors) if self.power_chip else sensors
        return port

    def _open(self, part: str, port: int) -> Any:
        """The bus of that part, wherever the board's config has it."""
        row = {**parts.ROWS[part], "port": port}
        rng = random.Random(self._site.name)
        wiring = Wiring(self._clock, self._site, [row], rng, self._power_on_us)
        if self.power_chip and not self.power_chip.feeds_header():
            row["power"] = 0
            wiring.power(0)  # which is off
        return wiring.open(TWINS[part][0], port)

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
