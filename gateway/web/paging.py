"""Pages of an ordered list: a cursor is the sort key of the last row told, opaque to the client."""

import base64
import json
from collections.abc import Iterable
from itertools import islice
from typing import Any

from gateway.store.queries import Row
from gateway.web.problems import refuse_parameter


class Order:
    """The columns a list is ordered by, with their types: `Order(time=int, uplink_id=str)`."""

    def __init__(self, **columns: type) -> None:
        self._columns = columns

    def after(self, cursor: str | None) -> Any:
        """The sort key to go on after, None at the start."""
        if cursor is None:
            return None
        try:
            padded = cursor + "=" * (-len(cursor) % 4)
            key = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        except (ValueError, RecursionError):
            key = None
        if not self._is_key(key):
            raise refuse_parameter("cursor", "expected the `next` of an earlier page, or none to start anew")
        return tuple(key)

    def page(self, rows: Iterable[Row], limit: int) -> tuple[list[Row], str | None]:
        """The first `limit` rows, and the cursor of what follows them."""
        found = list(islice(rows, limit + 1))
        told = found[:limit]
        if len(found) == len(told):
            return told, None
        key = json.dumps([told[-1][column] for column in self._columns], separators=(",", ":"))
        return told, base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")

    def _is_key(self, key: Any) -> bool:
        if not isinstance(key, list) or [type(part) for part in key] != list(self._columns.values()):
            return False
        return all(abs(part) < 1 << 63 if isinstance(part, int) else part.isascii() for part in key)
