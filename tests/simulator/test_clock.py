"""Virtual time: order, pace, and standing still while work is done."""

import asyncio
import itertools
import time
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.clock import VirtualClock
from simulator.device import DeviceClock


@given(st.lists(st.integers(0, 10_000_000), max_size=30))
def test_actions_run_in_order_of_time_and_equal_instants_in_order_of_asking(instants: list[int]) -> None:
    clock = VirtualClock(0)
    ran: list[tuple[int, int]] = []
    for serial, at_us in enumerate(instants):
        clock.call_at_us(at_us, lambda at_us=at_us, serial=serial: ran.append((clock.now_us(), serial)))
    asyncio.run(clock.run(10_000_000))
    assert ran == sorted(((at_us, serial) for serial, at_us in enumerate(instants)))
    assert clock.now_us() == 10_000_000


async def test_what_is_later_than_the_end_waits_for_the_next_run() -> None:
    clock = VirtualClock(0)
    ran: list[int] = []
    clock.call_at_us(500, lambda: ran.append(500))
    await clock.run(499)
    assert (ran, clock.now_us()) == ([], 499)
    await clock.run(500)
    assert ran == [500]


async def test_the_past_is_now() -> None:
    clock = VirtualClock(1000)
    ran: list[int] = []
    clock.call_at_us(5, lambda: ran.append(clock.now_us()))
    await clock.run(1000)
    assert ran == [1000]


async def test_time_stands_still_while_an_action_is_at_work() -> None:
    clock = VirtualClock(0, speed=1000)
    seen: list[int] = []

    async def work() -> None:
        seen.append(clock.now_us())
        await asyncio.sleep(0.05)  # 50 s of virtual time, if it went on
        seen.append(clock.now_us())

    clock.call_at_us(1000, work)
    await clock.run(2000)
    assert seen == [1000, 1000]


async def test_the_pace_is_kept_and_now_moves_between_actions(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = itertools.count()  # each look at the real clock finds it 10 ms later
    monkeypatch.setattr("simulator.clock.time", SimpleNamespace(monotonic=lambda: next(ticks) * 0.01))
    monkeypatch.setattr("simulator.clock._SLICE_S", 0)
    clock = VirtualClock(0, speed=100)
    seen: list[int] = []

    async def look() -> None:
        while True:
            await asyncio.sleep(0)
            seen.append(clock.now_us())

    looking = asyncio.ensure_future(look())
    await clock.run(20_000_000)
    looking.cancel()
    assert next(ticks) == 21  # 0.2 s
    assert seen == sorted(seen) and len(set(seen)) >= 18


async def test_as_fast_as_it_goes_a_year_takes_no_time() -> None:
    clock = VirtualClock(0)
    began = time.monotonic()
    await clock.run(365 * 86_400_000_000)
    assert time.monotonic() - began < 0.5


async def test_an_error_in_an_action_comes_out() -> None:
    clock = VirtualClock(0)

    def fail() -> None:
        raise RuntimeError("firmware bug")

    clock.call_at_us(1, fail)
    try:
        await clock.run(2)
    except RuntimeError as error:
        assert str(error) == "firmware bug"
    else:
        raise AssertionError("swallowed")


@given(st.floats(-100, 100), st.integers(0, 10**6), st.integers(1, 10**9))
def test_a_clock_that_drifts_has_come_to_an_instant_when_the_wait_for_it_ends(
    drift_ppm: float, power_on_us: int, when_ms: int
) -> None:
    """Random worlds found a node that waited for ever: a wait that ended 1 us early was begun again."""
    clock = VirtualClock(power_on_us)
    device_clock = DeviceClock(clock, power_on_us, drift_ppm)
    asyncio.run(clock.run(device_clock.at_us(when_ms)))
    assert when_ms <= device_clock.now_ms() <= when_ms + 1
