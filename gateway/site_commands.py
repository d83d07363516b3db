"""The commands on sites."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from gateway.access.roles import Role
from gateway.commands import Command, Writing
from gateway.device_commands import Lat, Lon, Name
from gateway.model import NotFoundError
from gateway.store import sites


class SiteChange(BaseModel):
    """Only what is named is changed; null forgets it."""

    model_config = ConfigDict(extra="forbid")

    name: Name = ""
    lat: Lat | None = None
    lon: Lon | None = None
    published: bool = False
    blur_m: Literal[0, 100] = 0
    water: Name | None = None


def change(writing: Writing, site_id: str, changes: SiteChange) -> dict[str, Any]:
    """Publishing shows a site, with its history and its alarms, to everybody."""
    db = writing.store.connection
    if sites.site(db, site_id) is None:
        raise NotFoundError(f"no site {site_id}; the page /settings lists them")
    for name, value in changes.model_dump(exclude_unset=True).items():
        stored = int(value) if isinstance(value, bool) else value
        db.execute(f"UPDATE site SET {name} = ? WHERE id = ?", (stored, site_id))  # noqa: S608 (SiteChange's names)
    return {"site_id": site_id}


COMMANDS = (Command("site.change", Role.ADMIN, change),)
