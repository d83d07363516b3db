"""The commands on devices: what HTTP, the command line and the pages may change of them."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from gateway import devices
from gateway.access.roles import Role
from gateway.commands import Command, Writing
from gateway.config import Eui

Name = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]{1,64}$", description="for people")]
Lat = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False, description="degrees north")]
Lon = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False, description="degrees east")]
MountMm = Annotated[
    int, Field(ge=-100_000_000, le=100_000_000, description="height of the sensor over the gauge zero")
]


class DeviceChange(BaseModel):
    """Only what is named is changed; null forgets it."""

    model_config = ConfigDict(extra="forbid")

    name: Name = Field(default="", description="for people")
    lat: Lat | None = None
    lon: Lon | None = None
    mount_mm: MountMm | None = None


def add(
    writing: Writing,
    dev_eui: Eui,
    name: Name | None = None,
    keys: dict[str, Any] | None = None,
    lat: Lat | None = None,
    lon: Lon | None = None,
    mount_mm: MountMm | None = None,
) -> dict[str, Any]:
    """Without keys an LNS has them."""
    parsed = None if keys is None else devices.parse_keys(keys)
    node = devices.Provisioning(dev_eui, name or dev_eui, parsed, lat, lon, mount_mm)
    return _told(devices.add(writing.store, node, writing.clock.now_ms()).dev_eui)


def change(writing: Writing, dev_eui: Eui, changes: DeviceChange) -> dict[str, Any]:
    devices.change(writing.store, dev_eui, changes.model_dump(exclude_unset=True))
    return _told(dev_eui)


def remove(writing: Writing, dev_eui: Eui, purge: bool = False) -> dict[str, Any]:
    """Archived, or with its history deleted for good."""
    if purge:
        devices.purge(writing.store, dev_eui)
    else:
        devices.archive(writing.store, dev_eui, writing.clock.now_ms())
    return _told(dev_eui)


def reset_session(writing: Writing, dev_eui: Eui) -> dict[str, Any]:
    was_active = devices.reset_session(writing.store, dev_eui, writing.clock.now_ms())
    return _told(dev_eui) | {"reset": was_active}


def _told(dev_eui: str) -> dict[str, Any]:
    return {"dev_eui": dev_eui}


COMMANDS = (
    Command("device.add", Role.ADMIN, add),
    Command("device.change", Role.ADMIN, change),
    Command("device.remove", Role.ADMIN, remove),
    Command("device.reset_session", Role.ADMIN, reset_session),
)
