"""The sessions of nodes that an LNS serves: rows that grow with each join, new address or new counter."""

from gateway.model import Uplink
from gateway.sources.lns import Hearing
from gateway.sources.succession import Kept, LnsSession
from gateway.store.database import Connection

_IN_FORCE = """
    SELECT s.id, s.dev_addr, s.created_at AS began_at, s.fcnt_up,
           coalesce(u.received_at, s.created_at) AS last_at
    FROM session s LEFT JOIN uplink u ON u.session_id = s.id AND u.fcnt = s.fcnt_up
    WHERE s.dev_eui = ? AND s.source IS NOT NULL AND s.created_at <= ?
    ORDER BY s.id DESC LIMIT 1
"""


def session_in_force(db: Connection, dev_eui: str, at: int) -> LnsSession | None:
    """The newest that had begun by then."""
    row = db.execute(_IN_FORCE, (dev_eui, at)).fetchone()
    return row and LnsSession(**dict(row))


def kept(db: Connection, session_id: int, fcnt: int) -> Kept | None:
    row = db.execute(
        "SELECT payload, received_at FROM uplink WHERE session_id = ? AND fcnt = ?", (session_id, fcnt)
    ).fetchone()
    return row and Kept(**dict(row))


def begin_session(
    db: Connection, dev_eui: str, dev_addr: str | None, at: int, source: str, route: str
) -> int:
    """Its number; the former ones at an LNS are over."""
    db.execute("UPDATE session SET state = 'ended' WHERE dev_eui = ? AND source IS NOT NULL", (dev_eui,))
    added = db.execute(
        "INSERT INTO session (dev_eui, dev_addr, state, created_at, source, route)"
        " VALUES (?, ?, 'active', ?, ?, ?) RETURNING id",
        (dev_eui, dev_addr, at, source, route),
    )
    return int(added.fetchone()["id"])


def advance(db: Connection, session_id: int, fcnt: int, source: str, route: str) -> None:
    """The highest counter so far, and the way that the newest uplink came."""
    db.execute(
        "UPDATE session SET fcnt_up = CASE WHEN fcnt_up < ? THEN ? ELSE fcnt_up END, source = ?, route = ?"
        " WHERE id = ?",
        (fcnt, fcnt, source, route, session_id),
    )


def add_hearing(
    db: Connection, uplink: Uplink, heard: Hearing, frequency_hz: int | None, data_rate: str | None
) -> None:
    db.execute(
        "INSERT INTO reception"
        " (uplink_id, gateway_id, received_at, rssi_dbm, snr_db, frequency_hz, data_rate)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            uplink.id,
            heard.gateway_id,
            uplink.received_at,
            heard.rssi_dbm,
            heard.snr_db,
            frequency_hz,
            data_rate,
        ),
    )


def way_down(db: Connection, dev_eui: str) -> tuple[str, str] | None:
    """Source and route of the node's session in use, when an LNS serves it."""
    row = db.execute(
        "SELECT source, route FROM session WHERE dev_eui = ? AND source IS NOT NULL AND state = 'active' "
        "ORDER BY id DESC LIMIT 1",
        (dev_eui,),
    ).fetchone()
    return row and (row["source"], row["route"])
