"""Devices from a list: compared with those registered, then taken over as a whole or not at all; and back."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from codec.desk.device_files.entry import SESSION, Entry
from gateway import devices
from gateway.devices import AbpKeys, DeviceError, OtaaKeys, Provisioning
from gateway.model import Device
from gateway.store import sites
from gateway.store.ledger import Store
from gateway.words import said

_TOLD = ("name", "group", "lat", "lon", "mount_mm")
# No node can have been given more JoinNonces elsewhere: each takes one of its 65,536 DevNonces.
_JOIN_NONCE_OF_OTHERS = 0x10000


@dataclass(frozen=True, slots=True)
class Change:
    """What the list would do to one device: field: (before, afterwards); of keys never the values."""

    dev_eui: str
    name: str
    state: Literal["new", "back", "changed", "same"]
    fields: dict[str, tuple[Any, Any]]


def compare(store: Store, entries: Iterable[Entry], is_lns: bool) -> Iterator[Change]:
    """`is_lns`: those without keys are served by an LNS. What the list does not say stays."""
    for entry in entries:
        device = store.device(entry.dev_eui)
        name = entry.name or (device.name if device else entry.dev_eui)
        if device is None:
            _check_keys(entry, is_lns)
            is_back = store.registration(entry.dev_eui) == "archived"
            yield Change(entry.dev_eui, name, "back" if is_back else "new", {})
            continue
        before, said = _entry(store, device, True).said(), entry.said()
        fields = {name: (before.get(name), said[name]) for name in _TOLD if name in said}
        fields = {name: both for name, both in fields.items() if both[0] != both[1]}
        if has_keys(entry) and any(before.get(name) != said.get(name) for name in _identity(entry)):
            fields["keys"] = ("others", "those of the list")
        yield Change(entry.dev_eui, name, "changed" if fields else "same", fields)


def take(store: Store, entries: Sequence[Entry], is_lns: bool, is_foreign: bool, now: int) -> list[Change]:
    """A transaction is open."""
    changes = list(compare(store, entries, is_lns))
    new = []
    for entry, change in zip(entries, changes, strict=True):
        keys = _keys(entry, is_foreign)
        if change.state in ("new", "back"):
            place = (entry.lat, entry.lon, entry.mount_mm)
            new.append(
                Provisioning(entry.dev_eui, entry.name or entry.dev_eui, keys, *place, group=entry.group)
            )
            continue
        said = {name: both[1] for name, both in change.fields.items() if name != "keys"}
        if said:
            devices.change(store, entry.dev_eui, said)
        if keys and "keys" in change.fields:
            devices.rekey(store, entry.dev_eui, keys, now)
    devices.add_all(store, new, now)
    return changes


def entries(store: Store, with_keys: bool) -> Iterator[Entry]:
    """All that are registered, by DevEUI. The store opens the keys only if it has the master key."""
    for device in store.devices():
        yield _entry(store, device, with_keys)


def has_keys(entry: Entry) -> bool:
    return entry.app_key is not None or entry.dev_addr is not None


def _entry(store: Store, device: Device, with_keys: bool) -> Entry:
    place = sites.present(store.connection, device.dev_eui)
    entry = Entry(
        device.dev_eui,
        device.name,
        device.activation,
        device.join_eui,
        group=device.group_name,
        lat=place.lat if place else None,
        lon=place.lon if place else None,
        mount_mm=place.mount_mm if place else None,
    )
    if with_keys and device.app_key:
        return replace(entry, app_key=device.app_key.hex(), join_nonce=device.join_nonce)
    session = store.newest_session(device.dev_eui, "active") if with_keys else None
    if session and device.activation == "abp":
        return replace(
            entry,
            dev_addr=session.dev_addr,
            nwk_s_key=session.nwk_s_key.hex(),
            app_s_key=session.app_s_key.hex(),
            fcnt_up=session.fcnt_up,
            fcnt_down=session.fcnt_down,
        )
    return entry


def _identity(entry: Entry) -> tuple[str, ...]:
    return ("join_eui", "app_key") if entry.app_key else SESSION


def _keys(entry: Entry, is_foreign: bool) -> OtaaKeys | AbpKeys | None:
    if entry.app_key and entry.join_eui:
        nonce = _JOIN_NONCE_OF_OTHERS if is_foreign else 0
        nonce = nonce if entry.join_nonce is None else entry.join_nonce
        return OtaaKeys(entry.join_eui, bytes.fromhex(entry.app_key), nonce)
    if entry.dev_addr and entry.nwk_s_key and entry.app_s_key:
        return AbpKeys(
            entry.dev_addr,
            bytes.fromhex(entry.nwk_s_key),
            bytes.fromhex(entry.app_s_key),
            -1 if entry.fcnt_up is None else entry.fcnt_up,
            entry.fcnt_down or 0,
        )
    return None


def _check_keys(entry: Entry, is_lns: bool) -> None:
    if not has_keys(entry) and not is_lns and entry.activation != "lns":
        raise DeviceError(said("refusal.noKeys", name=entry.dev_eui))
