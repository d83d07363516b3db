"""A board in memory: firmware.contracts.Board with byte-exact sensors on its buses."""

import logging
import random
from collections.abc import Callable
from typing import Any

from simulator.air import Air
from simulator.clock import VirtualClock
from simulator.device import DeviceClock, Reset
from simulator.radio import SimulatedRadio
from simulator.site import Site
from simulator.twins import Wiring

_log = logging.getLogger(__name__)


class MemoryStore:
    """firmware.contracts.Store; what of it survives is decided by who keeps the object."""

    def __init__(self) -> None:
        self._values: dict[str, bytes] = {}

    def get(self, key: str) -> bytes | None:
        return self._values.get(key)

    def put(self, key: str, value: bytes) -> None:
        self._values[key] = bytes(value)

    def clear(self) -> None:
        self._values = {}


class SimulatedBoard:
    """What one boot of a node finds; the stores, flash and RTC memory, are as the last boot left them.

    `wiring` has the sensors' buses; `cause` is the reset behind this boot where memory does not show it;
    `modem` is the way to the air where the chip has none.
    """

    NAME = "simulator"
    NUMBER = 0

    def __init__(
        self,
        clock: VirtualClock,
        device_clock: DeviceClock,
        air: Air,
        site: Site,
        stores: tuple[MemoryStore, MemoryStore],
        rng: random.Random,
        wiring: Wiring,
        cause: int | None = None,
        modem: Any = None,
    ):
        self.LINK = "rui3" if modem else "native"
        self._modem = modem
        self._clock = clock
        self._site = site
        self._device_clock = device_clock
        self._radio = modem.radio if modem else SimulatedRadio(clock, device_clock, air, site.place)
        self._flash, self._rtc = stores
        self._rng = rng
        self._wiring = wiring
        self._cause = cause

    def clock(self) -> DeviceClock:
        return self._device_clock

    def radio(self, hz: int = 0) -> SimulatedRadio:
        """Nothing in it has to be calibrated for a frequency."""
        return self._radio

    def modem(self) -> Any:
        return self._modem

    def flash(self) -> MemoryStore:
        return self._flash

    def rtc(self) -> MemoryStore:
        return self._rtc

    def uart(self, port: int, baudrate: int, parity: str = "none") -> Any:
        return self._wiring.open("uart", port)

    def i2c(self, port: int) -> Any:
        return self._wiring.open("i2c", port)

    def i2s(self, port: int, rate_hz: int) -> Any:
        return self._wiring.open("i2s", port)

    def adc(self, port: int) -> Any:
        return self._wiring.open("adc", port)

    def echo(self, port: int) -> Any:
        return self._wiring.open("echo", port)

    def counter(self, port: int) -> Any:
        return self._wiring.open("counter", port)

    def power(self, port: int) -> Callable[[bool], None]:
        return self._wiring.power(port)

    def battery(self) -> int | str:
        return self._site.battery_cv(self._clock.now_us())

    def randrange(self, stop: int) -> int:
        return self._rng.randrange(stop)

    def log(self, line: str) -> None:
        _log.info("node=%s %s", self._site.name, line)

    def reset_cause(self) -> int:
        if self._cause is not None:
            return self._cause
        return 4 if self._rtc.get("schedule") else 1

    def forget(self) -> None:
        """Memory is not scarce here."""

    def reset(self) -> None:
        """Ends the program; the next wake finds RTC memory as power loss leaves it."""
        self._rtc.clear()
        raise Reset
