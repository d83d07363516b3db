"""A node's program under virtual time: drives the firmware's coroutine and gives it its clock.

The firmware awaits nothing but instants, so one awaitable serves clock, radio and buses alike.
"""

from collections.abc import Callable, Coroutine, Generator
from typing import Any

from simulator.clock import VirtualClock


class Until:
    """What a firmware's await comes down to: sleep until this instant."""

    def __init__(self, when_us: int):
        self.when_us = when_us

    def __await__(self) -> Generator["Until", None, None]:
        yield self


class DeviceClock:
    """firmware.contracts.Clock: counts from the node's power-on and goes on through deep sleep."""

    def __init__(self, clock: VirtualClock, power_on_us: int):
        self._clock = clock
        self._power_on_us = power_on_us

    def now_ms(self) -> int:
        return (self._clock.now_us() - self._power_on_us) // 1000

    async def sleep_ms(self, duration_ms: int) -> None:
        await Until(self._clock.now_us() + duration_ms * 1000)

    async def until_ms(self, when_ms: int) -> None:
        await Until(self.at_us(when_ms))

    def at_us(self, when_ms: int) -> int:
        """The simulator's instant of a node's `now_ms`."""
        return self._power_on_us + when_ms * 1000


def run(clock: VirtualClock, program: Coroutine[Until, None, int], done: Callable[[int], None]) -> None:
    """Drive `program` from now to its end; `done` gets what it returns (how many ms to sleep)."""

    def step() -> None:
        try:
            pause = program.send(None)
        except StopIteration as stop:
            done(stop.value)
            return
        clock.call_at_us(pause.when_us, step)

    step()


Program = Coroutine[Any, Any, int]
