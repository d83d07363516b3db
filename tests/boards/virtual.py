"""A virtual board for tests that block: its scenario, its gateway and their clock run in a thread beside."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from simulator.plugged import Bench, plugged
from simulator.rows import CreekRow, GatewayRow, NodeRow, Scenario
from simulator.virtual_board import VirtualBoard

T = TypeVar("T")
_START_S = 60


@dataclass
class Plugged:
    """`port` and `page` are for programs; what is done to the board itself is done by `on`, in its thread."""

    port: str
    page: str
    board: VirtualBoard
    _loop: asyncio.AbstractEventLoop

    def on(self, act: Callable[[], T]) -> T:
        async def call() -> T:
            return act()

        return asyncio.run_coroutine_threadsafe(call(), self._loop).result(_START_S)


def scenario(start: datetime | None = None) -> Scenario:
    """A quiet creek and one node, 300 m from a gateway that misses nothing by chance."""
    return Scenario(
        seed=4,
        start=start or datetime.now(UTC),
        loss=0.0,
        creek=CreekRow(peak_mm=0),
        gateway=[GatewayRow(name="Kirche", eui="aa555a0000000a01", lat=50.550, lon=9.670)],
        node=[NodeRow(name="Mühle", dev_eui="0200006d66000a01", lat=50.552, lon=9.672)],
    )


@contextmanager
def plugged_in(db: Path, board: str = "heltec_v3 with ESP32S3", speed: float = 10) -> Iterator[Plugged]:
    """`speed`: so much faster than real time the board sleeps."""
    started: list[Plugged | BaseException] = []
    ready = threading.Event()
    ended = asyncio.Event()
    loop = asyncio.new_event_loop()

    async def play() -> None:
        async with plugged(Bench(scenario(), f"virtual {board}", speed, 0), db) as running:
            where = running.where
            started.append(Plugged(where["port"], where["page"], running.board, loop))
            ready.set()
            playing = asyncio.ensure_future(running.run())
            await asyncio.wait(
                [playing, asyncio.ensure_future(ended.wait())], return_when=asyncio.FIRST_COMPLETED
            )
            if playing.done():
                playing.result()
            playing.cancel()

    def run() -> None:
        try:
            loop.run_until_complete(play())
        except BaseException as error:
            started.append(error)
            ready.set()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert ready.wait(_START_S)
        first = started[0]
        if isinstance(first, BaseException):
            raise first
        yield first
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(_START_S)
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
    failures = [one for one in started[1:] if isinstance(one, BaseException)]
    assert not failures, failures
