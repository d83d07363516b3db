"""Registering nodes, and their sessions: what stands behind `messfunk device`."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from gateway.judge import keeping
from gateway.model import RX2_OF_REGION, ConflictError, Device, GatewayError, NotFoundError, Session
from gateway.store import sites
from gateway.store.ledger import Store
from gateway.words import said

_KEYS = '{"join_eui": ..., "app_key": ...} or {"dev_addr": ..., "nwk_s_key": ..., "app_s_key": ...}'
_RX_DELAY_S = 1  # in every region (RP002-1.0.4, RECEIVE_DELAY1)
_CALLED = {"name": "name", "group": "group_name"}
_PLACE = ("lat", "lon", "mount_mm")


class DeviceError(GatewayError):
    """What is asked of a device cannot be; the text never holds a key."""


@dataclass(frozen=True, slots=True)
class OtaaKeys:
    """For a node that joins."""

    join_eui: str
    app_key: bytes = field(repr=False)
    join_nonce: int = 0  # the last one that it was given, elsewhere


@dataclass(frozen=True, slots=True)
class AbpKeys:
    """A session as such, for a node that never joins."""

    dev_addr: str
    nwk_s_key: bytes = field(repr=False)
    app_s_key: bytes = field(repr=False)
    fcnt_up: int = -1  # the last one heard, and the next one to send, elsewhere
    fcnt_down: int = 0


@dataclass(frozen=True, slots=True)
class Provisioning:
    """What there is to know of a node before it is heard; without keys an LNS has them."""

    dev_eui: str
    name: str
    keys: OtaaKeys | AbpKeys | None
    lat: float | None = None
    lon: float | None = None
    mount_mm: int | None = None
    group: str | None = None


_ACTIVATIONS: dict[type, Literal["otaa", "abp", "lns"]] = {
    OtaaKeys: "otaa",
    AbpKeys: "abp",
    type(None): "lns",
}


def read_keys(text: str) -> dict[str, Any]:
    """The keys in a JSON text, as `parse_keys` takes them."""
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):  # the parser's message would quote the text
        raise DeviceError(f"the keys are not JSON: expected {_KEYS}") from None
    if not isinstance(fields, dict):
        raise DeviceError(f"the keys are no JSON object: expected {_KEYS}")
    parse_keys(fields)
    return fields


def parse_keys(fields: Mapping[str, Any]) -> OtaaKeys | AbpKeys:
    if fields.keys() == {"join_eui", "app_key"}:
        return OtaaKeys(_hex(fields, "join_eui", 8).hex(), _hex(fields, "app_key", 16))
    if fields.keys() == {"dev_addr", "nwk_s_key", "app_s_key"}:
        return AbpKeys(
            _hex(fields, "dev_addr", 4).hex(), _hex(fields, "nwk_s_key", 16), _hex(fields, "app_s_key", 16)
        )
    raise DeviceError(f"other fields than expected: {_KEYS}")


def add(store: Store, provisioning: Provisioning, now: int) -> Device:
    """Register it. An archived one is taken up again, with its history, under what is said now."""
    (device,) = add_all(store, [provisioning], now)
    return device


def add_all(store: Store, provisionings: Sequence[Provisioning], now: int) -> list[Device]:
    """Register them all, or none."""
    placed = [(_device(each, now), (each.lat, each.lon, each.mount_mm)) for each in provisionings]
    with store.transaction():
        archived = {device.dev_eui for device, _ in placed if _is_archived(store, device.dev_eui)}
        for device, place in placed:
            if device.dev_eui in archived:
                store.set_device(device)
                store.raise_join_nonce(device.dev_eui, device.join_nonce)
                sites.take_up_again(store.connection, device, place, now)
        new = [each for each in placed if each[0].dev_eui not in archived]
        store.add_devices(device for device, _ in new)
        sites.add_for_all(store.connection, new)
        sessions = {each.dev_eui: each.keys for each in provisionings if isinstance(each.keys, AbpKeys)}
        for dev_eui, keys in sessions.items():
            store.add_session(_session(dev_eui, keys, now))
        _refuse_twins(store, sessions)
    return [device for device, _ in placed]


def _refuse_twins(store: Store, sessions: Mapping[str, AbpKeys]) -> None:
    """Nodes may share an address, but what one says under the key of two counts for the wrong one."""
    known = store.candidates_of(keys.dev_addr for keys in sessions.values())
    for dev_eui, keys in sessions.items():
        for other in known[keys.dev_addr]:
            if other.dev_eui != dev_eui and other.nwk_s_key == keys.nwk_s_key:
                raise ConflictError(said("refusal.sameSession", name=dev_eui, other=other.dev_eui))


def _device(provisioning: Provisioning, now: int) -> Device:
    keys = provisioning.keys
    return Device(
        dev_eui=provisioning.dev_eui,
        name=provisioning.name,
        activation=_ACTIVATIONS[type(keys)],
        join_eui=keys.join_eui if isinstance(keys, OtaaKeys) else None,
        app_key=keys.app_key if isinstance(keys, OtaaKeys) else None,
        join_nonce=keys.join_nonce if isinstance(keys, OtaaKeys) else 0,
        created_at=now,
        group_name=provisioning.group,
    )


def _is_archived(store: Store, dev_eui: str) -> bool:
    """False when it is not known at all."""
    state = store.registration(dev_eui)
    if state == "registered":
        raise ConflictError(said("refusal.registered", name=dev_eui))
    return state == "archived"


def change(store: Store, dev_eui: str, said: Mapping[str, Any]) -> Device:
    """`said` by the names of Provisioning; another height corrects all since the installation."""
    with store.transaction():
        device = find(store, dev_eui)
        place = {name: value for name, value in said.items() if name in _PLACE}
        called = {column: said[name] for name, column in _CALLED.items() if name in said}
        if called:
            device = replace(device, **called)
            store.set_device(device)
        if place:
            sites.correct(store.connection, device, place)
        if "mount_mm" in place:
            keeping.relevel(store.connection, dev_eui)
    return device


def rekey(store: Store, dev_eui: str, keys: OtaaKeys | AbpKeys, now: int) -> None:
    """Other keys than it was registered with. A node that joins keeps its session until it joins anew."""
    with store.transaction():
        former = find(store, dev_eui)
        device = replace(
            former,
            activation=_ACTIVATIONS[type(keys)],
            join_eui=keys.join_eui if isinstance(keys, OtaaKeys) else None,
            app_key=keys.app_key if isinstance(keys, OtaaKeys) else None,
        )
        store.set_device(device)
        store.raise_join_nonce(dev_eui, keys.join_nonce if isinstance(keys, OtaaKeys) else 0)
        if isinstance(keys, AbpKeys):
            install_session(store, dev_eui, keys, now)
        elif former.activation != "otaa":
            store.end_sessions(dev_eui)


def archive(store: Store, dev_eui: str, now: int) -> None:
    """It is served no more and forgets its keys; what it said stays."""
    with store.transaction():
        device = find(store, dev_eui)
        store.end_sessions(dev_eui)
        store.set_device(replace(device, app_key=None, archived_at=now))


def purge(store: Store, dev_eui: str) -> None:
    """The device, archived or not, with its sessions, uplinks and readings."""
    with store.transaction():
        if store.archived_device(dev_eui) is None:
            find(store, dev_eui)
        store.remove_device(dev_eui)


def find(store: Store, dev_eui: str) -> Device:
    device = store.device(dev_eui)
    if device is None:
        raise NotFoundError(said("refusal.noDevice", name=dev_eui))
    return device


def reset_session(store: Store, dev_eui: str, now: int) -> bool:
    """End the session in use; False when there is none.

    An ABP node goes on in a new one with the same keys and its counter from 0; an OTAA node must join again.
    """
    with store.transaction():
        device = find(store, dev_eui)
        former = store.newest_session(dev_eui, "active")
        store.end_sessions(dev_eui)
        if former is not None and device.activation == "abp":
            keys = AbpKeys(former.dev_addr, former.nwk_s_key, former.app_s_key)
            store.add_session(_session(dev_eui, keys, now)._replace(fcnt_down=former.fcnt_down))
    return former is not None


def install_session(store: Store, dev_eui: str, keys: AbpKeys, now: int) -> None:
    """Put a session that was negotiated elsewhere in place of the device's own."""
    with store.transaction():
        find(store, dev_eui)
        store.end_sessions(dev_eui)
        store.add_session(_session(dev_eui, keys, now))
        _refuse_twins(store, {dev_eui: keys})


def _session(dev_eui: str, keys: AbpKeys, now: int) -> Session:
    """An ABP node opens its windows as its region says, it was told nothing else."""
    return Session(
        id=0,
        dev_eui=dev_eui,
        dev_addr=keys.dev_addr,
        nwk_s_key=keys.nwk_s_key,
        app_s_key=keys.app_s_key,
        state="active",
        fcnt_up=keys.fcnt_up,
        fcnt_down=keys.fcnt_down,
        rx_delay_s=_RX_DELAY_S,
        rx1_dr_offset=0,
        rx2_data_rate=RX2_OF_REGION,
        created_at=now,
    )


def _hex(fields: Mapping[str, Any], name: str, size: int) -> bytes:
    text = fields[name]
    if not isinstance(text, str) or not re.fullmatch(rf"[0-9a-fA-F]{{{2 * size}}}", text):
        raise DeviceError(said("refusal.hexadecimal", name=name, count=2 * size))
    return bytes.fromhex(text)
