"""How many frames of a node never came, day by day: by the counters of those that did."""

from collections.abc import Iterator
from dataclasses import dataclass

from gateway.store.database import Connection

DAY_MS = 86_400_000
_GAPS = """
    SELECT dev_eui, received_at / 86400000 AS day, count(*) AS received, sum(step - 1) AS lost FROM (
        SELECT dev_eui, received_at,
               fcnt - lag(fcnt, 1, fcnt - 1) OVER (PARTITION BY session_id ORDER BY fcnt) AS step
        FROM uplink WHERE {which} received_at >= ?
    ) counted GROUP BY dev_eui, received_at / 86400000 ORDER BY dev_eui, day
"""
_OF_ONE, _OF_ALL = _GAPS.format(which="dev_eui = ? AND"), _GAPS.format(which="")


@dataclass(frozen=True, slots=True)
class Day:
    """A UTC day; a gap counts for the day of the frame that showed it."""

    start_ms: int
    received: int
    lost: int

    @property
    def share(self) -> float:
        return self.lost / (self.received + self.lost)


def by_day(db: Connection, dev_eui: str, since_ms: int) -> list[Day]:
    """Of one node, the oldest first; days without a frame are not among them. `since_ms` begins a day."""
    return [day for _, day in _days(db, _OF_ONE, dev_eui, since_ms)]


def of_all(db: Connection, since_ms: int) -> dict[str, Day]:
    """Of each node that was heard, all days together; what `start_ms` then says is `since_ms`."""
    found: dict[str, Day] = {}
    for dev_eui, day in _days(db, _OF_ALL, since_ms):
        former = found.get(dev_eui, Day(since_ms, 0, 0))
        found[dev_eui] = Day(since_ms, former.received + day.received, former.lost + day.lost)
    return found


def _days(db: Connection, query: str, *wanted: str | int) -> Iterator[tuple[str, Day]]:
    for row in db.execute(query, wanted).fetchall():
        yield row["dev_eui"], Day(row["day"] * DAY_MS, row["received"], int(row["lost"]))
