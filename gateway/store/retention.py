"""What is deleted with time, a little at a go: each table by its own limit. Hours and days stay for ever."""

from typing import NamedTuple

from pydantic import Field, field_validator

from gateway.section import Section
from gateway.store.database import Connection

_DAY_MS = 86_400_000
_AT_ONCE = 1000  # frames wait meanwhile
_LEAST_DAYS = 32  # late readings and re-surveys correct hours and days from what lies there


def _days(default: int, what: str) -> int:
    text = f"an integer from 0: after so many days {what} go; 0 keeps them for ever"
    days: int = Field(default=default, ge=0, le=100_000, description=text)
    return days


class RetentionConfig(Section):
    uplink_days: int = _days(0, "frames and their readings (hours and days stay)")
    reception_days: int = _days(400, "the notes which gateway heard a frame, and how well,")
    downlink_days: int = _days(400, "downlinks that are over")
    transmission_days: int = _days(400, "the notes what gateways were told to send")
    delivery_days: int = _days(400, "the notes when sinks took what")
    audit_days: int = _days(1100, "rows of the audit log")

    @field_validator("uplink_days")
    @classmethod
    def _not_too_few(cls, days: int) -> int:
        if 0 < days < _LEAST_DAYS:
            raise ValueError(f"expected 0, or at least {_LEAST_DAYS}: late readings correct hours and days")
        return days


class _Rule(NamedTuple):
    """`instant` is indexed, or rises with the number of the row."""

    table: str
    instant: str
    order: str
    but: str = ""


_RULES = {
    "uplink_days": _Rule(
        "uplink",
        "received_at",
        "received_at",
        "WHERE NOT EXISTS (SELECT 1 FROM outbox WHERE uplink_id = uplink.id)",  # a sink is owed it
    ),
    "reception_days": _Rule("reception", "received_at", "id"),
    "downlink_days": _Rule("downlink", "created_at", "id", "WHERE state NOT IN ('queued', 'pending')"),
    "transmission_days": _Rule("transmission", "at", "id"),
    "delivery_days": _Rule("delivery", "at", "id"),
    "audit_days": _Rule("audit", "at", "id"),
}
# The oldest by their order, and of those only what is too old: a look at few rows, whatever the table holds.
_OLDEST = """
    DELETE FROM {table} WHERE id IN (
        SELECT id FROM (SELECT id, {instant} AS at FROM {table} {but} ORDER BY {order} LIMIT ?) oldest
        WHERE oldest.at < ?
    )
"""


def trim(db: Connection, now_ms: int, config: RetentionConfig) -> int:
    """One go; how many rows went. 0 when nothing is too old any more."""
    return sum(
        db.execute(_OLDEST.format(**_RULES[name]._asdict()), (_AT_ONCE, now_ms - days * _DAY_MS)).rowcount
        for name, days in config.model_dump().items()
        if days
    )
