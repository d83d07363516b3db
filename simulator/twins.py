"""Byte-exact stand-ins of sensor parts on their buses, fed by a site's truth."""

from firmware.sensors.sht3x import crc8
from simulator.clock import VirtualClock
from simulator.site import Site

PING_US = 100_000
_BYTE_US = 1042  # ten bits at 9600 baud
_UART_BUFFER = 256
_DUST_COMMAND = 19
_DUST_WARM_US = 30_000_000  # what comes before is not a measurement
_DUST_EVERY_US = 1_000_000


class UltrasonicUart:
    """An A02YYUW talking on its own since power-on: a frame each 100 ms, opened wherever it happens to be."""

    def __init__(self, clock: VirtualClock, site: Site, phase_us: int):
        self._clock = clock
        self._site = site
        self._opened_us = clock.now_us()
        self._next_us = self._opened_us + phase_us - PING_US  # the open finds the rest of a frame
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
            self._next_us = self._clock.now_us() + PING_US
        while self._next_us <= self._clock.now_us():
            distance_mm = self._site.ping_mm(max(self._next_us, self._opened_us))
            head = (0xFF, distance_mm >> 8, distance_mm & 0xFF)
            for place, byte in enumerate((*head, sum(head) & 0xFF)):
                sent_us = self._next_us + (place + 1) * _BYTE_US
                if sent_us > self._opened_us:
                    self._pending.append((sent_us, byte))
            self._next_us += PING_US
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


class DustUart:
    """An SDS011: reports each second while its fan runs, answers queries and commands for sleep and mode.

    Whether the fan runs, and since when, outlives the node's sleep: it is kept with the site.
    """

    def __init__(self, clock: VirtualClock, site: Site):
        self._clock = clock
        self._site = site
        self._pending = b""
        self._next_us = clock.now_us() + _DUST_EVERY_US

    def any(self) -> int:
        self._talk()
        return len(self._pending)

    def read(self, nbytes: int = _UART_BUFFER) -> bytes | None:
        self._talk()
        ready, self._pending = self._pending[:nbytes], self._pending[nbytes:]
        return ready or None

    def write(self, buf: bytes) -> int:
        is_command = len(buf) == _DUST_COMMAND and buf[:2] == b"\xaa\xb4" and buf[-1] == 0xAB
        if is_command and sum(buf[2:17]) & 0xFF == buf[17] and "sensor_off" not in self._site.faults:
            self._obey(buf[2], buf[3], buf[4])
        return len(buf)

    def _obey(self, what: int, is_set: int, value: int) -> None:
        site = self._site
        if what == 6 and is_set:
            began_us = site.fan_since_us if site.fan_since_us is not None else self._clock.now_us()
            site.fan_since_us = began_us if value else None
        if what == 4 and site.fan_since_us is not None:
            self._pending += self._frame(self._clock.now_us())
        elif what != 4:
            self._pending += _dust_frame(0xC5, bytes([what, is_set, value, 0]))

    def _talk(self) -> None:
        while self._next_us <= self._clock.now_us():
            if self._site.fan_since_us is not None and "sensor_off" not in self._site.faults:
                self._pending = (self._pending + self._frame(self._next_us))[-_UART_BUFFER:]
            self._next_us += _DUST_EVERY_US

    def _frame(self, at_us: int) -> bytes:
        since_us = self._site.fan_since_us
        warm = since_us is not None and at_us - since_us >= _DUST_WARM_US
        steps = [round(10 * value) for value in self._site.dust(at_us)] if warm else [0, 0]
        return _dust_frame(0xC0, b"".join(min(step, 9999).to_bytes(2, "little") for step in steps))


def _dust_frame(kind: int, data: bytes) -> bytes:
    body = data + b"\x12\x34"  # the part's own id
    return bytes([0xAA, kind]) + body + bytes([sum(body) & 0xFF, 0xAB])
