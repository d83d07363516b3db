"""Sensirion SHT3x temperature and humidity sensor on I2C (datasheet sections in brackets)."""

from codec.compat import const
from firmware.sensors.sensirion import crc8 as crc8
from firmware.sensors.sensirion import words

BUS = "i2c"
WARMUP_MS = const(2)  # power-up takes 1 ms at most (2.2)
OPTIONS = {"address": (0x44, (0x44, 0x45))}

_SINGLE_SHOT = b"\x24\x00"  # high repeatability, no clock stretching (4.3)
_READY_MS = const(16)  # a measurement takes 15.5 ms at most (2.2)
_COLDEST_DDEGC = const(-400)
_HOTTEST_DDEGC = const(850)


def parse(answer: bytes) -> "dict[str, int | str]":
    """Steps of 0.1 degC and 1 % from the six bytes of a single shot (4.13)."""
    clean = words(answer)
    if clean is None or len(clean) != 4:
        return {"temperature": "bad_data", "humidity": "bad_data"}
    raw_t = clean[0] << 8 | clean[1]
    raw_rh = clean[2] << 8 | clean[3]
    temperature = (1750 * raw_t + 32767) // 65535 - 450
    return {
        "temperature": temperature if _COLDEST_DDEGC <= temperature <= _HOTTEST_DDEGC else "out_of_range",
        "humidity": (100 * raw_rh + 32767) // 65535,
    }


class SHT3x:
    def __init__(self, i2c: "I2C", clock: "Clock", address: int = 0x44):
        self._i2c = i2c
        self._clock = clock
        self._address = address

    async def read(self) -> "dict[str, int | str]":
        try:
            self._i2c.writeto(self._address, _SINGLE_SHOT)
            await self._clock.sleep_ms(_READY_MS)
            return parse(self._i2c.readfrom(self._address, 6))
        except OSError:  # nobody acknowledged the address
            return {"temperature": "no_answer", "humidity": "no_answer"}


CLASSES = {"sht3x": SHT3x}


TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.contracts import I2C, Clock
