"""Sites, and which device measures at which of them from when to when."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from operator import attrgetter
from typing import Any

from gateway.model import Device, GatewayError, Installation, Site
from gateway.store.database import Connection, among
from gateway.words import said

_SLUG = re.compile("[a-z0-9-]{1,40}")
_SPELT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_SITE = tuple(Site.__dataclass_fields__)
_INSTALLATION = tuple(name for name in Installation.__dataclass_fields__ if name != "id")
_FIELDS = ", ".join(Installation.__dataclass_fields__)
_OF_MANY = f"SELECT {_FIELDS} FROM installation WHERE dev_eui IN ({{keys}}) ORDER BY from_ms"  # noqa: S608
_of_site, _of_installation = attrgetter(*_SITE), attrgetter(*_INSTALLATION)
_INSERT_SITE = f"INSERT INTO site ({', '.join(_SITE)}) VALUES ({', '.join('?' * len(_SITE))})"  # noqa: S608
_INSERT_INSTALLATION = (
    f"INSERT INTO installation ({', '.join(_INSTALLATION)}) VALUES ({', '.join('?' * len(_INSTALLATION))})"  # noqa: S608
)


class SiteError(GatewayError):
    """What is asked of a site or an installation cannot be."""


def slug(name: str) -> str:
    """`Wehr am Mühlgraben` as `wehr-am-muehlgraben`."""
    spelt = re.sub("[^a-z0-9]+", "-", name.lower().translate(_SPELT)).strip("-")
    return spelt[:40].strip("-") or "site"


def site(db: Connection, site_id: str) -> Site | None:
    row = db.execute("SELECT * FROM site WHERE id = ?", (site_id,)).fetchone()
    return row and _site(row)


def sites(db: Connection) -> list[Site]:
    """By id."""
    return [_site(row) for row in db.execute("SELECT * FROM site ORDER BY id")]


def add(db: Connection, added: Site) -> None:
    if not _SLUG.fullmatch(added.id):
        raise SiteError(f"{added.id!r}: an id of a site is 1 to 40 of a-z, 0-9 and -")
    if site(db, added.id):
        raise SiteError(said("refusal.siteThere", name=added.id))
    db.execute(_INSERT_SITE, _of_site(added))


def add_for(db: Connection, device: Device, *place: Any) -> None:
    """A site of the device's name, where it has measured since it ended elsewhere, always if it never did."""
    add_for_all(db, [(device, place)])


def add_for_all(db: Connection, placed: Sequence[tuple[Device, Sequence[Any]]]) -> None:
    """Of devices that measure nowhere, each with latitude, longitude and mounting height."""
    made: dict[str, tuple[Site, Installation]] = {}
    former = installations_of(db, (device.dev_eui for device, _ in placed))
    for device, (lat, lon, mount_mm) in placed:
        named = next(each for each in _names(device) if each not in made and site(db, each) is None)
        there = Site(named, device.name, lat, lon, created_at=device.created_at)
        ended = max((each.to_ms or 0 for each in former.get(device.dev_eui, ())), default=0)
        made[named] = there, Installation(named, device.dev_eui, from_ms=ended, mount_mm=mount_mm)
    db.executemany(_INSERT_SITE, [_of_site(there) for there, _ in made.values()])
    db.executemany(_INSERT_INSTALLATION, [_of_installation(spell) for _, spell in made.values()])


def _names(device: Device) -> Iterator[str]:
    """What a site of the device may be called, the plainest first; 40 characters at most."""
    named = slug(device.name)
    yield named
    yield f"{named[:23].strip('-')}-{device.dev_eui}"
    yield from (f"{named[:20].strip('-')}-{device.dev_eui}-{number}" for number in range(2, 100))


def correct(db: Connection, device: Device, said: Mapping[str, Any]) -> None:
    """Latitude, longitude and height where it measures now were other than had been said."""
    place = present(db, device.dev_eui)
    if place is None:
        add_for(db, device, said.get("lat"), said.get("lon"), said.get("mount_mm"))
        return
    own = db.execute("SELECT lat FROM installation WHERE id = ?", (place.id,)).fetchone()["lat"] is not None
    for name, value in said.items():
        is_site = name != "mount_mm" and not own
        table, key = ("site", place.site_id) if is_site else ("installation", place.id)
        db.execute(f"UPDATE {table} SET {name} = ? WHERE id = ?", (value, key))  # noqa: S608 (names as tabled)


def take_up_again(db: Connection, device: Device, place: Sequence[Any], now: int) -> None:
    """Of a device that was away: another position is a correction, another height holds from now on."""
    there = _in_force(db, device.dev_eui)
    if there is None:
        add_for(db, device, *place)
        return
    lat, lon, mount_mm = place
    position = {name: value for name, value in (("lat", lat), ("lon", lon)) if value is not None}
    correct(db, device, position)
    if mount_mm not in (None, there.mount_mm):
        install(db, replace(there, from_ms=now, mount_mm=mount_mm))


def installations(db: Connection, dev_eui: str) -> list[Installation]:
    """Where the device has measured, oldest first."""
    found = db.execute("SELECT * FROM installation WHERE dev_eui = ? ORDER BY from_ms", (dev_eui,))
    return [Installation(**dict(row)) for row in found]


def installations_of(db: Connection, dev_euis: Iterable[str]) -> dict[str, list[Installation]]:
    """The same of many devices."""
    found: dict[str, list[Installation]] = {}
    for row in among(db, _OF_MANY, dev_euis):
        found.setdefault(row["dev_eui"], []).append(Installation(*row))
    return found


def present(db: Connection, dev_eui: str) -> Installation | None:
    """Where the device measures now, with the position that it has there."""
    newest = _in_force(db, dev_eui)
    if newest is None or newest.lat is not None:
        return newest
    there = site(db, newest.site_id)
    return replace(newest, lat=there.lat, lon=there.lon) if there else None


def _in_force(db: Connection, dev_eui: str) -> Installation | None:
    return next((each for each in installations(db, dev_eui) if each.to_ms is None), None)


def installed_at(db: Connection, site_id: str) -> list[Installation]:
    """The devices that have measured at the site, oldest first."""
    found = db.execute("SELECT * FROM installation WHERE site_id = ? ORDER BY from_ms, id", (site_id,))
    return [Installation(**dict(row)) for row in found]


def install(db: Connection, new: Installation) -> None:
    """From `from_ms` on: the installation in force by then ends; one of the same instant is corrected.

    A later one stays, and `new` ends before it at the latest.
    """
    if site(db, new.site_id) is None:
        raise SiteError(f"no site {new.site_id}; add it first")
    others = [each for each in installations(db, new.dev_eui) if each.from_ms != new.from_ms]
    following = min((each.from_ms for each in others if each.from_ms > new.from_ms), default=None)
    end = min((end for end in (new.to_ms, following) if end is not None), default=None)
    if end is not None and end <= new.from_ms:
        raise SiteError("an installation ends after it begins")
    db.execute("DELETE FROM installation WHERE dev_eui = ? AND from_ms = ?", (new.dev_eui, new.from_ms))
    db.execute(
        "UPDATE installation SET to_ms = ?"
        " WHERE dev_eui = ? AND from_ms < ? AND (to_ms IS NULL OR to_ms > ?)",
        (new.from_ms, new.dev_eui, new.from_ms, new.from_ms),
    )
    db.execute(_INSERT_INSTALLATION, _of_installation(replace(new, to_ms=end)))


def _site(row: Any) -> Site:
    found = {name: row[name] for name in _SITE}
    return Site(**{**found, "published": bool(found["published"])})
