"""Alarms and marks as the pages show them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from gateway.access.roles import Principal
from gateway.alarms import marks, records, wording
from gateway.store.database import Connection
from gateway.web.curve import Limit
from gateway.web.quantities import scaled


@dataclass(frozen=True, slots=True)
class Raised:
    """An alarm in words. The public is not told who has acknowledged it."""

    id: int
    site_id: str | None
    text: str
    mark: str
    quantity: str | None
    value: float | None
    peak: float | None
    raised_at: int
    cleared_at: int | None
    acknowledged_at: int | None
    acknowledged_by: str | None
    drill: bool


def in_force(
    db: Connection, asker: Principal | None, language: str, site_id: str | None = None
) -> list[Raised]:
    """The newest first; of one place, or all."""
    return list(_shown(records.in_force(db, site_id), asker, language))


def history(db: Connection, asker: Principal | None, language: str) -> Iterator[Raised]:
    """The newest first."""
    return _shown(records.history(db), asker, language)


def limits(db: Connection, site_id: str, quantity: str, at: int) -> list[Limit]:
    """The marks of a curve."""
    found = marks.of_site(db, site_id, at)
    wanted = (mark for mark in found if mark.quantity == quantity and mark.measure == "value")
    return [Limit(mark.name, scaled(quantity, mark.value)) for mark in wanted]


def _shown(rows: Iterable[dict[str, Any]], asker: Principal | None, language: str) -> Iterator[Raised]:
    for row in rows:
        if asker or records.is_public(row):
            yield Raised(
                id=row["id"],
                site_id=row["site_id"],
                text=wording.title(language, row),
                mark=row["mark_name"] or wording.title(language, row),
                quantity=row["quantity"],
                value=row["value"],
                peak=row["peak"],
                raised_at=row["raised_at"],
                cleared_at=row["cleared_at"],
                acknowledged_at=row["acknowledged_at"] if asker else None,
                acknowledged_by=row["acknowledged_by"] if asker else None,
                drill=bool(row["drill"]),
            )
