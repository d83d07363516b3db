"""Stand-ins of the dust parts. Whether a fan runs, and since when, outlives the node's sleep."""

import struct

from simulator.twins.part import AnsweringUart, Wired, sealed

_EVERY_US = 1_000_000
_WARM_US = 30_000_000  # what comes before is not a measurement
_MOST_STEPS = 9999
_PM1_SHARE, _PM4_SHARE = 0.8, 1.1  # of PM2.5


def masses(wired: Wired, at_us: int) -> tuple[float, float, float, float]:
    """PM1, PM2.5, PM4 and PM10 in ug/m3; zeros while the fan has not run for long enough."""
    pm25, pm10 = wired.site.dust(at_us)
    wired.sense(pm25=pm25, pm10=pm10)
    since_us = wired.site.fans_us.get(wired.row["part"])
    if since_us is None or at_us - since_us < _WARM_US:
        return 0.0, 0.0, 0.0, 0.0
    return pm25 * _PM1_SHARE, pm25, min(pm25 * _PM4_SHARE, pm10), pm10


class Fan:
    """Of one part."""

    def __init__(self, wired: Wired):
        self._fans_us, self._part, self._clock = wired.site.fans_us, wired.row["part"], wired.clock

    def switch(self, runs: bool) -> None:
        if not runs:
            self._fans_us.pop(self._part, None)
        elif self._part not in self._fans_us:
            self._fans_us[self._part] = self._clock.now_us()

    @property
    def runs(self) -> bool:
        return self._part in self._fans_us


class SDS011(AnsweringUart):
    """Reports each second while its fan runs, answers queries and commands for sleep and mode."""

    _COMMAND = 19

    def __init__(self, wired: Wired):
        super().__init__(wired)
        self._fan = Fan(wired)
        self._next_us = self._clock.now_us() + _EVERY_US

    def _answer(self, asked: bytes) -> bytes:
        is_command = len(asked) == self._COMMAND and asked[:2] == b"\xaa\xb4" and asked[-1] == 0xAB
        if not is_command or sum(asked[2:17]) & 0xFF != asked[17]:
            return b""
        what, is_set, value = asked[2:5]
        if what == 6 and is_set:
            self._fan.switch(bool(value))
        if what == 4:
            return self._report(self._clock.now_us()) if self._fan.runs else b""
        return _sds_frame(0xC5, bytes([what, is_set, value, 0]))

    def _talk(self) -> None:
        while self._next_us <= self._clock.now_us():
            if self._fan.runs and not self._wired.is_dead:
                self._say(self._report(self._next_us))
            self._next_us += _EVERY_US

    def _report(self, at_us: int) -> bytes:
        _, pm25, _, pm10 = masses(self._wired, at_us)
        steps = [min(round(10 * value), _MOST_STEPS) for value in (pm25, pm10)]
        return _sds_frame(0xC0, b"".join(step.to_bytes(2, "little") for step in steps))


class PMS5003(AnsweringUart):
    """Asleep, passive or active: mode and sleep are its own and outlive the node's."""

    def __init__(self, wired: Wired):
        super().__init__(wired)
        self._fan = Fan(wired)
        self._next_us: int | None = self._clock.now_us() + _EVERY_US  # active until told otherwise

    def _answer(self, asked: bytes) -> bytes:
        if len(asked) != 7 or asked[:2] != b"BM" or sum(asked[:5]).to_bytes(2, "big") != asked[5:]:
            return b""
        what, value = asked[2], asked[4]
        if what == 0xE4:
            self._fan.switch(bool(value))
        if what == 0xE1:
            self._next_us = self._clock.now_us() + _EVERY_US if value else None
        if what == 0xE2:
            return self._report(self._clock.now_us()) if self._fan.runs else b""
        return _pms_frame(bytes([what, value]))

    def _talk(self) -> None:
        while self._next_us is not None and self._next_us <= self._clock.now_us():
            if self._fan.runs and not self._wired.is_dead:
                self._say(self._report(self._next_us))
            self._next_us += _EVERY_US

    def _report(self, at_us: int) -> bytes:
        pm1, pm25, _, pm10 = masses(self._wired, at_us)
        words = [round(value) for value in (pm1, pm25, pm10)]
        counts = [round(value * 10) for value in (pm1 * 20, pm1 * 6, pm25, pm25 / 5, pm10 / 20, pm10 / 50)]
        return _pms_frame(struct.pack(">12HBB", *words, *words, *counts, 0x97, 0))


class SPS30:
    """The part behind both of its buses: awake or asleep, measuring or not, new data each second."""

    def __init__(self, wired: Wired):
        self.wired = wired
        self.fan = Fan(wired)
        self.is_awake = self.fan.runs
        self._read_us = wired.clock.now_us()

    def start(self, runs: bool) -> None:
        self.fan.switch(runs)
        self._read_us = self.wired.clock.now_us()

    @property
    def is_ready(self) -> bool:
        return self.fan.runs and self.wired.clock.now_us() - self._read_us >= _EVERY_US

    def take(self) -> tuple[float, ...]:
        """Four masses, five numbers of particles, the typical size."""
        self._read_us = self.wired.clock.now_us()
        found = masses(self.wired, self._read_us)
        return (*found, *(7 * value for value in (found[0], *found)), 0.6)


class SPS30Uart(AnsweringUart):
    """SHDLC; asleep, any byte wakes its interface and the rest is not heard."""

    def __init__(self, wired: Wired):
        super().__init__(wired)
        self._part = SPS30(wired)
        self._listens = self._part.is_awake

    def _answer(self, asked: bytes) -> bytes:
        if not self._listens:
            self._listens = True
            return b""
        content = _unstuffed(asked.strip(b"\x7e"))
        if asked[:1] != b"\x7e" or len(content) < 4 or ~sum(content[:-1]) & 0xFF != content[-1]:
            return b""
        command, part = content[1], self._part
        if not part.is_awake and command != 0x11:
            return b""
        data, state = b"", 0
        if command == 0x11:
            state, part.is_awake = 0x43 if part.is_awake else 0, True
        elif command in (0x00, 0x01):
            part.start(command == 0x00)
        elif command == 0x03 and part.is_ready:
            data = struct.pack(">10f", *part.take())
        elif command == 0x10:
            part.is_awake = self._listens = False
        return _shdlc(bytes([0, command, state, len(data)]) + data)


class SPS30I2C:
    """Words with checksums; asleep, the first command is not acknowledged and only wakes the interface."""

    def __init__(self, wired: Wired):
        self._part = SPS30(wired)
        self._listens = self._part.is_awake
        self._asked = 0

    def write(self, data: bytes) -> None:
        if not self._listens:
            self._listens = True
            raise OSError(19)
        self._asked = int.from_bytes(data[:2], "big")
        if self._asked == 0x1103:
            self._part.is_awake = True
        elif self._asked in (0x0010, 0x0104):
            self._part.start(self._asked == 0x0010)
        elif self._asked == 0x1001:
            self._part.is_awake = self._listens = False

    def read(self, nbytes: int) -> bytes:
        if self._asked == 0x0202:
            return sealed(int(self._part.is_ready))[:nbytes]
        if self._asked == 0x0300:
            return sealed(*struct.unpack(">20H", struct.pack(">10f", *self._part.take())))[:nbytes]
        raise OSError(19)


def _sds_frame(kind: int, data: bytes) -> bytes:
    body = data + b"\x12\x34"  # the part's own id
    return bytes([0xAA, kind]) + body + bytes([sum(body) & 0xFF, 0xAB])


def _pms_frame(data: bytes) -> bytes:
    head = b"BM" + (len(data) + 2).to_bytes(2, "big") + data
    return head + sum(head).to_bytes(2, "big")


_STUFFED = {0x7E: b"\x7d\x5e", 0x7D: b"\x7d\x5d", 0x11: b"\x7d\x31", 0x13: b"\x7d\x33"}


def _shdlc(content: bytes) -> bytes:
    content += bytes([~sum(content) & 0xFF])
    return b"\x7e" + b"".join(_STUFFED.get(byte, bytes([byte])) for byte in content) + b"\x7e"


def _unstuffed(content: bytes) -> bytes:
    for byte, pair in _STUFFED.items():
        if byte != 0x7D:
            content = content.replace(pair, bytes([byte]))
    return content.replace(_STUFFED[0x7D], b"\x7d")
