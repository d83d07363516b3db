"""A list of devices is taken over as a whole or not at all, on both databases, and comes back out."""

from dataclasses import replace

import pytest

from codec.desk.device_files.entry import Entry
from gateway import devices, importing
from gateway.devices import DeviceError
from gateway.store import queries, sites
from gateway.store.ledger import Store
from tests.gateway.desk import START_MS, Desk, otaa

AUE = Entry(
    "70b3d57ed0000001",
    "Aue",
    "otaa",
    "0102030405060708",
    "2b7e151628aed2a6abf7158809cf4f3c",
    7,
    group="Nord",
    lat=50.5,
    lon=9.7,
    mount_mm=2600,
)
WEHR = Entry(
    "70b3d57ed0000002",
    "Wehr",
    "abp",
    dev_addr="26011bda",
    nwk_s_key="01" * 16,
    app_s_key="02" * 16,
    fcnt_up=70_000,
    fcnt_down=12,
)
BEHIND = Entry("70b3d57ed0000003", "Brücke", "lns")


def take(store: Store, *entries: Entry, is_foreign: bool = False, is_lns: bool = False) -> list[str]:
    with store.transaction():
        return [each.state for each in importing.take(store, entries, is_lns, is_foreign, START_MS)]


def test_what_goes_in_comes_out(store: Store) -> None:
    assert take(store, AUE, WEHR, BEHIND) == ["new"] * 3
    assert list(importing.entries(store, with_keys=True)) == [AUE, WEHR, BEHIND]
    shy = [
        replace(AUE, app_key=None, join_nonce=None),
        replace(WEHR, dev_addr=None, nwk_s_key=None, app_s_key=None, fcnt_up=None, fcnt_down=None),
    ]
    assert list(importing.entries(store, with_keys=False)) == [*shy, BEHIND]
    assert take(store, AUE, *shy[1:], BEHIND) == ["same"] * 3, "what the list does not say stays"


def test_differences_are_told_without_keys_and_then_taken_over(store: Store) -> None:
    take(store, AUE, WEHR)
    moved = replace(AUE, name="Aue II", mount_mm=2500, app_key="00" * 16)
    rekeyed = replace(WEHR, app_s_key="03" * 16, fcnt_up=None, fcnt_down=None)
    changes = list(importing.compare(store, [moved, rekeyed], False))
    assert changes[0].fields == {
        "name": ("Aue", "Aue II"),
        "mount_mm": (2600, 2500),
        "keys": ("others", "those of the list"),
    }
    assert "00" * 16 not in repr(changes) and "03" * 16 not in repr(changes)
    assert list(importing.entries(store, with_keys=True)) == [AUE, WEHR], "comparing changes nothing"
    assert take(store, moved, rekeyed) == ["changed", "changed"]
    assert list(importing.entries(store, with_keys=True)) == [
        moved,
        replace(rekeyed, fcnt_up=-1, fcnt_down=0),
    ]


def test_one_fault_and_nothing_is_taken_over(store: Store) -> None:
    take(store, AUE)
    without_keys = Entry("70b3d57ed0000009", "none")
    with pytest.raises(DeviceError, match=r"70b3d57ed0000009: the list has no keys.*--lns"):
        take(store, replace(AUE, name="other"), WEHR, without_keys)
    assert list(importing.entries(store, with_keys=True)) == [AUE]
    assert [site.id for site in sites.sites(store.connection)] == ["aue"]
    assert take(store, without_keys, is_lns=True) == ["new"]
    assert store.device("70b3d57ed0000009").activation == "lns"  # type: ignore[union-attr]


def test_nodes_of_one_name_get_sites_of_their_own(store: Store) -> None:
    take(store, AUE, replace(WEHR, name="Aue"), replace(BEHIND, name="aue!"))
    assert [site.id for site in sites.sites(store.connection)] == [
        "aue",
        "aue-70b3d57ed0000002",
        "aue-70b3d57ed0000003",
    ]


def test_an_archived_node_comes_back(store: Store) -> None:
    take(store, AUE)
    devices.archive(store, AUE.dev_eui, START_MS)
    assert [each.state for each in importing.compare(store, [AUE], False)] == ["back"]
    assert take(store, AUE, WEHR) == ["back", "new"]
    assert list(importing.entries(store, with_keys=True)) == [AUE, WEHR]


def test_a_list_can_turn_a_node_that_joins_into_one_that_does_not_and_back(store: Store) -> None:
    take(store, AUE)
    keys = {"dev_addr": "26011bdb", "nwk_s_key": "04" * 16, "app_s_key": "05" * 16}
    assert take(store, Entry(AUE.dev_eui, **keys)) == ["changed"]
    assert [each.dev_eui for each in store.candidates("26011bdb")] == [AUE.dev_eui]
    assert take(store, AUE) == ["changed"]
    assert store.candidates("26011bdb") == []
    assert list(importing.entries(store, with_keys=True)) == [AUE]


async def test_a_node_from_elsewhere_is_given_higher_join_nonces(desk: Desk) -> None:
    """LoRaWAN 1.0.4 nodes refuse a JoinNonce that is not above the last one (TS001-1.0.4, section 6.2.3)."""
    node = otaa(1)
    entry = Entry(node.dev_eui, "Aue", join_eui=node.otaa.join_eui, app_key=node.app_key.hex())
    take(desk.store, entry, is_foreign=True)
    desk.hear(desk.reception(node.join_request()))
    await desk.clock.advance(6000)
    assert desk.store.device(node.dev_eui).join_nonce == 0x10001  # type: ignore[union-attr]
    take(desk.store, replace(entry, join_nonce=5), is_foreign=True)
    assert desk.store.device(node.dev_eui).join_nonce == 0x10001, "never back"  # type: ignore[union-attr]


async def test_an_abp_node_goes_on_counting(desk: Desk) -> None:
    """Beyond 16 bits its frames fit no other counter, and it would not hear a lower one of ours."""
    from codec.lorawan import frames
    from tests.gateway.desk import abp

    node = abp(1)
    assert node.keys
    node.fcnt = 70_000
    keys = (node.keys.dev_addr, node.keys.nwk_s_key.hex(), node.keys.app_s_key.hex())
    take(desk.store, Entry(node.dev_eui, "Aue", None, None, None, None, *keys, fcnt_up=70_000, fcnt_down=12))
    (uplink,) = desk.hear(desk.reception(node.uplink(confirmed=True)))
    assert uplink.fcnt == 70_001
    await desk.clock.advance(3000)
    assert frames.parse(desk.gateways.sent[-1].phy).fcnt == 12


def test_lists_are_narrowed_by_group(store: Store) -> None:
    take(store, AUE, replace(WEHR, group="Süd"), replace(BEHIND, group="Nord"))
    db = store.connection
    assert queries.groups(db) == [{"name": "Nord", "devices": 2}, {"name": "Süd", "devices": 1}]
    assert [row["dev_eui"] for row in queries.devices(db, group="Nord")] == [AUE.dev_eui, BEHIND.dev_eui]
    assert [row["dev_eui"] for row in queries.devices(db, (AUE.dev_eui,), 5, "Nord")] == [BEHIND.dev_eui]
    assert [row["group"] for row in queries.devices(db)] == ["Nord", "Süd", "Nord"]
    devices.change(store, AUE.dev_eui, {"group": None})
    assert [row["dev_eui"] for row in queries.devices(db, group="Nord")] == [BEHIND.dev_eui]
