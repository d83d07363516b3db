"""Marks of water level as distances: which are crossed, whether the water rises, and when to be sure of it.

Pure: a distance and an instant in, a verdict out; what is known goes to RTC memory and back. After power loss
no mark counts as crossed, so that a flood during a change of batteries is told again.
"""

import struct

from codec.compat import const

_FORMAT = "<BBiQ"
_WINDOW_MS = const(300000)  # a rise that takes longer than this is no flash flood


class Marks:
    """`marks_mm` in any order; the water is over a mark when the distance is at most the mark."""

    def __init__(self, rtc: "Store", marks_mm: "list[int]", hysteresis_mm: int, rising_mm: int):
        self._rtc = rtc
        self._marks_mm = sorted(marks_mm, reverse=True)
        self._hysteresis_mm = hysteresis_mm
        self._rising_mm = rising_mm
        saved = rtc.get("marks")
        # how many marks are crossed, whether the water rises, since which distance and instant
        self.crossed, rising, self._since_mm, self._since_ms = (
            struct.unpack(_FORMAT, saved) if saved else (0, 0, -1, 0)
        )
        self.rising = bool(rising)

    def over(self, distance_mm: int) -> int:
        """How many marks the water is over; a mark is left only beyond the hysteresis."""
        over = 0
        for place, mark_mm in enumerate(self._marks_mm):
            slack_mm = self._hysteresis_mm if place < self.crossed else 0
            if distance_mm <= mark_mm + slack_mm:
                over = place + 1
        return over

    def rate_mm_min(self, distance_mm: int, now_ms: int) -> "int | None":
        """How the distance changes; None where nothing was seen shortly before."""
        passed_ms = now_ms - self._since_ms
        if self._since_mm < 0 or not 0 < passed_ms <= 2 * _WINDOW_MS:
            return None
        return (distance_mm - self._since_mm) * 60000 // passed_ms

    def saw(self, distance_mm: int, now_ms: int) -> None:
        """Learn from a sample that is believed; slow drift and the sensor's noise are no rise."""
        if 0 <= self._rising_mm <= self._since_mm - distance_mm:
            self.rising = True
        elif now_ms - self._since_ms < _WINDOW_MS and self._since_mm >= 0:
            return
        else:
            self.rising = False
        self._since_mm, self._since_ms = distance_mm, now_ms

    def save(self) -> None:
        state = (self.crossed, int(self.rising), self._since_mm, self._since_ms)
        self._rtc.put("marks", struct.pack(_FORMAT, *state))


TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.contracts import Store
