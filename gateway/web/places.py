"""What the pages ask of the store: places with what they say now, and the series of one quantity."""

from collections.abc import Iterator
from dataclasses import dataclass

from gateway.access.roles import Principal
from gateway.store import queries
from gateway.store.database import Connection
from gateway.store.queries import Row, Span
from gateway.web.present import Point, Present, present
from gateway.web.quantities import headline
from gateway.words.times import HOUR_MS

RECENT_MS = 6 * HOUR_MS

_WHERE = """
    SELECT i.dev_eui, coalesce(i.lat, s.lat) AS lat, coalesce(i.lon, s.lon) AS lon
    FROM installation i JOIN site s ON s.id = i.site_id WHERE i.to_ms IS NULL
"""
_SERIES = """
    SELECT time, value, fault, flag FROM reading
    WHERE dev_eui = ? AND quantity = ? AND time >= ? AND time < ? ORDER BY time
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is measured; `device` is the node that measures there, as the interface tells it."""

    id: str
    name: str
    lat: float | None
    lon: float | None
    device: Row

    @property
    def told(self) -> list[str]:
        return [last["quantity"] for last in self.device["last"]]


@dataclass(frozen=True, slots=True)
class Seen:
    """A place with what it says now, and the last hours of it."""

    place: Place
    present: Present
    recent: list[Point]


def places(db: Connection, asker: Principal | None) -> list[Place]:
    """Those that `asker` may see, by name: a place is private until it is published."""
    if asker is None:
        return []
    where = {row["dev_eui"]: (row["lat"], row["lon"]) for row in db.execute(_WHERE)}
    found = [_place(device, where) for device in queries.devices(db)]
    return sorted(found, key=lambda place: place.name.casefold())


def place(db: Connection, asker: Principal | None, id_: str) -> Place | None:
    if asker is None:
        return None
    device = queries.device(db, id_)
    if device is None:
        return None
    row = db.execute(f"{_WHERE} AND i.dev_eui = ?", (id_,)).fetchone()
    return _place(device, {id_: (row["lat"], row["lon"])} if row else {})


def see(db: Connection, place: Place, now: int, quantity: str | None = None) -> Seen:
    wanted = quantity or headline(place.told)
    last = next((each for each in place.device["last"] if each["quantity"] == wanted), None)
    recent = list(series(db, place, wanted, (last["time"] - RECENT_MS, None))) if wanted and last else []
    return Seen(place, present(place.device, recent, now, wanted), recent)


def series(db: Connection, place: Place, quantity: str, span: Span) -> Iterator[Point]:
    """By time."""
    start, end = span
    wanted = (
        place.device["dev_eui"],
        quantity,
        -(1 << 62) if start is None else start,
        1 << 62 if end is None else end,
    )
    return (Point(*row) for row in db.execute(_SERIES, wanted))


def _place(device: Row, where: dict[str, tuple[float | None, float | None]]) -> Place:
    lat, lon = where.get(device["dev_eui"], (None, None))
    return Place(device["dev_eui"], device["name"] or device["dev_eui"], lat, lon, device)
