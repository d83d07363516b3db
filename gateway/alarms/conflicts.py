"""Alarms of gateways for which a second address has spoken while the first went on."""

from collections.abc import Mapping

from gateway.alarms import records
from gateway.alarms.records import Cause
from gateway.store.database import Connection
from gateway.words.times import HOUR_MS

_OPEN = "SELECT subject, gateway_id FROM alarm WHERE kind = 'conflict' AND cleared_at IS NULL"


def look(db: Connection, conflicts: Mapping[str, int], now: int) -> None:
    """`conflicts`: when each gateway was last in one. The alarm is over an hour after the last."""
    fresh = {gateway_id: at for gateway_id, at in conflicts.items() if now - at < HOUR_MS}
    for row in db.execute(_OPEN).fetchall():
        if row["gateway_id"] not in fresh:
            records.close(db, row["subject"], now)
    for gateway_id, at in fresh.items():
        records.open_alarm(db, Cause("conflict", f"conflict:{gateway_id}", at, gateway_id=gateway_id), now)
