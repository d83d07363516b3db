"""What is deleted with time, a little at a go. Uplinks, readings, hours and days stay for ever."""

from gateway.store.database import Connection

_DAY_MS = 86_400_000
_AT_ONCE = 5000
# Table, its instant, days. Numbers rise with time, so the oldest rows have the lowest.
DAYS = (("reception", "received_at", 400), ("audit", "at", 1100))
_OLDEST = """
    DELETE FROM {table} WHERE id IN (
        SELECT id FROM (SELECT id, {instant} AS at FROM {table} ORDER BY id LIMIT ?) oldest
        WHERE oldest.at < ?
    )
"""


def trim(db: Connection, now_ms: int) -> int:
    """One go; how many rows went. 0 when nothing is too old any more."""
    return sum(
        db.execute(_OLDEST.format(table=table, instant=instant), (_AT_ONCE, now_ms - days * _DAY_MS)).rowcount
        for table, instant, days in DAYS
    )
