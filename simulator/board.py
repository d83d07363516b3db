"""A board in memory: firmware.contracts.Board with byte-exact sensors on its buses."""

import random

from firmware.sensors.sht3x import crc8
from simulator.air import Air
from simulator.clock import VirtualClock
from simulator.device import DeviceClock
from simulator.radio import SimulatedRadio
from simulator.site import Site

_BYTE_US = 1042  # ten bits at 9600 baud
_PING_US = 100_000
_UART_BUFFER = 256


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


class UltrasonicUart:
    """An A02YYUW talking on its own since power-on: a frame each 100 ms, opened wherever it happens to be."""

    def __init__(self, clock: VirtualClock, site: Site, phase_us: int):
        self._clock = clock
        self._site = site
        self._opened_us = clock.now_us()
        self._next_us = self._opened_us + phase_us - _PING_US  # the open finds the rest of a frame
        self._pending: list[tuple[int, int]] = []  # (instant, byte)

    def any(self) -> int:
        self._talk()
        return sum(1 for at_us, _ in self._pending if at_us <= self._clock.now_us())

    def read(self, nbytes: int = _UART_BUFFER) -> bytes | None:
        self._talk()
        ready = [byte for at_us, byte in self._pending if at_us <= self._clock.now_us()][:nbytes]
        self._pending = self._pending[len(ready) :]
        return bytes(ready) or None

    def _talk(self) -> None:
        """Append what the sensor has sent up to now."""
        if "sensor_off" in self._site.faults:
            self._next_us = self._clock.now_us() + _PING_US
        while self._next_us <= self._clock.now_us():
            distance_mm = self._site.ping_mm(max(self._next_us, self._opened_us))
            head = (0xFF, distance_mm >> 8, distance_mm & 0xFF)
            for place, byte in enumerate((*head, sum(head) & 0xFF)):
                sent_us = self._next_us + (place + 1) * _BYTE_US
                if sent_us > self._opened_us:
                    self._pending.append((sent_us, byte))
            self._next_us += _PING_US
        self._pending = self._pending[-_UART_BUFFER:]


class ClimateI2C:
    """An SHT3x on an I2C bus: answers a single shot with two words and their checksums."""

    def __init__(self, clock: VirtualClock, site: Site):
        self._clock = clock
        self._site = site
        self._asked = False

    def writeto(self, addr: int, buf: bytes) -> int:
        if addr != 0x44:
            raise OSError(19)
        self._asked = buf == b"\x24\x00"
        return len(buf)

    def readfrom(self, addr: int, nbytes: int) -> bytes:
        if addr != 0x44 or not self._asked:
            raise OSError(19)
        temperature_c, humidity_pct = self._site.climate(self._clock.now_us())
        words = [round((temperature_c + 45) / 175 * 65535), round(humidity_pct / 100 * 65535)]
        answer = b""
        for word in words:
            two = word.to_bytes(2, "big")
            answer += two + bytes([crc8(two)])
        return answer[:nbytes]


class SimulatedBoard:
    """What one boot of a node finds; `flash` and `rtc` are the ones the last boot left behind."""

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
    ):
        self._clock = clock
        self._site = site
        self._device_clock = device_clock
        self._radio = SimulatedRadio(clock, device_clock, air, site.place)
        self._flash, self._rtc = stores
        self._rng = rng

    def clock(self) -> DeviceClock:
        return self._device_clock

    def radio(self) -> SimulatedRadio:
        return self._radio

    def flash(self) -> MemoryStore:
        return self._flash

    def rtc(self) -> MemoryStore:
        return self._rtc

    def uart(self, port: int, baudrate: int) -> UltrasonicUart:
        return UltrasonicUart(self._clock, self._site, self._rng.randrange(_PING_US))

    def i2c(self, port: int) -> ClimateI2C:
        return ClimateI2C(self._clock, self._site)

    def battery(self) -> int | str:
        return self._site.battery_cv(self._clock.now_us())

    def randrange(self, stop: int) -> int:
        return self._rng.randrange(stop)

    def reset_cause(self) -> int:
        return 4 if self._rtc.get("schedule") else 1

    def reset(self) -> None:
        """The next wake finds RTC memory as power loss leaves it."""
        self._rtc.clear()
