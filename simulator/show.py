"""The demo: simulated gauges, the gateway and its page in this process, until somebody ends it."""

import asyncio
import signal
import webbrowser
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from simulator import demo
from simulator.clock import VirtualClock
from simulator.inprocess import GatewayClock, gateway
from simulator.keyring import Keyring
from simulator.run import register
from simulator.simulation import Simulation, Watchers

_FOREVER_US = 100 * 365 * 86_400_000_000


@dataclass(frozen=True)
class Demo:
    """`lasts_s` is real time, None until somebody ends it."""

    nodes: int
    speed: float
    port: int
    lasts_s: float | None
    browser: bool
    tell: Callable[[str], None]


async def show(options: Demo, db: Path) -> None:
    """Play the last hours at once, then go on at `speed` times real time from now."""
    now = datetime.now(UTC).replace(microsecond=0)
    scenario = demo.scenario(options.nodes, now - timedelta(hours=demo.HISTORY_H))
    clock = VirtualClock(round(scenario.start.timestamp() * 1e6))
    gateway_clock = GatewayClock(clock)
    async with gateway(gateway_clock, db, scenario.seed, options.port) as app:
        register(app, scenario)
        options.tell(f"page: {app.http_url}")
        options.tell(f"database: {db}")
        if options.browser:
            webbrowser.open(app.http_url)
        simulation = Simulation(scenario, clock, None, Watchers(Keyring()))
        gateway_clock.settle = simulation.settle
        await simulation.start(app.udp_address)
        try:
            await until_ended(_play(clock, round(now.timestamp() * 1e6), options.speed), options.lasts_s)
        finally:
            await simulation.stop()


async def _play(clock: VirtualClock, now_us: int, speed: float) -> None:
    await clock.run(now_us)
    clock.set_speed(speed)
    await clock.run(now_us + _FOREVER_US)


async def until_ended(playing: Coroutine[Any, Any, None], lasts_s: float | None) -> None:
    """Ctrl-C, a SIGTERM or the time given ends it; an error in it comes out."""
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(playing)
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    try:
        with suppress(TimeoutError, asyncio.CancelledError):
            async with asyncio.timeout(lasts_s):
                await task
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
