"""Registering nodes: keys stay where they are, a reset is explicit."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from codec.lorawan import frames
from gateway import devices
from gateway.devices import AbpKeys, DeviceError, OtaaKeys, Provisioning, parse_keys, read_keys
from gateway.model import ConflictError, Installation, NotFoundError
from gateway.store import sites
from gateway.store.ledger import Store
from tests.gateway.desk import START_MS, Desk, Node, abp, otaa

OTAA = {"join_eui": "0102030405060708", "app_key": "2b7e151628aed2a6abf7158809cf4f3c"}
ABP = {"dev_addr": "26011BDA", "nwk_s_key": "00" * 16, "app_s_key": "ff" * 16}


def test_keys_are_read_from_json() -> None:
    assert parse_keys(read_keys(json.dumps(OTAA))) == OtaaKeys(
        OTAA["join_eui"], bytes.fromhex(OTAA["app_key"])
    )
    assert parse_keys(read_keys(json.dumps(ABP))) == AbpKeys("26011bda", bytes(16), b"\xff" * 16)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "[" * 100_000,
        json.dumps(OTAA | ABP),
        json.dumps(OTAA | {"more": 1}),
        json.dumps(OTAA | {"app_key": 2}),
        json.dumps(OTAA | {"app_key": "2b7e151628aed2a6abf7158809cf4f3"}),
        json.dumps(OTAA | {"app_key": "2b7e151628aed2a6abf7158809cf4f3c\n"}),
        json.dumps(OTAA | {"join_eui": None}),
        json.dumps(ABP | {"dev_addr": "26011bdag"}),
        '{"app_key": "2b7e151628aed2a6abf7158809cf4f3c" "join_eui"}',
    ],
)
def test_wrong_keys_are_refused_without_being_told(text: str) -> None:
    with pytest.raises(DeviceError, match="expected") as refused:
        read_keys(text)
    assert "2b7e" not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


def test_no_repr_shows_a_key(desk: Desk, node: Node, joiner: Node) -> None:
    assert joiner.keys is None
    desk.hear(desk.reception(joiner.join_request()))
    session = desk.store.newest_session(joiner.dev_eui, "pending")
    device = desk.store.device(joiner.dev_eui)
    assert session and device and node.keys
    shown = f"{session!r} {device!r} {joiner.otaa!r} {node.keys!r}"
    for key in (session.nwk_s_key, session.app_s_key, joiner.app_key, node.keys.nwk_s_key):
        assert repr(key) not in shown
        assert key.hex() not in shown


def test_a_device_is_registered_once(desk: Desk, node: Node) -> None:
    with pytest.raises(ConflictError, match=r"registered already.*device remove"):
        devices.add(desk.store, Provisioning(node.dev_eui, "again", otaa(1).otaa), START_MS)


def test_nodes_share_an_address_but_not_its_key(desk: Desk, node: Node) -> None:
    """Copied keys: what the one says would have come from the other."""
    twin = Node("70b3d57ed0009999", keys=node.keys)
    assert node.keys and twin.keys
    with pytest.raises(ConflictError, match=f"{node.dev_eui} has the same address"):
        devices.add(desk.store, Provisioning(twin.dev_eui, "", twin.keys), START_MS)
    assert desk.store.device(twin.dev_eui) is None
    twin.keys = replace(node.keys, nwk_s_key=bytes(16))
    devices.add(desk.store, Provisioning(twin.dev_eui, "", twin.keys), START_MS)
    with pytest.raises(ConflictError):
        devices.install_session(desk.store, twin.dev_eui, node.keys, START_MS)
    (uplink,) = desk.hear(desk.reception(twin.uplink()))
    assert uplink.dev_eui == twin.dev_eui
    (uplink,) = desk.hear(desk.reception(node.uplink()))
    assert uplink.dev_eui == node.dev_eui


def test_a_device_has_what_it_was_registered_with(desk: Desk) -> None:
    keys = otaa(5).otaa
    devices.add(desk.store, Provisioning("70b3d57ed0000005", "Aue", keys, 50.5, 9.7, 2600), START_MS)
    device = devices.find(desk.store, "70b3d57ed0000005")
    place = sites.present(desk.store.connection, device.dev_eui)
    assert place == Installation("aue", device.dev_eui, 0, None, 2600, 50.5, 9.7, id=1)
    assert device.name == "Aue"
    assert (device.activation, device.join_eui, device.app_key) == ("otaa", keys.join_eui, keys.app_key)


def test_a_device_that_comes_back_hangs_where_it_is_said_to(desk: Desk) -> None:
    db, dev_eui = desk.store.connection, "70b3d57ed0000005"
    node = Provisioning(dev_eui, "Aue", otaa(5).otaa, 50.5, 9.7, 2600)
    devices.add(desk.store, node, START_MS)
    for at, again in enumerate((replace(node, mount_mm=None, lat=None, lon=None), node), START_MS + 1):
        devices.archive(desk.store, dev_eui, at)
        devices.add(desk.store, again, at)
        assert sites.installations(db, dev_eui) == [Installation("aue", dev_eui, 0, None, 2600, id=1)]
    devices.archive(desk.store, dev_eui, START_MS + 5)
    devices.add(desk.store, replace(node, lat=50.6, mount_mm=3000), START_MS + 9)
    assert sites.installations(db, dev_eui) == [
        Installation("aue", dev_eui, 0, START_MS + 9, 2600, id=1),
        Installation("aue", dev_eui, START_MS + 9, None, 3000, id=2),
    ]
    assert sites.present(db, dev_eui) == Installation("aue", dev_eui, START_MS + 9, None, 3000, 50.6, 9.7, 2)


def test_a_device_that_measures_nowhere_any_more_may_be_given_a_height(desk: Desk) -> None:
    db, dev_eui = desk.store.connection, "70b3d57ed0000005"
    devices.add(desk.store, Provisioning(dev_eui, "Aue", otaa(5).otaa, mount_mm=2600), START_MS)
    with desk.store.transaction():
        sites.install(db, Installation("aue", dev_eui, 0, START_MS, 2600))
    devices.change(desk.store, dev_eui, {"mount_mm": 3000})
    place = sites.present(db, dev_eui)
    assert place and (place.site_id, place.from_ms, place.mount_mm) == (f"aue-{dev_eui}", START_MS, 3000)


@pytest.mark.parametrize("act", [devices.find, devices.purge])
def test_an_unknown_device_names_the_next_step(desk: Desk, act: Callable[[Store, str], object]) -> None:
    with pytest.raises(NotFoundError, match="no device 70b3d57ed0000099; `messfunk device list`"):
        act(desk.store, "70b3d57ed0000099")


async def test_a_reset_abp_device_counts_anew_and_keeps_its_history(desk: Desk, node: Node) -> None:
    for _ in range(3):
        desk.hear(desk.reception(node.uplink(confirmed=True)))
        await desk.clock.advance(3000)
    assert devices.reset_session(desk.store, node.dev_eui, START_MS)
    node.fcnt = -1
    desk.hear(desk.reception(node.uplink(confirmed=True)))
    await desk.clock.advance(3000)
    assert desk.fcnts(node.dev_eui) == [(1, 0), (1, 1), (1, 2), (2, 0)]
    counters = [frames.parse(down.phy).fcnt for down in desk.gateways.sent]
    assert len(set(counters)) == 4, "a downlink counter never begins anew under the same key"
    session = desk.store.newest_session(node.dev_eui, "active")
    assert session
    assert (session.link, len(session.heard)) == ("", 2 + 3), "its settings are gone"


async def test_a_reset_otaa_device_must_join_again(desk: Desk, joiner: Node) -> None:
    assert not devices.reset_session(desk.store, joiner.dev_eui, START_MS)
    desk.hear(desk.reception(joiner.join_request()))
    await desk.clock.advance(6000)
    joiner.hear_accept(desk.gateways.sent[-1].phy)
    desk.hear(desk.reception(joiner.uplink()))
    assert devices.reset_session(desk.store, joiner.dev_eui, START_MS)
    assert desk.hear(desk.reception(joiner.uplink())) == []
    assert desk.counters.refused["unknown_device"] == 1


def test_an_installed_session_takes_the_place_of_the_former(desk: Desk, node: Node) -> None:
    other = abp(8)
    assert other.keys
    devices.install_session(desk.store, node.dev_eui, other.keys, START_MS)
    assert desk.hear(desk.reception(node.uplink())) == []
    (uplink,) = desk.hear(desk.reception(other.uplink()))
    assert uplink.dev_eui == node.dev_eui


def test_an_archived_device_is_served_no_more_and_comes_back_with_its_history(desk: Desk, node: Node) -> None:
    assert node.keys
    desk.hear(desk.reception(node.uplink()))
    devices.archive(desk.store, node.dev_eui, START_MS + 1)
    assert desk.hear(desk.reception(node.uplink())) == []
    assert desk.counters.refused["unknown_device"] == 1
    assert desk.store.devices() == []
    devices.add(desk.store, Provisioning(node.dev_eui, "Aue again", node.keys), START_MS + 2)
    desk.hear(desk.reception(node.uplink()))
    assert desk.fcnts(node.dev_eui) == [(1, 0), (2, 2)]
    assert devices.find(desk.store, node.dev_eui).name == "Aue again"


def test_an_archived_device_may_not_join_and_has_no_key(desk: Desk, joiner: Node) -> None:
    devices.archive(desk.store, joiner.dev_eui, START_MS)
    desk.hear(desk.reception(joiner.join_request()))
    assert desk.counters.refused["unknown_device"] == 1
    archived = desk.store.archived_device(joiner.dev_eui)
    assert archived and archived.app_key is None


async def test_a_device_that_comes_back_keeps_its_nonces(desk: Desk, joiner: Node) -> None:
    request = joiner.join_request()
    desk.hear(desk.reception(request))
    await desk.clock.advance(10_000)
    devices.archive(desk.store, joiner.dev_eui, START_MS)
    devices.add(desk.store, Provisioning(joiner.dev_eui, "Wehr", joiner.otaa), START_MS)
    desk.hear(desk.reception(request))
    assert desk.counters.refused["dev_nonce"] == 1
