"""Nodes that asked to join and are not registered: their EUIs for a day, never their frames."""

from typing import Any

from gateway.store.database import Connection

_KEPT_MS = 24 * 3_600_000
_MOST = 500  # a flood of invented EUIs pushes out its own, not those that ask again

_NOTE = """
    INSERT INTO stranger (dev_eui, join_eui, gateway_id, first_at, last_at, requests)
    VALUES (?, ?, ?, ?, ?, 1)
    ON CONFLICT (dev_eui) DO UPDATE SET join_eui = excluded.join_eui, gateway_id = excluded.gateway_id,
        last_at = excluded.last_at, requests = stranger.requests + 1
"""
_FORGET = "DELETE FROM stranger WHERE last_at < ?"
_COUNT = "SELECT count(*) FROM stranger"
_PUSH_OUT = """
    DELETE FROM stranger WHERE dev_eui IN (
        SELECT dev_eui FROM stranger ORDER BY requests, last_at, dev_eui LIMIT ?)
"""
_TOLD = "SELECT * FROM stranger WHERE last_at >= ? ORDER BY last_at DESC, dev_eui"


def note(db: Connection, dev_eui: str, join_eui: str, gateway_id: str, now: int) -> None:
    """Its MIC cannot be checked: what is told of it is what somebody claims."""
    db.execute(_FORGET, (now - _KEPT_MS,))
    (count,) = db.execute(_COUNT).fetchone()
    if count >= _MOST:
        db.execute(_PUSH_OUT, (count - _MOST + 1,))
    db.execute(_NOTE, (dev_eui, join_eui, gateway_id, now, now))


def told(db: Connection, now: int) -> list[dict[str, Any]]:
    """The newest first."""
    return [dict(row) for row in db.execute(_TOLD, (now - _KEPT_MS,))]
