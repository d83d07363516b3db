"""Alarms and marks as the pages show them."""

import sqlite3
from dataclasses import dataclass

from gateway.web.curve import Limit


@dataclass(frozen=True, slots=True)
class Raised:
    """An alarm in force."""

    site_id: str
    site_name: str
    text: str
    raised_at: int
    drill: bool


def in_force(db: sqlite3.Connection) -> list[Raised]:
    return []


def limits(db: sqlite3.Connection, site_id: str, quantity: str, at: int) -> list[Limit]:
    return []
