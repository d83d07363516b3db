"""Sites over HTTP: what is published anybody may read, the rest needs a token."""

from collections.abc import Sequence
from heapq import merge
from itertools import islice
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from gateway.access.gate import Asker, AtDesk
from gateway.access.roles import Principal
from gateway.device_commands import Lat, Lon, MountMm, Name
from gateway.model import GaugeZero, Installation, NotFoundError, Site
from gateway.site_commands import SiteChange, Slug, Text, ZeroMm
from gateway.store import gauge_zeros, queries, sites
from gateway.store.database import Connection
from gateway.store.queries import Row
from gateway.web import description, shapes
from gateway.web.asking import DevEui, PageQuery, ReadingsQuery, Time
from gateway.web.paging import Order
from gateway.web.places import BLURRED, EXACT
from gateway.web.site import AtSite
from gateway.web.site import Site as Running

router = APIRouter()
_SITES = Order(id=str)
_READINGS = Order(time=int, uplink_id=str, quantity=str)
SiteId = Annotated[Slug, Path()]


class PublicZero(shapes.Shape):
    """The height of the gauge zero over NHN from a date on."""

    start: shapes.Instant = Field(serialization_alias="from")
    over_nhn_mm: int


class PublicSite(shapes.Shape):
    """A place where something is measured; its position to 100 m where that is wanted."""

    id: Slug
    name: str
    lat: float | None
    lon: float | None
    published: bool
    water: str | None
    gauge_zeros: list[PublicZero] = Field(
        description="each until the next one; none of a blurred place without a token"
    )


class Sites(shapes.Page):
    sites: list[PublicSite]


class OneSite(shapes.Answer):
    site: PublicSite


class NewSite(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Name
    site_id: Slug | None = Field(default=None, description="made of the name unless given")
    lat: Lat | None = None
    lon: Lon | None = None
    gauge_zero_mm: ZeroMm | None = None
    water: Text | None = None
    note: Text | None = None


class NewZero(BaseModel):
    model_config = ConfigDict(extra="forbid")

    over_nhn_mm: ZeroMm
    start: Time | None = Field(default=None, alias="from", description="now unless given")
    moved: bool = Field(default=False, description="the gauge itself was, and its sensors stayed")


class NewInstallation(BaseModel):
    model_config = ConfigDict(extra="forbid")

    dev_eui: DevEui
    start: Time | None = Field(default=None, alias="from", description="now unless given")
    end: Time | None = Field(default=None, alias="to", description="while it goes on: null")
    mount_mm: MountMm | None = None
    lat: Lat | None = None
    lon: Lon | None = None


@router.get("/api/v1/sites", response_model=Sites, responses=description.REFUSALS)
async def all_sites(site: AtSite, asker: Asker, ask: Annotated[PageQuery, Query()]) -> Row:
    """By id; without a token those that are published."""
    after = _SITES.after(ask.cursor) or ("",)
    with queries.opened(site.store) as db:
        seen = (_shown(each, asker) for each in sites.sites(db) if (each.id,) > after and _may(each, asker))
        rows, following = _SITES.page(seen, ask.limit)
        _date_zeros(db, rows)
    return {"now": site.clock.now_ms(), "next": following, "sites": rows}


@router.get("/api/v1/sites/{site_id}", response_model=OneSite, responses=description.REFUSALS_OF_ONE)
async def one_site(site: AtSite, asker: Asker, site_id: SiteId) -> Row:
    """One site."""
    return _one(site, site_id, asker)


@router.get(
    "/api/v1/sites/{site_id}/readings",
    response_model=shapes.PublicReadings,
    responses=description.REFUSALS_OF_ONE,
)
def site_readings(site: AtSite, asker: Asker, site_id: SiteId, ask: Annotated[ReadingsQuery, Query()]) -> Row:
    """What was measured there, by whichever node, each for as long as it was there."""
    with queries.opened(site.store) as db:
        place = _find(db, site_id, asker)
        series = [_series(db, each, ask) for each in sites.installed_at(db, site_id)]
        found = merge(*series, key=lambda row: (row["time"], row["uplink_id"], row["quantity"]))
        rows, following = _READINGS.page(islice(found, ask.limit + 1), ask.limit)
        zeros = [] if _is_blurred(place, asker) else gauge_zeros.of_site(db, site_id)
    hidden = {} if asker else {"dev_eui": None, "uplink_id": None}
    told = [row | {"over_nhn_mm": _over_nhn_mm(row, zeros)} | hidden for row in rows]
    return {"now": site.clock.now_ms(), "next": following, "readings": told}


@router.post("/api/v1/sites", status_code=201, response_model=OneSite, responses=description.REFUSED_CHANGES)
async def add_site(site: AtSite, desk: AtDesk, wanted: NewSite) -> Row:
    """Add a site; nobody sees it without a token until it is published."""
    return _one(site, desk.run("site.add", wanted.model_dump())["id"], desk.principal)


@router.patch("/api/v1/sites/{site_id}", response_model=OneSite, responses=description.REFUSED_CHANGES)
async def change_site(site: AtSite, desk: AtDesk, site_id: SiteId, changes: SiteChange) -> Row:
    """Change what is named, `published` and `blur_m` too."""
    said = {"site_id": site_id, "changes": changes.model_dump(exclude_unset=True)}
    desk.run("site.change", said)
    return _one(site, site_id, desk.principal)


@router.delete("/api/v1/sites/{site_id}", status_code=204, responses=description.REFUSED_CHANGES)
async def remove_site(desk: AtDesk, site_id: SiteId) -> None:
    """Forget a site; nodes and readings stay."""
    desk.run("site.remove", {"site_id": site_id})


@router.post("/api/v1/sites/{site_id}/gauge-zeros", status_code=204, responses=description.REFUSED_CHANGES)
async def date_zero(desk: AtDesk, site_id: SiteId, wanted: NewZero) -> None:
    """From then on the gauge zero lies at another height over NHN: a new survey, or it was moved."""
    said = wanted.model_dump()
    desk.run("site.gauge_zero", {"site_id": site_id, "from_ms": said.pop("start"), **said})


@router.post("/api/v1/sites/{site_id}/installations", status_code=204, responses=description.REFUSED_CHANGES)
async def install(desk: AtDesk, site_id: SiteId, wanted: NewInstallation) -> None:
    """A node measures there from then on: a new one, or the same at another height."""
    said = wanted.model_dump()
    times = {"from_ms": said.pop("start"), "to_ms": said.pop("end")}
    desk.run("site.install", {"site_id": site_id, **times, **said})


def _series(db: Connection, there: Installation, ask: ReadingsQuery) -> Any:
    start = max(there.from_ms, there.from_ms if ask.start is None else ask.start)
    ends = [end for end in (there.to_ms, ask.end) if end is not None]
    span = (start, min(ends, default=None))
    after = _READINGS.after(ask.cursor)
    return queries.readings(db, there.dev_eui, ask.quantity, span, after, ask.limit + 1)


def _may(site: Site, asker: Principal | None) -> bool:
    return asker is not None or site.published


def _find(db: Connection, site_id: str, asker: Principal | None) -> Site:
    """One that is private does not exist for the public."""
    found = sites.site(db, site_id)
    if found is None or not _may(found, asker):
        raise NotFoundError(f"No site {site_id} is there to be seen. See /api/v1/sites.")
    return found


def _one(running: Running, site_id: str, asker: Principal | None) -> Row:
    with queries.opened(running.store) as db:
        found = _find(db, site_id, asker)
        rows = [_shown(found, asker)]
        _date_zeros(db, rows)
    return {"now": running.clock.now_ms(), "site": rows[0]}


def _shown(site: Site, asker: Principal | None) -> Row:
    is_blurred = _is_blurred(site, asker)
    row = {name: getattr(site, name) for name in PublicSite.model_fields if name != "gauge_zeros"}
    for name in ("lat", "lon"):
        row[name] = None if row[name] is None else round(row[name], BLURRED if is_blurred else EXACT)
    return row | {"is_blurred": is_blurred}


def _is_blurred(site: Site, asker: Principal | None) -> bool:
    return bool(site.blur_m) and asker is None


def _date_zeros(db: Connection, rows: list[Row]) -> None:
    """Of a blurred place none: a height along a river is a position."""
    found = gauge_zeros.of_sites(db, [row["id"] for row in rows if not row.pop("is_blurred")])
    for row in rows:
        zeros = found.get(row["id"], ())
        row["gauge_zeros"] = [{"start": each.from_ms, "over_nhn_mm": each.over_nhn_mm} for each in zeros]


def _over_nhn_mm(reading: Row, zeros: Sequence[GaugeZero]) -> float | None:
    is_level = reading["quantity"] == "level"
    return gauge_zeros.over_nhn_mm(zeros, reading["time"], reading["value"]) if is_level else None
