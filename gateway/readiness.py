"""Whether everything comes in, is kept and goes out; looked at all the time, so that the log tells it too."""

import asyncio
import logging
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from gateway.store.database import StoreError
from gateway.web.shapes import instant

_log = logging.getLogger(__name__)
_EVERY_S = 5.0
_LATE_MS = 10 * 60_000  # a sink that is owed for so long is not catching up
_STALE_MS = 26 * 3_600_000  # a nightly backup has been missed
_CONFLICT_MS = 3_600_000
_LEAST_FREE_BYTES = 64 << 20

Health = Callable[[], dict[str, Any]]


class Readiness:
    """Runs between `start` and `stop`, and logs when it begins and ends to be ready."""

    def __init__(self, health: Health):
        self._health = health
        self._told: list[str] = []

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    def causes(self) -> list[str]:
        """Why it is not ready; none when it is."""
        try:
            return list(causes(self._health()))
        except StoreError as error:
            return [f"database: {error}"]

    async def _run(self) -> None:
        """By the machine's own time, whatever clock the frames are dated by."""
        while True:
            await asyncio.sleep(_EVERY_S)
            self.look()

    def look(self) -> None:
        found = self.causes()
        for cause in found:
            if cause.partition(":")[0] not in {each.partition(":")[0] for each in self._told}:
                _log.warning("not ready: %s", cause)
        if self._told and not found:
            _log.info("ready again")
        self._told = found


def free(folder: Path) -> tuple[int, int]:
    """Bytes free, and bytes at all."""
    usage = shutil.disk_usage(folder)
    return usage.free, usage.total


def causes(health: dict[str, Any]) -> Iterator[str]:
    """One sentence each, which begins with the name of what it is about."""
    if health["store_error"]:
        yield f"database: {health['store_error']}"
    elif health["free_bytes"] is not None and health["free_bytes"] < _LEAST_FREE_BYTES:
        yield f"disk: {health['free_bytes'] >> 20} MiB are free where the database lies: make room"
    for name, error in health["sources"].items():
        if error:
            yield f"source {name}: {error}"
    yield from _gateways(health)
    yield from _sinks(health)
    if health["backup_error"]:
        yield f"backup: {health['backup_error']}"
    elif health["backup_age_ms"] is not None and health["backup_age_ms"] > _STALE_MS:
        yield f"backup: the newest is {health['backup_age_ms'] // 3_600_000} hours old"


def _gateways(health: dict[str, Any]) -> Iterator[str]:
    for gateway_id, at in health["conflicts"].items():
        if health["now"] - at < _CONFLICT_MS:
            yield f"gateway {gateway_id}: claimed from a second address, last at {instant(at)}"


def _sinks(health: dict[str, Any]) -> Iterator[str]:
    for lag in health["sinks"]:
        if lag["error"]:
            yield f"sink {lag['name']}: {lag['error']}"
        elif lag["oldest_at"] is not None and health["now"] - lag["oldest_at"] > _LATE_MS:
            yield f"sink {lag['name']}: behind since {instant(lag['oldest_at'])}"
