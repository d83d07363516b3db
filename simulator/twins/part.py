"""What the stand-ins of sensor parts have in common: a clock, a site, a supply, and a UART's time."""

import random
from bisect import bisect_right
from collections.abc import Callable
from typing import Any, NamedTuple

from simulator.clock import VirtualClock
from simulator.site import Site

UART_BUFFER = 256


class Wired(NamedTuple):
    """Where a part sits: `row` is its row in the firmware's config, `power_on_us` that of its node."""

    clock: VirtualClock
    site: Site
    row: dict[str, Any]
    rng: random.Random
    power_on_us: int
    supply_us: Callable[[], int | None]  # since when it is supplied; None: it is not

    @property
    def is_dead(self) -> bool:
        return "sensor_off" in self.site.faults or self.supply_us() is None

    def sense(self, **values: float) -> None:
        """What was true now, for the truth log."""
        self.site.sense(self.clock.now_us(), self.row["part"], values)


class TalkingUart:
    """A part that sends a frame each period on its own, opened wherever it happens to be."""

    def __init__(self, wired: Wired, period_us: int, byte_us: int, frame: Callable[[int], bytes]):
        self._wired = wired
        self._clock = wired.clock
        self._period_us = period_us
        self._byte_us = byte_us
        self._frame = frame  # of an instant
        self._opened_us = self._clock.now_us()
        self._next_us = self._opened_us + wired.rng.randrange(period_us) - period_us  # finds the rest of one
        self._pending: list[tuple[int, int]] = []  # (instant, byte)

    def any(self) -> int:
        self._talk()
        return bisect_right(self._pending, (self._clock.now_us(), 0xFF))

    def read(self, nbytes: int = UART_BUFFER) -> bytes | None:
        count = min(self.any(), nbytes)
        if not count:
            return None
        ready = bytes([byte for _, byte in self._pending[:count]])
        del self._pending[:count]
        return ready

    def write(self, buf: bytes) -> int:
        return len(buf)

    def _talk(self) -> None:
        """Append what the part has sent up to now."""
        now_us = self._clock.now_us()
        if self._wired.is_dead:
            self._next_us = now_us + self._period_us
        while self._next_us <= now_us:
            at_us = max(self._next_us, self._opened_us)
            for place, byte in enumerate(self._frame(at_us)):
                sent_us = self._next_us + (place + 1) * self._byte_us
                if sent_us > self._opened_us:
                    self._pending.append((sent_us, byte))
            self._next_us += self._period_us
        if len(self._pending) > UART_BUFFER:
            self._pending = self._pending[-UART_BUFFER:]


class AnsweringUart:
    """A part that answers what is written to it; `say` puts bytes of its own beside."""

    def __init__(self, wired: Wired):
        self._wired = wired
        self._clock = wired.clock
        self._pending = b""

    def any(self) -> int:
        self._talk()
        return len(self._pending)

    def read(self, nbytes: int = UART_BUFFER) -> bytes | None:
        self._talk()
        ready, self._pending = self._pending[:nbytes], self._pending[nbytes:]
        return ready or None

    def write(self, buf: bytes) -> int:
        if not self._wired.is_dead:
            self._say(self._answer(bytes(buf)))
        return len(buf)

    def _say(self, data: bytes) -> None:
        self._pending = (self._pending + data)[-UART_BUFFER:]

    def _talk(self) -> None:
        """What it says unasked up to now."""

    def _answer(self, asked: bytes) -> bytes:
        raise NotImplementedError


def crc8(word: bytes) -> int:
    """Of Sensirion's words, by table-free shifting of the polynomial x^8 + x^5 + x^4 + 1 from FF."""
    remainder = 0xFF
    for bit in f"{int.from_bytes(word, 'big'):0{8 * len(word)}b}":
        carry = (remainder >> 7) ^ int(bit)
        remainder = (remainder << 1 & 0xFF) ^ (0x31 if carry else 0)
    return remainder


def sealed(*words: int) -> bytes:
    """Words of two bytes, each with its checksum."""
    return b"".join(two + bytes([crc8(two)]) for two in (word.to_bytes(2, "big") for word in words))
