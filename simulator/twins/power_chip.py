"""Stand-ins of a T-Beam's power chips by their registers: what they feed, and the battery they measure.

AXP192 datasheet and AXP2101 datasheet V1.4 (6.13.2). What a rail feeds is the board's: meshtastic
src/Power.cpp, axpChipInit.
"""

from collections.abc import Callable
from typing import Any

ADDRESS = 0x34


class PowerChip:
    """`battery_cv` is the truth in 10 mV, None where no battery is plugged in."""

    number: int
    defaults: tuple[tuple[int, int], ...]  # (register, value) after power-on
    radio: tuple[int, int]  # (register, bit) of the rail's switch
    header: tuple[int, int] | None  # None: the rail of the ESP32 itself, which is always on
    present: tuple[int, int]

    def __init__(self, battery_cv: Callable[[], int | None]):
        self._battery_cv = battery_cv
        self._at = 0
        self._registers = bytearray(256)
        self._registers[0x03] = self.number
        for register, value in self.defaults:
            self._registers[register] = value

    def write(self, data: bytes) -> None:
        self._at = data[0]
        self._registers[self._at : self._at + len(data) - 1] = data[1:]

    def read(self, nbytes: int) -> bytes:
        battery_cv = self._battery_cv()
        register, bit = self.present
        self._registers[register] = (battery_cv is not None) << bit
        self._measure(10 * (battery_cv or 0))
        return bytes(self._registers[self._at : self._at + nbytes])

    def feeds_radio(self) -> bool:
        return self._is_set(self.radio)

    def feeds_header(self) -> bool:
        return self.header is None or self._is_set(self.header)

    def _is_set(self, place: tuple[int, int]) -> bool:
        return bool(self._registers[place[0]] >> place[1] & 1)

    def _measure(self, battery_mv: int) -> None:
        """Into the registers of its ADC, where that is switched on."""
        raise NotImplementedError


class AXP192(PowerChip):
    number = 0x03
    defaults = ((0x12, 0x03), (0x26, 0x68), (0x28, 0xCF), (0x82, 0x83))  # DC-DC1 and 3 are on
    radio = (0x12, 2)
    header = (0x12, 0)
    present = (0x01, 5)

    def _measure(self, battery_mv: int) -> None:
        if self._registers[0x82] & 0x80:
            raw = min(round(battery_mv / 1.1), 0xFFF)
            self._registers[0x78], self._registers[0x79] = raw >> 4, raw & 0x0F


class AXP2101(PowerChip):
    number = 0x4A
    defaults = ((0x30, 0x03), (0x80, 0x01))
    radio = (0x90, 1)
    header = None
    present = (0x00, 3)

    def _measure(self, battery_mv: int) -> None:
        if self._registers[0x30] & 1:
            self._registers[0x34:0x36] = min(battery_mv, 0x3FFF).to_bytes(2, "big")


class BusBeside:
    """The bus of the sensors, on which the chip sits too; it answers whatever became of them."""

    def __init__(self, chip: PowerChip, sensors: Any):
        self._chip = chip
        self._sensors = sensors

    def writeto(self, addr: int, buf: bytes) -> int:
        if addr != ADDRESS:
            return int(self._sensors.writeto(addr, buf))
        self._chip.write(bytes(buf))
        return len(buf)

    def readfrom(self, addr: int, nbytes: int) -> bytes:
        return self._chip.read(nbytes) if addr == ADDRESS else bytes(self._sensors.readfrom(addr, nbytes))
