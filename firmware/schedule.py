"""When each sensor samples and when the node reports: instants in RTC memory, on a grid that does not drift.

A report is due at the first wake after its instant: it never wakes the node by itself.
"""

import struct

_REPORT = 0  # place of the report's instant; the sensors follow in the config's order
_AT_ONCE = 0


class Schedule:
    """After power loss all is due at once, and then never in step with the neighbours on the same mains."""

    def __init__(self, rtc: "Store", sensors: int, randrange: "RandRange"):
        self._rtc = rtc
        self._randrange = randrange
        self._format = f"<{1 + sensors}Q"
        saved = rtc.get("schedule")
        if saved and len(saved) == struct.calcsize(self._format):
            self._next_ms = list(struct.unpack(self._format, saved))
        else:
            self._next_ms = [_AT_ONCE] * (1 + sensors)
        self._first_periods_ms = {}  # type: dict[int, int]

    def samples_due(self, now_ms: int) -> "list[int]":
        """The sensors to read now, by their places."""
        return [at - 1 for at in range(1, len(self._next_ms)) if self._next_ms[at] <= now_ms]

    def report_due(self, now_ms: int) -> bool:
        return self._next_ms[_REPORT] <= now_ms

    def sampled(self, place: int, now_ms: int, period_s: int) -> None:
        """That sensor was read; the next time is `period_s` later."""
        self._advance(place + 1, now_ms, period_s)

    def reported(self, now_ms: int, period_s: int) -> None:
        self._advance(_REPORT, now_ms, period_s)

    def next_ms(self) -> int:
        """The next instant at which a sensor is due."""
        return min(self._next_ms[1:])

    def save(self) -> None:
        for at in sorted(self._first_periods_ms):  # MicroPython's dicts have no order
            self._next_ms[at] -= self._randrange(self._first_periods_ms[at])
        self._rtc.put("schedule", struct.pack(self._format, *self._next_ms))

    def _advance(self, at: int, now_ms: int, period_s: int) -> None:
        period_ms = period_s * 1000
        due_ms = self._next_ms[at]
        if due_ms == _AT_ONCE:
            self._first_periods_ms[at] = period_ms
        next_ms = due_ms + period_ms
        if not now_ms - period_ms < due_ms <= now_ms:  # it came early, or slept over some
            next_ms = now_ms + period_ms
        self._next_ms[at] = next_ms


TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.contracts import RandRange, Store
