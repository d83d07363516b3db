"""A board in memory: firmware.contracts.Board with byte-exact sensors on its buses."""

import logging
import random

from simulator.air import Air
from simulator.clock import VirtualClock
from simulator.device import DeviceClock
from simulator.radio import SimulatedRadio
from simulator.site import Site
from simulator.twins import PING_US, ClimateI2C, DustUart, UltrasonicUart

_log = logging.getLogger(__name__)

DUST_PORT = 2


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
    """What one boot of a node finds; `flash` and `rtc` are the ones the last boot left behind."""

    NAME = "simulator"
    NUMBER = 0
    LINK = "native"

    def __init__(
        self,
        clock: VirtualClock,
        device_clock: DeviceClock,
        air: Air,
        site: Site,
        stores: tuple[MemoryStore, MemoryStore],
        rng: random.Random,
    ):
        self._clock = clock
        self._site = site
        self._device_clock = device_clock
        self._radio = SimulatedRadio(clock, device_clock, air, site.place)
        self._flash, self._rtc = stores
        self._rng = rng

    def clock(self) -> DeviceClock:
        return self._device_clock

    def radio(self, hz: int = 0) -> SimulatedRadio:
        """Nothing in it has to be calibrated for a frequency."""
        return self._radio

    def flash(self) -> MemoryStore:
        return self._flash

    def rtc(self) -> MemoryStore:
        return self._rtc

    def uart(self, port: int, baudrate: int) -> UltrasonicUart | DustUart:
        """Port 1 is the river's, port 2 the street's."""
        if port == DUST_PORT:
            return DustUart(self._clock, self._site)
        return UltrasonicUart(self._clock, self._site, self._rng.randrange(PING_US))

    def i2c(self, port: int) -> ClimateI2C:
        return ClimateI2C(self._clock, self._site)

    def battery(self) -> int | str:
        return self._site.battery_cv(self._clock.now_us())

    def randrange(self, stop: int) -> int:
        return self._rng.randrange(stop)

    def log(self, line: str) -> None:
        _log.info("node=%s %s", self._site.name, line)

    def reset_cause(self) -> int:
        return 4 if self._rtc.get("schedule") else 1

    def forget(self) -> None:
        """Memory is not scarce here."""

    def reset(self) -> None:
        """The next wake finds RTC memory as power loss leaves it."""
        self._rtc.clear()
