"""Silence in the store: how often each node speaks, who has been silent too long, which gateway is deaf.

One dead gateway must not look like all its nodes being dead: a node is silent only if a gateway that used to
hear it has heard somebody since.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from gateway.alarms import records, silence
from gateway.alarms.records import Cause
from gateway.alarms.silence import Heard, Rhythm
from gateway.model import Uplink
from gateway.store.database import Connection, among
from gateway.words.times import DAY_MS, HOUR_MS, MINUTE_MS

_WEEK = """
    SELECT session_id, fcnt, received_at FROM uplink WHERE dev_eui = ? AND received_at > ?
    ORDER BY received_at
"""
_KNOWN = """
    SELECT dev_eui, heard_at, interval_ms, loss, patience, is_urgent, learnt_at FROM rhythm
    WHERE dev_eui IN ({keys})
"""
_KEEP = """
    INSERT INTO rhythm (dev_eui, heard_at, interval_ms, loss, patience, is_urgent, learnt_at, silent_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (dev_eui) DO UPDATE SET heard_at = excluded.heard_at, interval_ms = excluded.interval_ms,
        loss = excluded.loss, patience = excluded.patience, is_urgent = excluded.is_urgent,
        learnt_at = excluded.learnt_at, silent_at = excluded.silent_at
    WHERE excluded.heard_at >= rhythm.heard_at
"""
_OVERDUE = """
    SELECT r.* FROM rhythm r JOIN device d ON d.dev_eui = r.dev_eui
    WHERE r.silent_at <= ? AND d.archived_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM alarm a WHERE a.subject = 'silence:' || r.dev_eui AND a.cleared_at IS NULL)
"""
_SITE = "SELECT site_id FROM installation WHERE dev_eui = ? AND to_ms IS NULL"
_GATEWAYS_OF = """
    SELECT DISTINCT r.gateway_id FROM uplink u JOIN reception r ON r.uplink_id = u.id
    WHERE u.dev_eui = ? AND u.received_at > ?
"""
_HEARD_ANOTHER = """
    SELECT 1 FROM reception r JOIN uplink u ON u.id = r.uplink_id
    WHERE r.gateway_id = ? AND r.received_at > ? AND u.dev_eui <> ? LIMIT 1
"""
# An index is walked from one gateway to the next, however many receptions each has.
_GATEWAYS = """
    WITH RECURSIVE gateway (id) AS (
        SELECT min(gateway_id) FROM reception
        UNION ALL
        SELECT (SELECT min(gateway_id) FROM reception WHERE gateway_id > gateway.id) FROM gateway
        WHERE gateway.id IS NOT NULL
    )
    SELECT id, (SELECT max(received_at) FROM reception WHERE gateway_id = gateway.id) AS heard_at
    FROM gateway WHERE id IS NOT NULL
"""
_TRAFFIC = (
    "SELECT count(*) AS n, min(received_at) AS since FROM reception WHERE gateway_id = ? AND received_at > ?"
)
_BACK = "SELECT max(cleared_at) AS at FROM alarm WHERE kind = 'gateway_silence' AND gateway_id = ?"
_STALE = "SELECT dev_eui, heard_at, interval_ms, loss, patience FROM rhythm"
_LEARNT_MS = HOUR_MS
_LEAST_MS = 5 * MINUTE_MS
_FEW = 10  # receptions that do not make a gateway's usual traffic yet


class _Known(NamedTuple):
    """A row of `rhythm`, but for what follows from it."""

    dev_eui: str
    heard_at: int
    interval_ms: int
    loss: float
    patience: int
    is_urgent: int
    learnt_at: int

    @property
    def silent_at(self) -> int:
        rhythm = Rhythm(self.interval_ms, self.loss, self.patience)
        return self.heard_at + (rhythm.stale_ms if self.is_urgent else rhythm.silent_ms)


def heard(db: Connection, spoken: Sequence[tuple[Uplink, bool | None]], now: int) -> None:
    """Nodes have spoken: they are not silent, and how often each speaks is known a little better.

    With each uplink stands whether its node should be heard again soon; None if it does not say.
    """
    dev_euis = {uplink.dev_eui for uplink, _ in spoken}
    known = {row["dev_eui"]: _Known(*row) for row in among(db, _KNOWN, dev_euis)}
    for uplink, is_urgent in spoken:
        known[uplink.dev_eui] = _know(db, known.get(uplink.dev_eui), uplink, is_urgent, now)
    db.executemany(_KEEP, [(*each, each.silent_at) for each in known.values()])
    for dev_eui in records.open_at(db, dev_euis):
        records.close(db, _of_node(dev_eui), now)


def miss_no_more(db: Connection, dev_eui: str, now: int) -> None:
    """Of a node that is served no more: it will never be heard, which else ends its alarm."""
    records.close(db, _of_node(dev_eui), now)


def _know(db: Connection, former: _Known | None, uplink: Uplink, is_urgent: bool | None, now: int) -> _Known:
    if former is None or now - former.learnt_at >= _LEARNT_MS:
        rhythm, learnt_at = _learn(db, uplink.dev_eui, now), now
    else:
        rhythm, learnt_at = Rhythm(former.interval_ms, former.loss, former.patience), former.learnt_at
    if is_urgent is None:
        is_urgent = bool(former and former.is_urgent)
    at = min(uplink.received_at, now)  # of a clock that is ahead
    if former and at < former.heard_at:
        return former
    return _Known(
        uplink.dev_eui, at, rhythm.interval_ms, rhythm.loss, rhythm.patience, int(is_urgent), learnt_at
    )


def stale_at(db: Connection) -> dict[str, int]:
    """From when on the values of each node are no longer those of now, unless it is heard again."""
    return {row["dev_eui"]: row["heard_at"] + _rhythm(row).stale_ms for row in db.execute(_STALE)}


def gateways_heard(db: Connection) -> dict[str, int]:
    """When each gateway last heard anything."""
    return {row["id"]: row["heard_at"] for row in db.execute(_GATEWAYS).fetchall()}


def look(db: Connection, listening_since: int, now: int) -> None:
    """Raise what has been silent for too long. Before `listening_since` nobody could be heard."""
    gateways = gateways_heard(db)
    for gateway_id, heard_at in gateways.items():
        _look_at_gateway(db, gateway_id, heard_at, len(gateways), listening_since, now)
    for row in db.execute(_OVERDUE, (now,)).fetchall():
        if _is_silent(db, row, gateways, listening_since, now):
            site = db.execute(_SITE, (row["dev_eui"],)).fetchone()
            site_id = site and site["site_id"]
            subject = _of_node(row["dev_eui"])
            cause = Cause("silence", subject, row["heard_at"], site_id=site_id, dev_eui=row["dev_eui"])
            records.open_alarm(db, cause, now)


def _look_at_gateway(
    db: Connection, gateway_id: str, heard_at: int, gateways: int, listening_since: int, now: int
) -> None:
    subject = f"gateway_silence:{gateway_id}"
    since = max(heard_at, listening_since)
    if now - since < _LEAST_MS:
        records.close(db, subject, now)
        return
    traffic = db.execute(_TRAFFIC, (gateway_id, heard_at - silence.WINDOW_MS)).fetchone()
    if traffic["n"] < _FEW:
        return
    over_ms = max(1, heard_at - traffic["since"])
    if now - since >= silence.gateway_silent_ms(traffic["n"], over_ms, gateways):
        cause = Cause("gateway_silence", subject, heard_at, gateway_id=gateway_id)
        records.open_alarm(db, cause, now)


def _is_silent(db: Connection, row: Any, gateways: dict[str, int], listening_since: int, now: int) -> bool:
    """And not merely out of the hearing of gateways that are themselves silent, or were until lately."""
    dev_eui, heard_at = row["dev_eui"], row["heard_at"]
    usual = [each["gateway_id"] for each in db.execute(_GATEWAYS_OF, (dev_eui, heard_at - DAY_MS)).fetchall()]
    back = min((db.execute(_BACK, (each,)).fetchone()["at"] or 0 for each in usual), default=0)
    since = max(heard_at, listening_since, back)
    if since + row["silent_at"] - heard_at > now:
        return False
    lately = max(heard_at + 1, now - max(row["interval_ms"], _LEAST_MS))
    if not usual or any(gateways.get(each, 0) >= lately for each in usual):
        return True
    earlier = [(each, heard_at - DAY_MS, dev_eui) for each in usual]
    return not any(db.execute(_HEARD_ANOTHER, asked).fetchone() for asked in earlier)


def _learn(db: Connection, dev_eui: str, now: int) -> Rhythm:
    week = db.execute(_WEEK, (dev_eui, now - silence.WINDOW_MS)).fetchall()
    devices = db.execute("SELECT count(*) AS n FROM rhythm").fetchone()["n"]
    return silence.rhythm([Heard(*row) for row in week], max(1, devices))


def _rhythm(row: Any) -> Rhythm:
    return Rhythm(row["interval_ms"], row["loss"], row["patience"])


def _of_node(dev_eui: str) -> str:
    return f"silence:{dev_eui}"
