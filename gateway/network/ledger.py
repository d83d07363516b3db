"""What the network keeps in its sessions' rows, as SQL over the store's connection."""

from collections.abc import Iterable

from gateway.model import Reception, Session
from gateway.store.database import Connection

_LEASE = 16  # downlink counters for one write: a crash wastes some, it never gives one twice
_KEEP = """
    UPDATE session SET fcnt_up = ?, link = ?, heard = ?, rx_delay_s = ?, rx1_dr_offset = ?, rx2_data_rate = ?
    WHERE id = ?
"""

_LISTENING = """
    SELECT s.id FROM session s JOIN device d ON d.dev_eui = s.dev_eui
    WHERE d.is_class_c = 1 AND s.state = 'active' AND s.source IS NULL
      AND EXISTS (SELECT 1 FROM downlink q WHERE q.dev_eui = d.dev_eui AND q.state = 'queued')
"""
_LAST = """
    SELECT r.gateway_id, r.received_at, u.phy, r.frequency_hz, r.data_rate, r.rssi_dbm, r.snr_db, r.tmst
    FROM uplink u JOIN reception r ON r.uplink_id = u.id WHERE u.session_id = ? AND u.fcnt = ?
"""


def keep(db: Connection, session: Session) -> None:
    """Counter, settings and history."""
    db.execute(_KEEP, _kept(session))


def keep_all(db: Connection, sessions: Iterable[Session]) -> None:
    """Counters, settings and histories."""
    db.executemany(_KEEP, [_kept(session) for session in sessions])


def listening(db: Connection) -> list[int]:
    """The sessions of class C nodes for which something is queued."""
    return [row["id"] for row in db.execute(_LISTENING).fetchall()]


def last_hearings(db: Connection, session: Session) -> list[Reception]:
    """By whom the newest uplink was heard."""
    rows = db.execute(_LAST, (session.id, session.fcnt_up))
    return [Reception(**{**dict(row), "phy": bytes(row["phy"])}) for row in rows.fetchall()]


def _kept(session: Session) -> tuple[object, ...]:
    settings = (session.rx_delay_s, session.rx1_dr_offset, session.rx2_data_rate)
    return (session.fcnt_up, session.link, session.heard, *settings, session.id)


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
