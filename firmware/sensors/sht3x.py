"""Sensirion SHT3x temperature and humidity sensor on I2C (datasheet sections in brackets)."""

from codec.compat import const

_SINGLE_SHOT = b"\x24\x00"  # high repeatability, no clock stretching (4.3)
_READY_MS = const(16)  # a measurement takes 15.5 ms at most (2.2)


def crc8(word: bytes) -> int:
    """Polynomial 0x31, start 0xFF (4.12): the two bytes BE EF give 92."""
    crc = 0xFF
    for byte in word:
        crc ^= byte
        for _ in range(8):
            crc = crc << 1 ^ 0x31 if crc & 0x80 else crc << 1
        crc &= 0xFF
    return crc


def parse(answer: bytes) -> "dict[str, int | str]":
    """Steps of 0.1 degC and 1 % from the six bytes of a single shot (4.13)."""
    if crc8(answer[0:2]) != answer[2] or crc8(answer[3:5]) != answer[5]:
        return {"temperature": "bad_data", "humidity": "bad_data"}
    raw_t = int.from_bytes(answer[0:2], "big")
    raw_rh = int.from_bytes(answer[3:5], "big")
    return {"temperature": (1750 * raw_t + 32767) // 65535 - 450, "humidity": (100 * raw_rh + 32767) // 65535}


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


TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.contracts import I2C, Clock
