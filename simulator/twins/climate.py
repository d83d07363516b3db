"""Stand-ins of the climate parts: SHT3x by words and checksums, BME280 by registers and a calibration."""

import struct
from collections.abc import Callable

from simulator.twins.part import Wired, sealed

# The example of Bosch's data sheet (8.1), and humidity as parts commonly have it.
_T = (27504, 26435, -1000)
_P = (36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000)
_H = (75, 362, 0, 313, 50, 30)


class SHT3x:
    """Answers a single shot with two words."""

    def __init__(self, wired: Wired):
        self._wired = wired
        self._words: tuple[int, int] | None = None

    def write(self, data: bytes) -> None:
        if data == b"\x24\x00":
            temperature_c, humidity_pct = self._wired.site.climate(self._wired.clock.now_us())
            self._wired.sense(temperature_c=temperature_c, humidity_pct=humidity_pct)
            self._words = round((temperature_c + 45) / 175 * 65535), round(humidity_pct / 100 * 65535)

    def read(self, nbytes: int) -> bytes:
        if self._words is None:
            raise OSError(19)
        return sealed(*self._words)[:nbytes]


class BME280:
    """A forced measurement fills its data registers with what its calibration turns into the truth."""

    def __init__(self, wired: Wired):
        self._wired = wired
        self._at = 0
        self._registers = bytearray(256)
        self._registers[0xD0] = 0x60
        self._registers[0x88:0xA2] = struct.pack("<HhhHhhhhhhhh", *_T, *_P) + bytes([0, _H[0]])
        h4, h5 = _H[3], _H[4]
        packed = struct.pack("<hBbBbb", _H[1], _H[2], h4 >> 4, (h5 & 15) << 4 | h4 & 15, h5 >> 4, _H[5])
        self._registers[0xE1:0xE8] = packed
        self._registers[0xF7:0xFF] = bytes.fromhex("8000008000008000")  # nothing measured yet

    def write(self, data: bytes) -> None:
        self._at = data[0]
        if len(data) > 1:
            self._registers[data[0]] = data[1]
            if data[0] == 0xF4 and data[1] & 3:
                self._measure()

    def read(self, nbytes: int) -> bytes:
        return bytes(self._registers[self._at : self._at + nbytes])

    def _measure(self) -> None:
        site, now_us = self._wired.site, self._wired.clock.now_us()
        temperature_c, humidity_pct = site.climate(now_us)
        pressure_hpa = site.pressure_hpa(now_us)
        self._wired.sense(temperature_c=temperature_c, humidity_pct=humidity_pct, pressure_hpa=pressure_hpa)
        raw_t = _inverse(lambda raw: t_fine(raw) / 5120, temperature_c, 1 << 20)
        fine = t_fine(raw_t)
        raw_p = _inverse(lambda raw: -pressure_pa(raw, fine), -100 * pressure_hpa, 1 << 20)
        raw_h = _inverse(lambda raw: humidity(raw, fine), humidity_pct, 1 << 16)
        packed = raw_p << 44 | raw_t << 20 | raw_h
        self._registers[0xF7:0xFF] = packed.to_bytes(8, "big")


def _inverse(formula: Callable[[int], float], wanted: float, limit: int) -> int:
    """The raw value that a rising formula turns into what is wanted."""
    low, high = 0, limit - 1
    while low < high:
        middle = (low + high) // 2
        if formula(middle) < wanted:
            low = middle + 1
        else:
            high = middle
    return low


# The formulas in floating point of the data sheet (8.1), by which parts are checked.


def t_fine(raw: int) -> float:
    t1, t2, t3 = _T
    first = (raw / 16384 - t1 / 1024) * t2
    return first + (raw / 131072 - t1 / 8192) ** 2 * t3


def pressure_pa(raw: int, fine: float) -> float:
    p1, p2, p3, p4, p5, p6, p7, p8, p9 = _P
    x = fine / 2 - 64000
    y = (x * x * p6 / 32768 + x * p5 * 2) / 4 + p4 * 65536
    x = (1 + (p3 * x * x / 524288 + p2 * x) / 524288 / 32768) * p1
    p = (1048576 - raw - y / 4096) * 6250 / x
    return p + (p9 * p * p / 2147483648 + p * p8 / 32768 + p7) / 16


def humidity(raw: int, fine: float) -> float:
    h1, h2, h3, h4, h5, h6 = _H
    x = fine - 76800
    x = (raw - (h4 * 64 + h5 / 16384 * x)) * (h2 / 65536 * (1 + h6 / 67108864 * x * (1 + h3 / 67108864 * x)))
    return min(100.0, max(0.0, x * (1 - h1 * x / 524288)))
