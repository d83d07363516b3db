"""Wakes those who follow the event table when it has grown."""

import asyncio


class Notifier:
    def __init__(self) -> None:
        self._last_id = 0
        self._news = asyncio.Event()

    def announce(self, last_id: int) -> None:
        """Say that event rows up to `last_id` are committed."""
        self._last_id = last_id
        news, self._news = self._news, asyncio.Event()
        news.set()

    async def wait(self, after_id: int) -> None:
        """Return once an event row with an id above `after_id` is committed."""
        while self._last_id <= after_id:
            await self._news.wait()
