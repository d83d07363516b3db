"""Registering, changing and removing nodes over HTTP, through the one writer."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from gateway.access.gate import AtDesk
from gateway.device_commands import DeviceChange, Group, Lat, Lon, MountMm, Name
from gateway.store import queries
from gateway.store.queries import Row
from gateway.web import description, shapes
from gateway.web.asking import DevEui
from gateway.web.site import AtSite, Site

router = APIRouter()


class _Given(BaseModel):
    model_config = ConfigDict(extra="forbid")


def _hex(digits: int) -> Any:
    return Field(pattern=f"^[0-9a-fA-F]{{{digits}}}$")


class OtaaKeys(_Given):
    """For a node that joins."""

    join_eui: str = _hex(16)
    app_key: str = _hex(32)


class AbpKeys(_Given):
    """For a node that never joins."""

    dev_addr: str = _hex(8)
    nwk_s_key: str = _hex(32)
    app_s_key: str = _hex(32)


class NewDevice(_Given):
    dev_eui: DevEui
    name: Name | None = Field(default=None, description="for people; the DevEUI unless given")
    keys: OtaaKeys | AbpKeys | None = Field(default=None, description="null when an LNS has them")
    group: Group | None = None
    lat: Lat | None = None
    lon: Lon | None = None
    mount_mm: MountMm | None = None


@router.post(
    "/api/v1/devices", status_code=201, response_model=shapes.OneDevice, responses=description.REFUSED_CHANGES
)
async def add_device(site: AtSite, desk: AtDesk, wanted: NewDevice) -> Row:
    """Register a node. An archived one is taken up again, with its history."""
    desk.run("device.add", wanted.model_dump())
    return _one(site, wanted.dev_eui)


@router.patch(
    "/api/v1/devices/{dev_eui}", response_model=shapes.OneDevice, responses=description.REFUSED_CHANGES
)
async def change_device(site: AtSite, desk: AtDesk, dev_eui: DevEui, changes: DeviceChange) -> Row:
    """Change what is named; null forgets it."""
    desk.run(
        "device.change", {"dev_eui": dev_eui, "changes": changes.model_dump(mode="json", exclude_unset=True)}
    )
    return _one(site, dev_eui)


@router.delete("/api/v1/devices/{dev_eui}", status_code=204, responses=description.REFUSED_CHANGES)
async def remove_device(
    desk: AtDesk,
    dev_eui: DevEui,
    purge: Annotated[bool, Query(description="delete its history for good")] = False,
) -> None:
    """Serve it no more; its history stays unless `purge`."""
    desk.run("device.remove", {"dev_eui": dev_eui, "purge": purge})


def _one(site: Site, dev_eui: str) -> Row:
    with queries.opened(site.store) as db:
        return {"now": site.clock.now_ms(), "device": queries.device(db, dev_eui)}
