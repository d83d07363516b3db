"""A node's program under virtual time: drives the firmware's coroutine and gives it its clock.

The firmware awaits nothing but instants, so one awaitable serves clock, radio and buses alike.
"""

from collections.abc import Callable, Coroutine, Generator
from typing import Any

from simulator.clock import VirtualClock


class Reset(BaseException):
    """The program asked its board for a reset, from which no call returns."""


class Until:
    """What a firmware's await comes down to: sleep until this instant."""

    def __init__(self, when_us: int):
        self.when_us = when_us

    def __await__(self) -> Generator["Until", None, None]:
        yield self


class DeviceClock:
    """firmware.contracts.Clock: counts from the node's power-on and goes on through deep sleep.

    A clock with `drift_ppm` above zero runs fast: what it takes for a second is a little less.
    """

    def __init__(self, clock: VirtualClock, power_on_us: int, drift_ppm: float = 0.0):
        self._clock = clock
        self._power_on_us = power_on_us
        self._drift_ppb = round(drift_ppm * 1000)

    def now_ms(self) -> int:
        true_us = self._clock.now_us() - self._power_on_us
        if not self._drift_ppb:
            return true_us // 1000
        return (true_us + true_us * self._drift_ppb // 1_000_000_000) // 1000

    async def sleep_ms(self, duration_ms: int) -> None:
        await Until(self._clock.now_us() + self.true_us(duration_ms * 1000))

    async def until_ms(self, when_ms: int) -> None:
        await Until(self.at_us(when_ms))

    def at_us(self, when_ms: int) -> int:
        """The simulator's instant of a node's `now_ms`."""
        return self._power_on_us + self.true_us(when_ms * 1000)

    def true_us(self, counted_us: int) -> int:
        """How long it really takes until this clock has counted so much: rounded up, no wait ends early."""
        if not self._drift_ppb:
            return counted_us
        return -(-counted_us * 1_000_000_000 // (1_000_000_000 + self._drift_ppb))


Program = Coroutine[Any, Any, int]


def run(
    clock: VirtualClock, program: Program, done: Callable[[int], None], alive: Callable[[], bool]
) -> None:
    """Drive `program` to its end, or until it is not `alive`; `done` gets the ms to sleep, 0 for a reset."""

    def step() -> None:
        if not alive():
            program.close()
            return
        try:
            pause = program.send(None)
        except StopIteration as stop:
            done(stop.value)
            return
        except Reset:
            done(0)
            return
        clock.call_at_us(pause.when_us, step)

    step()
