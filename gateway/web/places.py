"""What the pages ask of the store: places with what they say now, and the series of one quantity."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

from gateway.access.roles import Principal
from gateway.store import queries
from gateway.store.database import Connection
from gateway.store.queries import Row, Span
from gateway.web.present import Point, Present, present
from gateway.web.quantities import headline
from gateway.words.times import HOUR_MS

RECENT_MS = 6 * HOUR_MS
_EVER = 1 << 62
BLURRED, EXACT = 3, 6  # decimals of a degree: about 100 m, 0.1 m

_SITES = """
    SELECT s.id, s.name, s.lat, s.lon, s.published, s.blur_m, i.dev_eui, i.from_ms, i.to_ms
    FROM site s JOIN installation i ON i.site_id = s.id
"""
_IN_ORDER = " ORDER BY s.id, i.from_ms, i.id"
_SERIES = """
    SELECT time, value, fault, flag FROM reading
    WHERE dev_eui = ? AND quantity = ? AND time >= ? AND time < ? ORDER BY time
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is measured, and since when by which nodes: `spells` are dev_eui, start and end.

    `device` is the node that measures there now, or did so last, as the interface tells it.
    """

    id: str
    name: str
    lat: float | None
    lon: float | None
    is_published: bool
    device: Row
    spells: tuple[tuple[str, int, int | None], ...]

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
    devices = {device["dev_eui"]: device for device in queries.devices(db)}
    groups = groupby(db.execute(_SITES + _IN_ORDER), key=itemgetter("id"))
    found = (_place(list(rows), devices, asker) for _, rows in groups)
    return sorted((place for place in found if place), key=lambda place: place.name.casefold())


def place(db: Connection, asker: Principal | None, id_: str) -> Place | None:
    rows = db.execute(_SITES + "WHERE s.id = ?" + _IN_ORDER, (id_,)).fetchall()
    if not rows:
        return None
    device = queries.device(db, rows[-1]["dev_eui"])
    return _place(rows, {rows[-1]["dev_eui"]: device} if device else {}, asker)


def see(db: Connection, place: Place, now: int, quantity: str | None = None) -> Seen:
    wanted = quantity or headline(place.told)
    last = next((each for each in place.device["last"] if each["quantity"] == wanted), None)
    recent = list(series(db, place, wanted, (last["time"] - RECENT_MS, None))) if wanted and last else []
    return Seen(place, present(place.device, recent, now, wanted), recent)


def series(db: Connection, place: Place, quantity: str, span: Span) -> Iterator[Point]:
    """By time, of each node for as long as it has measured there."""
    start, end = span
    for dev_eui, begin, over in place.spells:
        since = max(begin, -_EVER if start is None else start)
        until = min(_EVER if over is None else over, _EVER if end is None else end)
        for row in db.execute(_SERIES, (dev_eui, quantity, since, until)):
            yield Point(*row)


def _place(rows: list[Any], devices: dict[str, Row], asker: Principal | None) -> Place | None:
    """None for who may not see it, and for one whose node is gone. The public may see a blurred position."""
    site = rows[-1]
    device = devices.get(site["dev_eui"])
    if device is None or not (asker or site["published"]):
        return None
    decimals = BLURRED if site["blur_m"] and asker is None else EXACT
    lat, lon = (
        None if degrees is None else round(degrees, decimals) for degrees in (site["lat"], site["lon"])
    )
    spells = tuple((row["dev_eui"], row["from_ms"], row["to_ms"]) for row in rows)
    here = _while_here(device, site["from_ms"], site["to_ms"])
    return Place(site["id"], site["name"] or site["id"], lat, lon, bool(site["published"]), here, spells)


def _while_here(device: Row, begin: int, over: int | None) -> Row:
    """What the node has told of this place: before and after, it tells of another, which may be private."""
    until = _EVER if over is None else over
    last = [each for each in device["last"] if begin <= each["time"] < until]
    heard = device["last_seen"]
    if heard is not None and not begin <= heard < until:
        heard = max((each["time"] for each in last), default=None)
    return device | {"last": last, "last_seen": heard}
