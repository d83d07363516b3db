"""What the pages ask of the store: places with what they say now, and the series of one quantity."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

from gateway.access.roles import Principal
from gateway.model import GaugeZero
from gateway.store import gauge_zeros, queries, rollups
from gateway.store.database import Connection
from gateway.store.folding import fold
from gateway.store.queries import Row, Span, marks_for
from gateway.web.listing import Listed
from gateway.web.present import AHEAD_MS, Point, Present, present
from gateway.web.quantities import headline
from gateway.words.times import DAY_MS, HOUR_MS

RECENT_MS = 6 * HOUR_MS
BLURRED, EXACT = 3, 6  # decimals of a degree: about 100 m, 0.1 m
_EVER = 1 << 62
_BATCH = 500
_NEAREST = 200
# From which length of a span on a curve is made of hours, and of days: about a thousand points each.
_RESOLUTIONS = ((100 * DAY_MS, "daily"), (8 * DAY_MS, "hourly"))

_SEEN = """
    published >= ? AND EXISTS (
        SELECT 1 FROM installation i JOIN device d ON d.dev_eui = i.dev_eui
        WHERE i.site_id = t.id AND d.archived_at IS NULL)
"""
_SITES = """
    SELECT s.id, s.name, s.lat, s.lon, s.published, s.blur_m, i.dev_eui, i.from_ms, i.to_ms
    FROM site s JOIN installation i ON i.site_id = s.id WHERE s.id IN ({ids}) ORDER BY s.id, i.from_ms, i.id
"""
_SERIES = """
    SELECT time, value, fault, flag FROM reading
    WHERE dev_eui = ? AND quantity = ? AND time >= ? AND time < ? ORDER BY time
"""
_RECENT = f"""
    SELECT r.dev_eui, r.time, r.value, r.fault, r.flag FROM newest n JOIN reading r
        ON r.dev_eui = n.dev_eui AND r.quantity = n.quantity AND r.time >= n.time - {RECENT_MS}
    WHERE n.quantity = ? AND n.dev_eui IN ({{ids}}) ORDER BY r.dev_eui, r.time
"""  # noqa: S608
# Receptions are numbered as they come, whatever the clocks say.
_LAST_BY_NOW = """
    SELECT r.quantity, r.value, r.fault, r.flag, r.time FROM reading r
    WHERE r.dev_eui = ? AND r.quantity = ? AND r.time >= ? AND r.time <= ?
        AND (SELECT max(id) FROM reception WHERE uplink_id = r.uplink_id) > (
            SELECT max(h.id) FROM newest n JOIN reception h ON h.uplink_id = n.uplink_id
            WHERE n.dev_eui = r.dev_eui AND n.quantity = r.quantity)
    ORDER BY r.time DESC LIMIT 1
"""
_NEAR = """
    SELECT DISTINCT s.id, s.name FROM (
        SELECT id, name FROM site WHERE (published = 1 OR ? = 1) AND id <> ?
        ORDER BY CASE WHEN lat IS NULL OR lon IS NULL THEN 1 ELSE 0 END,
            (lat - ?) * (lat - ?) + (lon - ?) * (lon - ?), id LIMIT ?
    ) s JOIN installation i ON i.site_id = s.id
    JOIN newest n ON n.dev_eui = i.dev_eui AND n.quantity = ? AND i.from_ms <= n.time
        AND (i.to_ms IS NULL OR n.time < i.to_ms)
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
    is_blurred: bool
    device: Row
    spells: tuple[tuple[str, int, int | None], ...]

    @property
    def told(self) -> list[str]:
        return [last["quantity"] for last in self.device["last"]]

    @property
    def headline(self) -> str | None:
        return headline(self.told)

    def last(self, quantity: str | None) -> Row | None:
        return next((each for each in self.device["last"] if each["quantity"] == quantity), None)


@dataclass(frozen=True, slots=True)
class Seen:
    """A place with what it says now, and the last hours of it."""

    place: Place
    present: Present
    recent: list[Point]


def listed(asker: Principal | None) -> Listed:
    """Those that `asker` may see and a node measures at: a place is private until it is published."""
    return Listed("site", "id", _SEEN, (int(asker is None),))


def near(db: Connection, asker: Principal | None, place: Place, quantity: str) -> list[tuple[str, str]]:
    """Id and name of others that measure it, by name; of very many those that are nearest."""
    lat, lon = place.lat or 0.0, place.lon or 0.0
    asked = (int(asker is not None), place.id, lat, lat, lon, lon, _NEAREST, quantity)
    found = [(row["id"], row["name"] or row["id"]) for row in db.execute(_NEAR, asked)]
    return sorted(found, key=lambda each: fold(each[1]))


def places(db: Connection, asker: Principal | None, ids: Sequence[str]) -> Iterator[Place]:
    """Those of them that are there and that `asker` may see, in this order."""
    for start in range(0, len(ids), _BATCH):
        part = ids[start : start + _BATCH]
        rows = db.execute(_SITES.format(ids=marks_for(part)), part).fetchall()
        groups = {id_: list(each) for id_, each in groupby(rows, key=itemgetter("id"))}
        newest = sorted({each[-1]["dev_eui"] for each in groups.values()})
        devices = {device["dev_eui"]: device for device in queries.devices_of(db, newest)}
        found = (_place(groups[id_], devices, asker) for id_ in part if id_ in groups)
        yield from (place for place in found if place)


def place(db: Connection, asker: Principal | None, id_: str) -> Place | None:
    return next(places(db, asker, [id_]), None)


def zeros(db: Connection, wanted: Sequence[Place]) -> dict[str, list[GaugeZero]]:
    """Of each, the oldest first. Of a blurred place none: a height along a river is a position."""
    return gauge_zeros.of_sites(db, [each.id for each in wanted if not each.is_blurred])


def see_all(db: Connection, wanted: Sequence[Place], now: int) -> Iterator[Seen]:
    """In this order; one look for each quantity and some hundred places."""
    for start in range(0, len(wanted), _BATCH):
        part = wanted[start : start + _BATCH]
        recent = _recent(db, [each for each in part if _is_usual(each, now)])
        for each in part:
            points = recent.get(each.device["dev_eui"], [])
            yield (
                Seen(each, present(each.device, points, now), points)
                if _is_usual(each, now)
                else see(db, each, now)
            )


def see(db: Connection, place: Place, now: int, quantity: str | None = None) -> Seen:
    wanted = quantity or place.headline
    last = place.last(wanted)
    device = place.device
    if wanted and last and last["time"] > now + AHEAD_MS:
        last = _last_by_now(db, place, wanted, now) or last
        device = device | {"last": [last if each["quantity"] == wanted else each for each in device["last"]]}
    recent = list(series(db, place, wanted, (last["time"] - RECENT_MS, None))) if wanted and last else []
    return Seen(place, present(device, recent, now, wanted), recent)


def series(db: Connection, place: Place, quantity: str, span: Span) -> Iterator[Point]:
    """By time, of each node for as long as it has measured there."""
    for dev_eui, since, until in _while_there(place, span):
        for row in db.execute(_SERIES, (dev_eui, quantity, since, until)):
            yield Point(*row)


def curve(db: Connection, place: Place, quantity: str, span: tuple[int, int]) -> list[Point]:
    """Each reading of some days; of more the hours or the days (UTC) with their least and greatest."""
    start, end = span
    table = next((name for least, name in _RESOLUTIONS if end - start > least), None)
    if table is None:
        return list(series(db, place, quantity, span))
    return [
        Point((max(each.start_ms, start) + min(each.start_ms + rollups.SPANS[table], end)) // 2,
              each.mean, None, 1, each.least, each.most)
        for each in spans(db, place, table, quantity, span)
    ]  # fmt: skip


def spans(
    db: Connection, place: Place, table: str, quantity: str, span: tuple[int, int]
) -> Iterator[rollups.Span]:
    """Hours or days that touch the span. One in which a node came or went tells of elsewhere, too: none."""
    length = rollups.SPANS[table]
    wanted = (span[0] - span[0] % length, span[1])
    for dev_eui, since, until in _while_there(place, wanted):
        for each in rollups.read(db, table, dev_eui, quantity, since, until):
            if until == wanted[1] or each.start_ms + length <= until:
                yield each


def _while_there(place: Place, span: Span) -> Iterator[tuple[str, int, int]]:
    """Each node, and the part of the span in which it has measured there."""
    start, end = span
    for dev_eui, begin, over in place.spells:
        since = max(begin, -_EVER if start is None else start)
        until = min(_EVER if over is None else over, _EVER if end is None else end)
        if since < until:
            yield dev_eui, since, until


def _is_usual(place: Place, now: int) -> bool:
    """Whether one node alone speaks for its last hours, by a clock that can be."""
    last = place.last(place.headline)
    _, begin, over = place.spells[-1]
    return last is not None and over is None and begin <= last["time"] - RECENT_MS and (
        last["time"] <= now + AHEAD_MS
    )  # fmt: skip


def _recent(db: Connection, wanted: Sequence[Place]) -> dict[str, list[Point]]:
    """The last hours of the headline of each, by DevEUI."""
    found: dict[str, list[Point]] = {}
    by_quantity: dict[str, list[str]] = {}
    for each in wanted:
        by_quantity.setdefault(each.headline or "", []).append(each.device["dev_eui"])
    for quantity, part in by_quantity.items():
        for row in db.execute(_RECENT.format(ids=marks_for(part)), (quantity, *part)):
            dev_eui, *point = row
            found.setdefault(dev_eui, []).append(Point(*point))
    return found


def _last_by_now(db: Connection, place: Place, quantity: str, now: int) -> Row | None:
    """What came after a reading of the future: a clock that was ahead once does not hide it for ever."""
    dev_eui, begin, _ = place.spells[-1]
    row = db.execute(_LAST_BY_NOW, (dev_eui, quantity, max(begin, now - RECENT_MS), now)).fetchone()
    return row and dict(row)


def _place(rows: list[Any], devices: dict[str, Row], asker: Principal | None) -> Place | None:
    """None for who may not see it, and for one whose node is gone. The public may see a blurred position."""
    site = rows[-1]
    device = devices.get(site["dev_eui"])
    if device is None or not (asker or site["published"]):
        return None
    is_blurred = bool(site["blur_m"]) and asker is None
    decimals = BLURRED if is_blurred else EXACT
    lat, lon = (
        None if degrees is None else round(degrees, decimals) for degrees in (site["lat"], site["lon"])
    )
    spells = tuple((row["dev_eui"], row["from_ms"], row["to_ms"]) for row in rows)
    here = _while_here(device, site["from_ms"], site["to_ms"])
    name, is_published = site["name"] or site["id"], bool(site["published"])
    return Place(site["id"], name, lat, lon, is_published, is_blurred, here, spells)


def _while_here(device: Row, begin: int, over: int | None) -> Row:
    """What the node has told of this place: before and after, it tells of another, which may be private."""
    until = _EVER if over is None else over
    last = [each for each in device["last"] if begin <= each["time"] < until]
    heard = device["last_seen"]
    if heard is not None and not begin <= heard < until:
        heard = max((each["time"] for each in last), default=None)
    return device | {"last": last, "last_seen": heard}
