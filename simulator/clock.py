"""Virtual time: one heap of integer microseconds; as fast as it goes or N times real time by the same loop.

The clock stands still while an action is at work: an async action is awaited before the next one begins.
"""

import asyncio
import heapq
import time
from collections.abc import Awaitable, Callable

Action = Callable[[], Awaitable[object] | None]
_Entry = tuple[int, int, Action]  # when in us, a serial number, what

_SLICE_S = 0.02  # how coarsely `now` moves while nothing happens
_YIELD_EVERY = 50  # actions between two looks at the event loop, so that a page stays served at full speed


class VirtualClock:
    """Microseconds since 1970 (UTC). `speed`: virtual seconds per real one; None is as fast as it goes."""

    def __init__(self, start_us: int, speed: float | None = None):
        self._now_us = start_us
        self._heap: list[_Entry] = []
        self._serial = 0
        self.set_speed(speed)

    def now_us(self) -> int:
        return self._now_us

    def now_ms(self) -> int:
        return self._now_us // 1000

    @property
    def speed(self) -> float | None:
        return self._speed

    def set_speed(self, speed: float | None) -> None:
        self._speed = speed
        self._anchor = (time.monotonic(), self._now_us)

    def call_at_us(self, when_us: int, action: Action) -> None:
        """Run `action` at `when_us`, or now when that is past; equal instants run in the order asked for."""
        self._serial += 1
        heapq.heappush(self._heap, (max(when_us, self._now_us), self._serial, action))

    def call_at(self, when_ms: int, action: Action) -> None:
        self.call_at_us(when_ms * 1000, action)

    async def run(self, until_us: int) -> None:
        """Let time pass until `until_us`."""
        heap, done = self._heap, 0
        while True:
            ends = not heap or heap[0][0] > until_us
            target_us = until_us if ends else heap[0][0]
            if self._speed is not None and not self._reached(target_us, self._speed):
                await asyncio.sleep(_SLICE_S)
                continue
            if target_us > self._now_us:
                self._now_us = target_us
            if ends:
                return
            working = heapq.heappop(heap)[2]()
            if working is not None:
                await working
            done += 1
            if done % _YIELD_EVERY == 0:
                await asyncio.sleep(0)

    def _reached(self, target_us: int, speed: float) -> bool:
        """Whether real time allows `target_us` yet; until then `now` moves as far as it does allow."""
        began_s, began_us = self._anchor
        allowed_us = began_us + int((time.monotonic() - began_s) * speed * 1e6)
        if allowed_us >= target_us:
            # Work that took long is not caught up with: from here on the pace is kept anew.
            if allowed_us - target_us > speed * 1e6:
                self._anchor = (time.monotonic(), target_us)
            return True
        self._now_us = max(self._now_us, allowed_us)
        return False
