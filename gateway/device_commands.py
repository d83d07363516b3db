"""The commands on devices: what HTTP, the command line and the pages may change of them."""

from dataclasses import asdict
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from codec.desk.device_files.entry import Entry, FieldError, read
from codec.desk.device_files.networks import JSON_FORMS
from gateway import devices, importing
from gateway.access.roles import Role
from gateway.alarms import hearing, node_marks
from gateway.commands import ArgumentError, Command, Writing
from gateway.config import Eui
from gateway.network import queue
from gateway.store import sites

Name = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]{1,64}$", description="for people")]
Group = Annotated[Name, Field(description="a district, a kind, a project")]
Lat = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False, description="degrees north")]
Lon = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False, description="degrees east")]
MountMm = Annotated[
    int, Field(ge=-100_000_000, le=100_000_000, description="height of the sensor over the gauge zero")
]


class DeviceChange(BaseModel):
    """Only what is named is changed; null forgets it."""

    model_config = ConfigDict(extra="forbid")

    name: Name = Field(default="", description="for people")
    group: Group | None = None
    lat: Lat | None = None
    lon: Lon | None = None
    mount_mm: MountMm | None = None


def add(
    writing: Writing,
    dev_eui: Eui,
    name: Name | None = None,
    keys: dict[str, Any] | None = None,
    group: Group | None = None,
    lat: Lat | None = None,
    lon: Lon | None = None,
    mount_mm: MountMm | None = None,
) -> dict[str, Any]:
    """Without keys an LNS has them."""
    parsed = None if keys is None else devices.parse_keys(keys)
    node = devices.Provisioning(dev_eui, name or dev_eui, parsed, lat, lon, mount_mm, group)
    devices.add(writing.store, node, writing.clock.now_ms())
    if mount_mm is not None:
        _tell_marks(writing, dev_eui)
    return _told(dev_eui)


def change(writing: Writing, dev_eui: Eui, changes: DeviceChange) -> dict[str, Any]:
    said = changes.model_dump(exclude_unset=True)
    devices.change(writing.store, dev_eui, said)
    if "mount_mm" in said:
        _tell_marks(writing, dev_eui)
    return _told(dev_eui)


def remove(writing: Writing, dev_eui: Eui, purge: bool = False) -> dict[str, Any]:
    """Archived, or with its history deleted for good."""
    db, now = writing.store.connection, writing.clock.now_ms()
    hearing.miss_no_more(db, dev_eui, now)
    if purge:
        devices.purge(writing.store, dev_eui)
        return _told(dev_eui)
    devices.archive(writing.store, dev_eui, now)
    for each in queue.waiting(db, dev_eui):  # else it would be obeyed when the node is taken up again
        queue.cancel(db, dev_eui, each.id, now)
    return _told(dev_eui)


def import_list(
    writing: Writing,
    devices: list[dict[str, Any]],
    lns: bool = False,
    foreign: bool = False,
    dry: bool = False,
) -> dict[str, Any]:
    """Rows as in our own files. All of them, or none; `dry` only says what would change."""
    entries = [_entry(row) for row in devices]
    if dry:
        changes = list(importing.compare(writing.store, entries, lns))
    else:
        changes = importing.take(writing.store, entries, lns, foreign, writing.clock.now_ms())
        for each in changes:
            if each.state == "back" or "mount_mm" in each.fields:
                _tell_marks(writing, each.dev_eui)
    return {"changes": [asdict(change) for change in changes if change.state != "same"]}


def export_list(writing: Writing) -> dict[str, Any]:
    """All nodes with their keys: that is why it stands in the audit log."""
    return {"devices": [entry.said() for entry in importing.entries(writing.store, with_keys=True)]}


def _entry(row: dict[str, Any]) -> Entry:
    try:
        return read(row, JSON_FORMS["messfunk"].paths)
    except FieldError as error:
        raise ArgumentError(("devices", str(error))) from None


def reset_session(writing: Writing, dev_eui: Eui) -> dict[str, Any]:
    was_active = devices.reset_session(writing.store, dev_eui, writing.clock.now_ms())
    return _told(dev_eui) | {"reset": was_active}


def _tell_marks(writing: Writing, dev_eui: str) -> None:
    """At another height the same mark is another distance."""
    there = sites.present(writing.store.connection, dev_eui)
    if there:
        node_marks.tell(writing, there.site_id)


def _told(dev_eui: str) -> dict[str, Any]:
    return {"dev_eui": dev_eui}


COMMANDS = (
    Command("device.add", Role.ADMIN, add),
    Command("device.change", Role.ADMIN, change),
    Command("device.import", Role.ADMIN, import_list),
    Command("device.export_keys", Role.ADMIN, export_list),
    Command("device.remove", Role.ADMIN, remove),
    Command("device.reset_session", Role.ADMIN, reset_session),
)
