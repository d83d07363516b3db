"""The share of frames that never came, over all nodes: reckoned beside the loop, and not at every scrape."""

import asyncio

from gateway.store.database import Where, opened
from gateway.why import loss

_KEPT_MS = 600_000


class LossTold:
    def __init__(self, store: Where):
        self._store = store
        self._until_ms = 0
        self._ratio: float | None = None

    async def told(self, now_ms: int) -> float | None:
        """Since yesterday's beginning (UTC); None while nothing was heard."""
        if now_ms >= self._until_ms:
            since_ms = now_ms - now_ms % loss.DAY_MS - loss.DAY_MS
            self._ratio = await asyncio.to_thread(self._reckon, since_ms)
            self._until_ms = now_ms + _KEPT_MS
        return self._ratio

    def _reckon(self, since_ms: int) -> float | None:
        with opened(self._store) as db:
            days = loss.of_all(db, since_ms).values()
        sent = sum(day.received + day.lost for day in days)
        return sum(day.lost for day in days) / sent if sent else None
