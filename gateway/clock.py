"""Real time as a gateway.model.Clock: the system's clock and the running event loop."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

_log = logging.getLogger(__name__)


class WallClock:
    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()  # the loop itself holds tasks only weakly

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def call_at(self, when_ms: int, action: Callable[[], Awaitable[None]]) -> None:
        task = asyncio.get_running_loop().create_task(self._run_at(when_ms, action))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run_at(self, when_ms: int, action: Callable[[], Awaitable[None]]) -> None:
        await asyncio.sleep(max(0, when_ms - self.now_ms()) / 1000)
        try:
            await action()
        except Exception:
            _log.exception("a timed action failed")
