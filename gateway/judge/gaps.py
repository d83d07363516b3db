"""Which readings of a node's journal never came: gaps in its running numbers."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from codec.desk.words import FPORTS
from gateway.store.database import Connection

_NUMBERS = 0x10000
# A report holds all that its look has measured: a quantity that is not in it is not missing there.
_CAME = """
    SELECT n.time, n.number FROM numbered n
    JOIN reading r ON r.dev_eui = n.dev_eui AND r.time = n.time JOIN uplink u ON u.id = r.uplink_id
    WHERE n.dev_eui = ? AND n.time BETWEEN ? AND ? AND (r.quantity = ? OR u.fport = ?)
    GROUP BY n.time, n.number ORDER BY n.time, n.number
"""


class Gap(NamedTuple):
    """`missing` readings from number `first` on, measured between the two instants."""

    first: int
    missing: int
    after_ms: int
    before_ms: int


def gaps(db: Connection, dev_eui: str, quantity: str, since_ms: int, until_ms: int) -> list[Gap]:
    """Where that quantity may be missing between two reports that came, which the instants are."""
    found = db.execute(_CAME, (dev_eui, since_ms, until_ms, quantity, FPORTS["report"]))
    return list(find((row["time"], row["number"]) for row in found))


def find(numbered: Iterable[tuple[int, int]]) -> Iterator[Gap]:
    """In instants and numbers by time. Numbers that go back belong to a journal begun anew: no gap."""
    former: tuple[int, int] | None = None
    for time, number in numbered:
        if former is not None:
            step = (number - former[1]) % _NUMBERS
            if 1 < step < _NUMBERS // 2:
                yield Gap((former[1] + 1) % _NUMBERS, step - 1, former[0], time)
        former = (time, number)
