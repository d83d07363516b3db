"""Real time: actions run when they are due, and a failing one is told and harms no other."""

import asyncio
import logging
import time
from functools import partial

import pytest

from gateway.clock import WallClock


def test_now_is_the_systems_time() -> None:
    assert abs(WallClock().now_ms() - time.time() * 1000) < 1000


async def test_actions_run_in_the_order_of_their_time() -> None:
    clock, ran = WallClock(), []
    done = asyncio.Event()
    now = clock.now_ms()

    async def act(name: str) -> None:
        ran.append((name, clock.now_ms() >= now + {"late": 60, "soon": 20, "past": 0}[name]))
        if name == "late":
            done.set()

    for name, when in (("late", now + 60), ("soon", now + 20), ("past", now - 1000)):
        clock.call_at(when, partial(act, name))
    await asyncio.wait_for(done.wait(), 5)
    assert ran == [("past", True), ("soon", True), ("late", True)]


async def test_a_failing_action_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    clock = WallClock()
    done = asyncio.Event()

    async def fail() -> None:
        raise RuntimeError("broken")

    async def succeed() -> None:
        done.set()

    with caplog.at_level(logging.ERROR, "gateway"):
        clock.call_at(clock.now_ms(), fail)
        clock.call_at(clock.now_ms(), succeed)
        await asyncio.wait_for(done.wait(), 5)
    assert "broken" in caplog.text
