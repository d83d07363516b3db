"""Stand-ins of the microphones, and of what an ADC reads: the street's level as samples or as a voltage."""

import math
from array import array

from simulator.twins.part import Wired

_PEAK_94_DB = 420_426  # of a sine at -26 dBFS of 2^23
_TONE_HZ = 1000  # which A-weighting leaves as it is
_START_UP_US = 85_000
_UV_PER_DB = 20_000


class Microphone:
    """INMP441 and ICS-43434: a tone of the street's level, 24 bits at the top of 32, a second at a time."""

    def __init__(self, wired: Wired):
        self._wired = wired
        self._rate_hz = wired.row.get("rate_hz", 48_000)
        self._heard = 0  # samples given
        self._level_db = math.nan
        self._period = array("i", bytes(4 * (self._rate_hz // _TONE_HZ)))

    def readinto(self, buf: "array[int]") -> int:
        wired = self._wired
        now_us, since_us = wired.clock.now_us(), wired.supply_us()
        if wired.is_dead or since_us is None or now_us - since_us < _START_UP_US:
            buf[:] = array("i", bytes(4 * len(buf)))
        else:
            self._tune(wired.site.noise_db(now_us // 1_000_000 * 1_000_000))
            size = len(self._period)
            at = self._heard % size
            buf[:] = (self._period * (len(buf) // size + 2))[at : at + len(buf)]
        self._heard += len(buf)
        return 4 * len(buf)

    def _tune(self, level_db: float) -> None:
        if level_db == self._level_db:
            return
        self._level_db = level_db
        self._wired.sense(noise_db=level_db)
        peak, turn = _PEAK_94_DB * 10 ** ((level_db - 94) / 20), 2 * math.pi / len(self._period)
        for place in range(len(self._period)):
            self._period[place] = round(peak * math.sin(turn * place)) * 256


class SoundLevelMeter:
    """SEN0232: 50 dB(A) a volt."""

    def __init__(self, wired: Wired):
        self._wired = wired

    def read_uv(self) -> int:
        if self._wired.is_dead:
            return 0
        level_db = self._wired.site.noise_db(self._wired.clock.now_us() // 1_000_000 * 1_000_000)
        self._wired.sense(noise_db=level_db)
        return round(level_db * _UV_PER_DB)


class Divider:
    """The battery behind two resistors."""

    def __init__(self, wired: Wired):
        self._wired = wired

    def read_uv(self) -> int:
        wired, row = self._wired, self._wired.row
        if wired.is_dead:
            return 0
        battery_uv = wired.site.battery_cv(wired.clock.now_us()) * 10_000
        wired.sense(battery_v=battery_uv / 1e6)
        upper_kohm, lower_kohm = int(row["upper_kohm"]), int(row["lower_kohm"])
        return battery_uv * lower_kohm // (upper_kohm + lower_kohm)
