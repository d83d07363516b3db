"""What waits for the air, kept in RTC memory: one frame a wake, the most urgent first.

Of whole reports and hellos only the newest waits: it replaces the one before, which the journal still has.
"""

import struct
from collections import namedtuple

from codec.compat import const
from codec.wire import Reader, WireError

Waiting = namedtuple("Waiting", ("fport", "tries", "since_ms", "next_ms", "payload"))

REPORT = const(1)  # FPorts, see codec
BATCH = const(2)
ALARM = const(3)
HELLO = const(4)
ANSWER = const(11)

_URGENCY = (ALARM, ANSWER, REPORT, HELLO, BATCH)
_NEWEST_ONLY = (HELLO, REPORT)
_ROOM = const(8)  # RTC memory is small
_BEFORE = "<QQ"  # nothing leaves before this instant (ms), no alarm before that one
_HEAD = "<BBQQB"  # fport, tries, since_ms, next_ms, length
_RETRY_MS = const(30000)  # doubled after each try
_MOST_DOUBLED = const(8)  # 2 hours


class Outbox:
    def __init__(self, rtc: "Store"):
        self._rtc = rtc
        saved = rtc.get("outbox") or bytes(struct.calcsize(_BEFORE))
        self._before_ms = struct.unpack(_BEFORE, saved[: struct.calcsize(_BEFORE)])
        self._waiting = _unpack(saved[struct.calcsize(_BEFORE) :])

    def put(self, fport: int, payload: bytes, now_ms: int, partial: bool = False) -> None:
        """`partial`: a report of some sensors only, which does not replace the one of the others."""
        if fport in _NEWEST_ONLY and not partial:
            self._waiting = [one for one in self._waiting if one.fport != fport]
        self._waiting.append(Waiting(fport, 0, now_ms, now_ms, payload))
        if len(self._waiting) > _ROOM:  # the oldest of what matters least
            least = self._by_urgency()[-1].fport
            self._waiting.remove(next(one for one in self._waiting if one.fport == least))

    def first(self, now_ms: int) -> "Waiting | None":
        """The most urgent that may leave now; among equals the one that waits longest."""
        for one in self._by_urgency():
            if self._leaves_ms(one) <= now_ms:
                return one
        return None

    def next_ms(self) -> "int | None":
        """When something may leave; None when nothing waits."""
        return min([self._leaves_ms(one) for one in self._waiting]) if self._waiting else None

    def _leaves_ms(self, one: Waiting) -> int:
        return max(one.next_ms, self._before_ms[one.fport == ALARM])

    def holds(self, fport: int) -> bool:
        return any(one.fport == fport for one in self._waiting)

    def shorten(self, one: Waiting, rest: bytes) -> None:
        """A part of `one` has left."""
        self._waiting[self._waiting.index(one)] = Waiting(one.fport, 0, one.since_ms, one.next_ms, rest)

    def sent(self, one: Waiting) -> None:
        self._waiting.remove(one)

    def again(self, one: Waiting, now_ms: int) -> None:
        """`one` was not sent, or nobody confirmed it: it leaves once more, later each time."""
        next_ms = now_ms + (_RETRY_MS << min(one.tries, _MOST_DOUBLED))
        tries = min(one.tries + 1, 0xFF)
        self._waiting[self._waiting.index(one)] = Waiting(
            one.fport, tries, one.since_ms, next_ms, one.payload
        )

    def defer(self, one: Waiting, until_ms: int) -> None:
        self._waiting[self._waiting.index(one)] = Waiting(
            one.fport, one.tries, one.since_ms, until_ms, one.payload
        )

    def wait_until(self, when_ms: int, alarms_ms: int) -> None:
        """Nothing leaves before `when_ms`, no alarm before `alarms_ms`."""
        self._before_ms = (when_ms, alarms_ms)

    def save(self) -> None:
        out = struct.pack(_BEFORE, *self._before_ms)
        for one in self._waiting:
            out += struct.pack(_HEAD, one.fport, one.tries, one.since_ms, one.next_ms, len(one.payload))
            out += one.payload
        self._rtc.put("outbox", out)
        next_ms = self.next_ms()
        self._rtc.put("talk", b"" if next_ms is None else next_ms.to_bytes(8, "little"))

    def _by_urgency(self) -> "list[Waiting]":
        return [one for fport in _URGENCY for one in self._waiting if one.fport == fport]


def _unpack(saved: bytes) -> "list[Waiting]":
    reader = Reader(saved)
    waiting = []
    try:
        while reader.left():
            fport, tries, since_ms, next_ms, size = struct.unpack(_HEAD, reader.take(struct.calcsize(_HEAD)))
            waiting.append(Waiting(fport, tries, since_ms, next_ms, reader.take(size)))
    except WireError:
        return []
    return waiting


TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.contracts import Store
