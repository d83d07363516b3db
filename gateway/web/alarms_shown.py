"""Alarms and marks as the pages show them."""

from dataclasses import dataclass

from gateway.store.database import Connection
from gateway.web.curve import Limit


@dataclass(frozen=True, slots=True)
class Raised:
    """An alarm in force."""

    site_id: str
    site_name: str
    text: str
    raised_at: int
    drill: bool


def in_force(db: Connection) -> list[Raised]:
    return []


def limits(db: Connection, site_id: str, quantity: str, at: int) -> list[Limit]:
    return []
