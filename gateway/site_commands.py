"""The commands on sites and on which node measures there from when to when."""

from dataclasses import asdict, replace
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway import devices
from gateway.access.roles import Role
from gateway.alarms import node_marks
from gateway.commands import Command, Writing
from gateway.config import Eui
from gateway.device_commands import Lat, Lon, MountMm, Name
from gateway.judge import keeping
from gateway.model import ConflictError, GaugeZero, Installation, NotFoundError, Site
from gateway.store import gauge_zeros, sites
from gateway.words import said

Slug = Annotated[str, Field(pattern="^[a-z0-9-]{1,40}$", examples=["aue-bruecke"])]
Text = Annotated[str, Field(max_length=2000)]
ZeroMm = Annotated[int, Field(ge=-1_000_000, le=9_000_000, description="gauge zero over NHN")]
Instant = Annotated[int, Field(ge=0, lt=1 << 53, description="milliseconds since 1970")]


class SiteChange(BaseModel):
    """Only what is named is changed; null forgets it."""

    model_config = ConfigDict(extra="forbid")

    name: Name = Field(default="", description="for people")
    lat: Lat | None = None
    lon: Lon | None = None
    water: Text | None = Field(default=None, description="the water's name")
    note: Text | None = None
    published: bool = Field(default=False, description="anybody may see it")
    blur_m: Literal[0, 100] = Field(default=0, description="the public sees its position to so many metres")


def add(
    writing: Writing,
    name: Name,
    site_id: Slug | None = None,
    lat: Lat | None = None,
    lon: Lon | None = None,
    gauge_zero_mm: ZeroMm | None = None,
    water: Text | None = None,
    note: Text | None = None,
) -> dict[str, Any]:
    """Private until it is published; its id is made of the name unless given."""
    made = Site(
        id=site_id or sites.slug(name),
        name=name,
        lat=lat,
        lon=lon,
        water=water,
        note=note,
        created_at=writing.clock.now_ms(),
    )
    if sites.site(writing.store.connection, made.id):
        raise ConflictError(said("refusal.siteThere", name=made.id))
    sites.add(writing.store.connection, made)
    if gauge_zero_mm is not None:
        gauge_zeros.put(writing.store.connection, made.id, GaugeZero(0, gauge_zero_mm))
    return asdict(made)


def change(writing: Writing, site_id: Slug, changes: SiteChange) -> dict[str, Any]:
    said = changes.model_dump(exclude_unset=True)
    changed = replace(_find(writing, site_id), **said)
    if "published" in said:
        said["published"] = int(said["published"])
    for column, value in said.items():
        writing.store.connection.execute(f"UPDATE site SET {column} = ? WHERE id = ?", (value, site_id))  # noqa: S608
    return asdict(changed)


def publish(writing: Writing, site_id: Slug, published: bool, blur_m: Literal[0, 100] = 0) -> dict[str, Any]:
    return change(writing, site_id, SiteChange(published=published, blur_m=blur_m))


def remove(writing: Writing, site_id: Slug) -> dict[str, Any]:
    """The nodes and what they said stay; where they measured is forgotten."""
    _find(writing, site_id)
    writing.store.connection.execute("DELETE FROM site WHERE id = ?", (site_id,))
    return {"removed": site_id}


def install(
    writing: Writing,
    site_id: Slug,
    dev_eui: Eui,
    from_ms: Instant | None = None,
    to_ms: Instant | None = None,
    mount_mm: MountMm | None = None,
    lat: Lat | None = None,
    lon: Lon | None = None,
) -> dict[str, Any]:
    """From `from_ms` on, now unless given; a new height or another site ends what was before."""
    _find(writing, site_id)
    devices.find(writing.store, dev_eui)
    since = writing.clock.now_ms() if from_ms is None else from_ms
    new = Installation(site_id, dev_eui, since, to_ms, mount_mm, lat, lon)
    sites.install(writing.store.connection, new)
    keeping.relevel(writing.store.connection, new.dev_eui)
    node_marks.tell(writing, site_id)  # at another height the same mark is another distance
    return asdict(new)


def gauge_zero(
    writing: Writing, site_id: Slug, over_nhn_mm: ZeroMm, from_ms: Instant | None = None, moved: bool = False
) -> dict[str, Any]:
    """From `from_ms` on, now unless given. `moved`: the gauge itself was, its sensors stayed.

    Without it the same zero has another number, by a new survey or another height reference.
    """
    _find(writing, site_id)
    db, since = writing.store.connection, writing.clock.now_ms() if from_ms is None else from_ms
    before = gauge_zeros.valid_at(gauge_zeros.of_site(db, site_id), since - 1)
    if moved and before is None:
        raise ConflictError(said("refusal.noZeroBefore", name=site_id))
    gauge_zeros.put(db, site_id, GaugeZero(since, over_nhn_mm))
    lifted = []
    if moved and before is not None:
        lifted = gauge_zeros.lift(db, site_id, since, over_nhn_mm - before)
    for dev_eui in lifted:
        keeping.relevel(db, dev_eui)
    if lifted:
        node_marks.tell(writing, site_id)
    return {"site_id": site_id, "from_ms": since, "over_nhn_mm": over_nhn_mm, "lifted": lifted}


def _find(writing: Writing, site_id: str) -> Site:
    found = sites.site(writing.store.connection, site_id)
    if found is None:
        raise NotFoundError(said("refusal.noSite", name=site_id))
    return found


COMMANDS = (
    Command("site.add", Role.ADMIN, add),
    Command("site.change", Role.ADMIN, change),
    Command("site.publish", Role.ADMIN, publish),
    Command("site.remove", Role.ADMIN, remove),
    Command("site.install", Role.ADMIN, install),
    Command("site.gauge_zero", Role.ADMIN, gauge_zero),
)
