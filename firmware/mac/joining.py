"""How often a node may ask to join: 36 s of airtime in hour 1, 36 s in the next ten, then 8.7 s a day.

TS001-1.0.4 section 7. Deep sleep keeps the count; after power loss it begins anew, as the section says, and
the sliding hour of the ledger still holds what was spent before.
"""

import struct

from codec.compat import const

_RECORD = "<QHIH"  # first request, period, us spent in it, requests so far
_HOUR_MS = const(3600000)
# (end of the period in hours since the first request, airtime in us); then one period a day
_PERIODS = ((1, 36000000), (11, 36000000))
_DAY_US = const(8700000)
_PER_STEP = const(2)  # requests at one data rate before the next lower one is tried


class JoinBudget:
    def __init__(self, rtc: "Store"):
        self._rtc = rtc
        saved = rtc.get("join")
        self._began_ms, self._period, self._spent_us, self.attempts = (
            struct.unpack(_RECORD, saved) if saved else (-1, 0, 0, 0)
        )

    def period(self, now_ms: int) -> "tuple[int, int, int]":
        """(number, end in ms of the clock, airtime in us) of the period that `now_ms` lies in."""
        if now_ms < self._began_ms:  # the clock went back
            self._began_ms = now_ms
            self._save()
        began_ms = now_ms if self._began_ms < 0 else self._began_ms
        hours = (now_ms - began_ms) // _HOUR_MS
        for number, (end_h, limit_us) in enumerate(_PERIODS):
            if hours < end_h:
                return number, began_ms + end_h * _HOUR_MS, limit_us
        day = (hours - 11) // 24
        return 2 + day, began_ms + (35 + 24 * day) * _HOUR_MS, _DAY_US

    def used_us(self, now_ms: int) -> int:
        return self._spent_us if self.period(now_ms)[0] == self._period else 0

    def free_in_ms(self, now_ms: int, on_air_us: int) -> int:
        _, end_ms, limit_us = self.period(now_ms)
        return 0 if self.used_us(now_ms) + on_air_us <= limit_us else end_ms - now_ms

    def spend(self, now_ms: int, on_air_us: int) -> None:
        if self._began_ms < 0:
            self._began_ms = now_ms
        self._spent_us = self.used_us(now_ms) + on_air_us
        self._period = self.period(now_ms)[0]
        self.attempts = (self.attempts + 1) & 0xFFFF
        self._save()

    def close(self) -> None:
        """The join succeeded: the next one begins a first hour."""
        self._began_ms, self._period, self._spent_us, self.attempts = -1, 0, 0, 0
        self._rtc.put("join", b"")

    def data_rate(self, region: "Region", first: int) -> int:
        """Begin at `first`, go down by steps to the lowest, begin again (fixed plans: RP002-1.0.4 2.5.2)."""
        lowest, highest = region.join_drs
        if region.is_fixed:  # 125 kHz and 500 kHz in turn
            return highest if self.attempts % 2 else lowest
        first = min(max(first, lowest), highest)
        return first - self.attempts // _PER_STEP % (first - lowest + 1)

    def octet_turn(self) -> int:
        return self.attempts // 2

    def _save(self) -> None:
        self._rtc.put(
            "join", struct.pack(_RECORD, self._began_ms, self._period, self._spent_us, self.attempts)
        )


TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from codec.lorawan.regions import Region
    from firmware.contracts import Store
