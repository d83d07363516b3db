"""What the network keeps in its sessions' rows, as SQL over the store's connection."""

from dataclasses import fields

from gateway.model import Session
from gateway.store.database import Connection

_FIELDS = tuple(field.name for field in fields(Session))
_LEASE = 16  # downlink counters for one write: a crash wastes some, it never gives one twice
_KEEP = """
    UPDATE session SET fcnt_up = ?, link = ?, heard = ?, rx_delay_s = ?, rx1_dr_offset = ?, rx2_data_rate = ?
    WHERE id = ?
"""


def session(db: Connection, session_id: int) -> Session | None:
    """None once it is over."""
    row = db.execute("SELECT * FROM session WHERE id = ? AND state <> 'ended'", (session_id,)).fetchone()
    return row and Session(**{name: row[name] for name in _FIELDS})


def keep(db: Connection, session: Session) -> None:
    """Counter, settings and history."""
    settings = (session.rx_delay_s, session.rx1_dr_offset, session.rx2_data_rate)
    db.execute(_KEEP, (session.fcnt_up, session.link, session.heard, *settings, session.id))


def keep_heard(db: Connection, session: Session) -> None:
    db.execute("UPDATE session SET heard = ? WHERE id = ?", (session.heard, session.id))


class Leases:
    """Downlink counters: a block is on disk as used before the first of it is given out."""

    def __init__(self) -> None:
        self._left: dict[int, range] = {}

    def take(self, db: Connection, session_id: int) -> int:
        """The next counter, which is then never given again; within a transaction."""
        left = self._left.get(session_id) or self._lease(db, session_id)
        self._left[session_id] = left[1:]
        return left[0]

    def forget(self, session_id: int) -> None:
        """After a transaction that failed: the block may not be on disk."""
        self._left.pop(session_id, None)

    def _lease(self, db: Connection, session_id: int) -> range:
        row = db.execute(
            "UPDATE session SET fcnt_down = fcnt_down + ? WHERE id = ? RETURNING fcnt_down",
            (_LEASE, session_id),
        ).fetchone()
        return range(row[0] - _LEASE, row[0])
