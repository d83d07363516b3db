"""Bosch BME280 temperature, humidity and pressure sensor on I2C (data sheet sections in brackets).

One forced measurement a reading: running on, it warms itself by half a degree and more.
"""

import struct

from codec.compat import const

BUS = "i2c"
WARMUP_MS = const(2)  # start-up (1.1)
OPTIONS = {"address": (0x76, (0x76, 0x77))}

_ID = const(0xD0)
_BME280 = b"\x60"
_CALIBRATION = const(0x88)
_CALIBRATION_H = const(0xE1)
_MEASURE = (b"\xf2\x01", b"\xf4\x25")  # one sample of each, forced (5.4.3, 5.4.5)
_DATA = const(0xF7)
_READY_MS = const(10)  # 9.3 ms at most (9.1)
_NOT_MEASURED = const(0x80000)
_NOT_MEASURED_H = const(0x8000)

# In steps of the registry, within what the part is specified for (1.1 to 1.3).
_RANGES = {"temperature": (-400, 850), "humidity": (0, 100), "pressure": (3000, 11000)}


def calibration(low: bytes, high: bytes) -> "tuple[int, ...]":
    """T1 to T3, P1 to P9 and H1 to H6 of registers 88 to A1 and E1 to E7 (4.2.2)."""
    t_and_p = struct.unpack("<HhhHhhhhhhhh", low[:24])
    h2, h3, h4, h45, h5, h6 = struct.unpack("<hBbBbb", high)
    return t_and_p + (low[25], h2, h3, h4 << 4 | h45 & 0x0F, h5 << 4 | h45 >> 4, h6)


def parse(data: bytes, trim: "tuple[int, ...]") -> "dict[str, int | str]":
    """Steps of the eight bytes of registers F7 to FE."""
    raw_p = data[0] << 12 | data[1] << 4 | data[2] >> 4
    raw_t = data[3] << 12 | data[4] << 4 | data[5] >> 4
    raw_h = data[6] << 8 | data[7]
    if _NOT_MEASURED in (raw_t, raw_p) or raw_h == _NOT_MEASURED_H:
        return _all("not_ready")
    t_fine = _t_fine(raw_t, trim[:3])
    values = {
        "temperature": (((t_fine * 5 + 128) >> 8) + 5) // 10,
        "humidity": (_humidity(raw_h, t_fine, trim[12:]) + 512) >> 10,
        "pressure": (_pressure(raw_p, t_fine, trim[3:12]) + 1280) // 2560,
    }
    return {name: _checked(name, value) for name, value in values.items()}


def _checked(name: str, value: int) -> "int | str":
    least, most = _RANGES[name]
    return value if least <= value <= most else "out_of_range"


def _all(fault: str) -> "dict[str, int | str]":
    return {name: fault for name in _RANGES}  # noqa: C420 - keeps the type of the values open


# The integer formulas of 4.2.3, with Python's integers instead of 32 and 64 bits.


def _t_fine(raw: int, trim: "tuple[int, ...]") -> int:
    t1, t2, t3 = trim
    coarse = ((raw >> 3) - (t1 << 1)) * t2 >> 11
    off = (raw >> 4) - t1
    return coarse + ((off * off >> 12) * t3 >> 14)


def _pressure(raw: int, t_fine: int, trim: "tuple[int, ...]") -> int:
    """In 1/256 Pa; 0 where the calibration would divide by zero."""
    p1, p2, p3, p4, p5, p6, p7, p8, p9 = trim
    x = t_fine - 128000
    offset = x * x * p6 + (x * p5 << 17) + (p4 << 35)
    scale = (x * x * p3 >> 8) + (x * p2 << 12)
    scale = ((1 << 47) + scale) * p1 >> 33
    if scale == 0:
        return 0
    p = (((1048576 - raw) << 31) - offset) * 3125 // scale
    return ((p + (p9 * (p >> 13) * (p >> 13) >> 25) + (p8 * p >> 19)) >> 8) + (p7 << 4)


def _humidity(raw: int, t_fine: int, trim: "tuple[int, ...]") -> int:
    """In 1/1024 %."""
    h1, h2, h3, h4, h5, h6 = trim
    x = t_fine - 76800
    wet = ((raw << 14) - (h4 << 20) - h5 * x + 16384) >> 15
    warm = ((((x * h6 >> 10) * ((x * h3 >> 11) + 32768)) >> 10) + 2097152) * h2 + 8192 >> 14
    x = wet * warm
    x -= ((x >> 15) * (x >> 15) >> 7) * h1 >> 4
    return max(0, min(x, 419430400)) >> 12


class BME280:
    def __init__(self, i2c: "I2C", clock: "Clock", address: int):
        self._i2c = i2c
        self._clock = clock
        self._address = address

    async def read(self) -> "dict[str, int | str]":
        """sensor_error for another part at the address, such as a BMP280."""
        try:
            if self._registers(_ID, 1) != _BME280:
                return _all("sensor_error")
            trim = calibration(self._registers(_CALIBRATION, 26), self._registers(_CALIBRATION_H, 7))
            for register in _MEASURE:
                self._i2c.writeto(self._address, register)
            await self._clock.sleep_ms(_READY_MS)
            return parse(self._registers(_DATA, 8), trim)
        except OSError:  # nobody acknowledged the address
            return _all("no_answer")

    def _registers(self, first: int, size: int) -> bytes:
        self._i2c.writeto(self._address, bytes([first]))
        return self._i2c.readfrom(self._address, size)


CLASSES = {"bme280": BME280}


TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.contracts import I2C, Clock
