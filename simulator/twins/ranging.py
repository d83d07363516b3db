"""Stand-ins of the parts that look down at the water: ultrasonic, radar, pressure, and the rain gauge."""

import math

from simulator.twins.part import AnsweringUart, TalkingUart, Wired

_BYTE_US = 1042  # ten bits at 9600 baud
_ASSUMED_M_S = 340  # what a JSN-SR04T takes for the speed of sound
_LONGEST_ECHO_US = 60_000
_RINGING_US = 20  # boards v2.0 answer so when nothing came back


def speed_m_s(temperature_c: float) -> float:
    return 331.3 * math.sqrt(1 + temperature_c / 273.15)


def a02yyuw(wired: Wired) -> TalkingUart:
    """A frame each 100 ms; the part knows the temperature."""

    def frame(at_us: int) -> bytes:
        return _summed(wired.site.ping_mm(at_us), 0xFF)

    return TalkingUart(wired, 100_000, _BYTE_US, frame)


def jsn_sr04t_serial(wired: Wired) -> TalkingUart:
    """The same frame; the AJ-SR04M leaves its head out of the sum. For both sound is always 340 m/s fast."""
    start = 0xFF if wired.row["variant"] == "jsn" else 0

    def frame(at_us: int) -> bytes:
        scale = _ASSUMED_M_S / speed_m_s(wired.site.climate(at_us)[0])
        return _summed(wired.site.ping_mm(at_us, 200, 6000, scale), start)

    return TalkingUart(wired, 100_000, _BYTE_US, frame)


def maxbotix(wired: Wired) -> TalkingUart:
    """ASCII each 148 ms; nearer than 300 mm it says 300, without a target 5000."""

    def frame(at_us: int) -> bytes:
        seen_mm = wired.site.ping_mm(at_us, 1, 4999)
        return b"R%04d\r" % (max(300, seen_mm) if seen_mm else 5000)

    return TalkingUart(wired, 148_000, _BYTE_US, frame)


class Echo:
    """A JSN-SR04T by trigger and echo: the length of one pulse in us, negative where none comes."""

    def __init__(self, wired: Wired):
        self._wired = wired

    def __call__(self) -> int:
        if self._wired.is_dead:
            return -2
        at_us = self._wired.clock.now_us()
        seen_mm = self._wired.site.ping_mm(at_us, 1, 6000)
        if not seen_mm:
            return _LONGEST_ECHO_US
        if seen_mm < 200:  # blind: the transducer still rings
            return _RINGING_US
        return round(2000 * seen_mm / speed_m_s(self._wired.site.climate(at_us)[0]))


class ModbusRadar(AnsweringUart):
    """Answers a read of its one holding register, refuses any other, and is deaf to damaged requests."""

    def _answer(self, asked: bytes) -> bytes:
        row = self._wired.row
        if len(asked) != 8 or _modbus_crc(asked[:-2]) != asked[-2:] or asked[0] != row.get("address", 1):
            return b""
        if asked[1] != 3 or asked[2:6] != row["register"].to_bytes(2, "big") + b"\x00\x01":
            refusal = bytes([asked[0], asked[1] | 0x80, 2])
            return refusal + _modbus_crc(refusal)
        seen_mm = self._wired.site.ping_mm(self._clock.now_us(), 1, 40_000)
        value = round(seen_mm / row.get("step_mm", 1)) if seen_mm else 0xFFFF
        answer = bytes([asked[0], 3, 2]) + value.to_bytes(2, "big")
        return answer + _modbus_crc(answer)


class CurrentLoop:
    """A pressure probe at the gauge zero, read by an ADS1115; a torn wire carries no current."""

    def __init__(self, wired: Wired):
        self._wired = wired
        self._raw = 0

    def write(self, data: bytes) -> None:
        if data[0] == 1 and data[1] & 0x80:  # the configuration, with the bit that starts a conversion
            channel = (data[1] >> 4 & 7) - 4
            self._raw = self._convert() if channel == self._wired.row.get("channel", 0) else 0

    def read(self, nbytes: int) -> bytes:
        return self._raw.to_bytes(2, "big", signed=True)[:nbytes]

    def _convert(self) -> int:
        """Steps of 125 uV at +-4.096 V."""
        wired, row = self._wired, self._wired.row
        if wired.is_dead:
            return 0
        stage_mm = wired.site.creek.stage_mm(wired.clock.now_us())
        wired.sense(stage_mm=stage_mm)
        shunt_ohm = int(row["shunt_ohm"])
        current_ma = 4 + 16 * (max(0, stage_mm) - row.get("zero_mm", 0)) / row["span_mm"]
        return int(min(0x7FFF, current_ma * shunt_ohm / 0.125 + 0.5))


class TippingBucket:
    """Tips since power-on."""

    def __init__(self, wired: Wired):
        self._wired = wired

    def value(self) -> int:
        wired = self._wired
        now_us, rain = wired.clock.now_us(), wired.site.rain
        fallen_mm = rain.fallen_mm(now_us) - rain.fallen_mm(wired.power_on_us)
        wired.sense(rain_mm=fallen_mm)
        tip_um = int(wired.row["tip_um"])
        return 0 if wired.is_dead else int(1000 * fallen_mm / tip_um + 1e-9)


def _summed(distance_mm: int, start: int) -> bytes:
    high, low = distance_mm >> 8, distance_mm & 0xFF
    return bytes([0xFF, high, low, (start + high + low) & 0xFF])


def _modbus_crc(data: bytes) -> bytes:
    """By the polynomial as bits: x^16 + x^15 + x^2 + 1, reflected."""
    crc = 0xFFFF
    for bit in (byte >> place & 1 for byte in data for place in range(8)):
        crc = crc >> 1 ^ (0xA001 if (crc ^ bit) & 1 else 0)
    return crc.to_bytes(2, "little")
