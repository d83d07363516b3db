"""The X-Powers chip between battery and rails of a T-Beam: an AXP192, on newer boards an AXP2101.

Registers: AXP192 datasheet, REG 01H, 12H, 26H, 28H, 78H, 82H, and its table of ADC channels; AXP2101
datasheet V1.4, 6.13.2, REG 00, 30, 34, 90, 93, 94. By which number REG 03 tells them apart neither says:
AXP192Constants.h and AXP2101Constants.h of XPowersLib do.
"""

import time

from codec.compat import const

_ADDRESS = const(0x34)
_NUMBER = const(0x03)  # the register
_SETTLE_MS = const(10)

# rail: (register and bit of its switch, register of its voltage, mask there, code of 3.3 V)
_AXP192_RAILS = {
    "dc1": (0x12, 0, 0x26, 0x7F, 104),  # 0.7 V and 25 mV a step
    "ldo2": (0x12, 2, 0x28, 0xF0, 0xF0),  # 1.8 V and 100 mV a step
    "ldo3": (0x12, 3, 0x28, 0x0F, 0x0F),
}
_AXP2101_RAILS = {
    "aldo2": (0x90, 1, 0x93, 0x1F, 28),  # 0.5 V and 100 mV a step
    "aldo3": (0x90, 2, 0x94, 0x1F, 28),
}
# number in REG 03: (name, rails, (register, bit) of "a battery is there" and of its ADC, where its voltage
# stands, how many of its bits in the second byte, a step in uV)
_CHIPS = {
    0x03: ("axp192", _AXP192_RAILS, (0x01, 5), (0x82, 7), 0x78, 4, 1100),
    0x4A: ("axp2101", _AXP2101_RAILS, (0x00, 3), (0x30, 0), 0x34, 8, 1000),
}
_HIGH_BITS = const(0x3F)  # of 14; the two above them are the AXP2101's debugging
_STEP_UV = const(10000)


class PowerChipError(OSError):
    """There is no chip that this file knows; the text says what was found."""


def begin(row: "dict[str, Any]", board: "Board") -> None:
    """Give radio and sensors their supply, take it from what nobody uses; a start without it is told."""
    try:
        bus = board.i2c(row["i2c"])
        name, rails = _chip(bus)[:2]
        on, off = row["rails"][name]
        changed = [_switch(bus, rails[rail], True) for rail in on]
        changed += [_switch(bus, rails[rail], False) for rail in off]
    except OSError as error:
        board.log(f"power chip on I2C {row['i2c']}: {_words(error)}: radio and battery may be dead")
        return
    if any(changed):
        time.sleep_ms(_SETTLE_MS)  # type: ignore[attr-defined]


def read(row: "dict[str, Any]", board: "Board") -> "int | str":
    """The battery's voltage in steps of 10 mV, or the fault."""
    try:
        bus = board.i2c(row["i2c"])
        _, _, there, adc, at, low_bits, step_uv = _chip(bus)
        if not _has(bus, there):
            return "no_answer"  # the node runs from USB
        if not _has(bus, adc):
            _put(bus, adc[0], 1 << adc[1], 1 << adc[1])
            time.sleep_ms(_SETTLE_MS)  # type: ignore[attr-defined]
        high, low = _get(bus, at, 2)
    except OSError:
        return "sensor_error"
    high = high if low_bits == 4 else high & _HIGH_BITS
    raw = high << low_bits | low & (1 << low_bits) - 1
    return (raw * step_uv + _STEP_UV // 2) // _STEP_UV


def _chip(bus: "I2C") -> "tuple[Any, ...]":
    number = _get(bus, _NUMBER, 1)[0]
    if number not in _CHIPS:
        raise PowerChipError(f"its number is 0x{number:02x}, known are the AXP192 (0x03) and AXP2101 (0x4a)")
    return _CHIPS[number]


def _switch(bus: "I2C", rail: "tuple[int, int, int, int, int]", is_on: bool) -> bool:
    """Whether anything had to be written. The voltage comes before the switch."""
    register, bit, volt_register, mask, code = rail
    changed = is_on and _put(bus, volt_register, mask, code)
    return _put(bus, register, 1 << bit, is_on << bit) or changed


def _has(bus: "I2C", place: "tuple[int, int]") -> bool:
    return bool(_get(bus, place[0], 1)[0] >> place[1] & 1)


def _put(bus: "I2C", register: int, mask: int, value: int) -> bool:
    """Change the bits of a mask and no other: the ESP32 itself lives on one of these rails."""
    was = _get(bus, register, 1)[0]
    wanted = was & ~mask | value
    if wanted == was:
        return False
    bus.writeto(_ADDRESS, bytes([register, wanted]))
    return True


def _get(bus: "I2C", register: int, nbytes: int) -> bytes:
    bus.writeto(_ADDRESS, bytes([register]))
    return bus.readfrom(_ADDRESS, nbytes)


def _words(error: OSError) -> str:
    return str(error) if isinstance(error, PowerChipError) else "nothing answers at 0x34"


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from firmware.contracts import I2C, Board
