"""One suite for both databases: what holds of the ledger holds in SQLite and in PostgreSQL."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from time import monotonic, sleep

import pytest

from gateway import devices
from gateway.model import Device, Installation, Reading, Site
from gateway.store import lns, outbox, queries, sites
from gateway.store.database import StoreError, Where, opened
from gateway.store.ledger import Store
from gateway.store.sites import SiteError
from tests.gateway import postgres
from tests.gateway.desk import START_MS, Desk, Node

DEV_EUI = "70b3d57ed0000001"


def test_a_transaction_that_fails_changes_nothing(desk: Desk, node: Node) -> None:
    (uplink,) = desk.hear(desk.reception(node.uplink()))
    before = desk.dump()

    def write(then: Callable[[], None]) -> None:
        with desk.store.transaction():
            desk.store.set_fcnt_up(1, 77)
            then()

    with pytest.raises(StoreError, match=r"UNIQUE|unique"):
        write(lambda: desk.store.add_uplink(uplink))
    with pytest.raises(ZeroDivisionError):
        write(lambda: print(1 / 0))
    assert desk.dump() == before
    write(lambda: None)
    assert desk.dump() != before


def test_a_part_of_a_transaction_can_fail_alone(desk: Desk, node: Node, joiner: Node) -> None:
    def forget(dev_eui: str) -> None:
        with desk.store.transaction():
            desk.store.remove_device(dev_eui)
            raise ZeroDivisionError

    with desk.store.transaction():
        desk.store.set_fcnt_up(1, 77)
        with pytest.raises(ZeroDivisionError):
            forget(joiner.dev_eui)
    assert desk.store.device(joiner.dev_eui)
    assert desk.store.candidates("00000001")[0].fcnt_up == 77


def test_a_swallowed_refusal_commits_nothing_half(desk: Desk, node: Node) -> None:
    """In PostgreSQL a COMMIT after a failed statement rolls back and calls it success."""
    (uplink,) = desk.hear(desk.reception(node.uplink()))
    try:
        with desk.store.transaction():
            desk.store.set_fcnt_up(1, 77)
            try:
                desk.store.add_uplink(uplink)
            except StoreError:
                pass
        told = 77
    except StoreError:
        told = 0
    assert desk.store.candidates("00000001")[0].fcnt_up == told


def test_a_removed_device_takes_its_rows_with_it(desk: Desk, node: Node, joiner: Node) -> None:
    desk.hear(desk.reception(joiner.join_request()), desk.reception(node.uplink()))
    for dev_eui in (node.dev_eui, joiner.dev_eui):
        devices.purge(desk.store, dev_eui)
    tables = ("device", "session", "dev_nonce", "uplink", "reception", "reading")
    for table in tables:
        assert desk.store.connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == 0


def test_old_events_are_trimmed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.store.ledger._EVENTS_KEPT", 3)
    with desk.store.transaction():
        for number in range(10):
            desk.store.add_events([("uplink", str(number))])
    rows = desk.store.connection.execute("SELECT id, data FROM event").fetchall()
    assert [tuple(row) for row in rows] == [(8, "7"), (9, "8"), (10, "9")]


def test_devices_are_listed_by_their_eui(desk: Desk, joiner: Node, node: Node) -> None:
    listed = desk.store.devices()
    assert [device.dev_eui for device in listed] == sorted([joiner.dev_eui, node.dev_eui])
    assert {device.created_at for device in listed} == {START_MS}


def test_another_opens_what_one_has_made(where: Where, store: Store) -> None:
    other = Store(where)
    with other.transaction():
        devices.add(other, devices.Provisioning(DEV_EUI, "Aue", None), START_MS)
    other.close()
    assert [device.name for device in store.devices()] == ["Aue"]


def test_a_reader_cannot_write_and_sees_one_moment(where: Where, desk: Desk, node: Node) -> None:
    with opened(where) as db:
        before = queries.device(db, node.dev_eui)
        desk.hear(desk.reception(node.uplink()))
        assert queries.device(db, node.dev_eui) == before
        with pytest.raises(StoreError, match=r"read.?only"):
            db.execute("DELETE FROM device")
    with opened(where) as db:
        assert queries.device(db, node.dev_eui) != before


@pytest.mark.parametrize("where", ["postgres"], indirect=True)
def test_one_process_serves_the_network(where: Where, store: Store) -> None:
    other = Store(where)
    assert store.claim("network")
    assert not other.claim("network")
    store.close()
    assert other.claim("network")
    other.close()


def test_a_node_is_served_whole(desk: Desk, node: Node, joiner: Node) -> None:
    desk.hear(desk.reception(joiner.join_request()))
    uplinks = desk.hear(desk.reception(node.uplink(confirmed=True)), desk.reception(node.uplink()))
    assert desk.fcnts(node.dev_eui) == [(1, 0), (1, 1)]
    assert desk.store.undecoded() == uplinks
    assert desk.store.uplink(1, 1) == uplinks[1]
    told = queries.uplink(desk.store.connection, uplinks[0].id)
    assert told and (told["confirmed"], told["decoded"], told["payload"]) == (True, None, "01")
    assert len(told["receptions"]) == 1
    assert desk.counters.joins == 1


def test_what_is_owed_is_kept_in_order(desk: Desk, node: Node) -> None:
    uplinks = desk.hear(*(desk.reception(node.uplink()) for _ in range(3)))
    db = desk.store.connection
    with desk.store.transaction():
        for uplink in [*uplinks, uplinks[0]]:
            outbox.put(db, ["hook", "influx"], [uplink.id], START_MS)
        outbox.note(db, "hook", START_MS, None)
        outbox.note(db, "hook", START_MS + 1, "HTTP 503")
    owed = outbox.due(db, "hook", 10)
    assert [each.fcnt for each in owed] == [0, 1, 2]
    outbox.bury(db, "hook", owed[1], "HTTP 422")
    outbox.settle(db, "hook", owed[:1], START_MS)
    assert [each.fcnt for each in outbox.due(db, "hook", 10)] == [2]
    (lag,) = outbox.lags(db)
    assert (lag.depth, lag.dead, lag.error) == (1, 1, "HTTP 503")
    assert [(letter.sink, letter.reason) for letter in outbox.dead(db)] == [("hook", "HTTP 422")]
    assert list(outbox.dead(db, "influx")) == []
    assert (outbox.retry(db, "influx"), outbox.retry(db)) == (0, 1)
    assert [each.fcnt for each in outbox.due(db, "hook", 10)] == [1, 2]
    assert outbox.drop(db, "hook") == 2


def test_an_lns_counts_in_its_own_sessions(store: Store) -> None:
    devices.add(store, devices.Provisioning(DEV_EUI, "Aue", None), START_MS)
    db = store.connection
    session_id = lns.begin_session(db, DEV_EUI, None, START_MS, "aue", "route")
    for fcnt in (5, 3):
        lns.advance(db, session_id, fcnt, "aue", "other")
    found = lns.session_in_force(db, DEV_EUI, START_MS)
    assert found and (found.id, found.fcnt_up) == (session_id, 5)
    assert lns.way_down(db, DEV_EUI) == ("aue", "other")


def test_the_newest_reading_of_a_series_stands_apart(desk: Desk, node: Node) -> None:
    uplinks = desk.hear(*(desk.reception(node.uplink()) for _ in range(3)))
    times = (START_MS + 500, START_MS + 900, START_MS + 100)  # the last one comes late
    for uplink, time in zip(uplinks, times, strict=True):
        reading = Reading(node.dev_eui, "level", time, float(time), None, 1, uplink.id)
        desk.store.set_decoded([(uplink.id, [reading], None)])
    db = desk.store.connection
    told = queries.device(db, node.dev_eui)
    assert told and [each["time"] for each in told["last"]] == [START_MS + 900]
    assert [each["time"] for each in queries.readings(db, node.dev_eui)] == sorted(times)
    (only,) = queries.readings(db, node.dev_eui, "level", (times[0], None), limit=1)
    assert only["time"] == times[0]


def test_devices_are_told_in_pages(store: Store) -> None:
    euis = [f"70b3d57ed000{number:04x}" for number in range(7)]
    for dev_eui in euis:
        devices.add(store, devices.Provisioning(dev_eui, "Aue", None), START_MS)
    assert [each["dev_eui"] for each in queries.devices(store.connection)] == euis
    assert [each["dev_eui"] for each in queries.devices(store.connection, (euis[1],), 3)] == euis[2:5]
    assert len({site.id for site in sites.sites(store.connection)}) == 7, "each has a site of its own"


def test_a_resurvey_ends_one_installation_and_begins_another(store: Store) -> None:
    devices.add(store, devices.Provisioning(DEV_EUI, "Wehr am Mühlgraben", None, mount_mm=3000), START_MS)
    db = store.connection
    first = Installation("wehr-am-muehlgraben", DEV_EUI, from_ms=0, mount_mm=3000)
    for from_ms, mount_mm in ((500, 2990), (800, 2950), (300, 2995), (500, 2991)):
        sites.install(db, replace(first, from_ms=from_ms, mount_mm=mount_mm))
    told = [(each.from_ms, each.to_ms, each.mount_mm) for each in sites.installations(db, DEV_EUI)]
    assert told == [(0, 300, 3000), (300, 500, 2995), (500, 800, 2991), (800, None, 2950)]
    with pytest.raises(SiteError, match="no site"):
        sites.install(db, replace(first, site_id="elsewhere"))
    with pytest.raises(SiteError, match="after it begins"):
        sites.install(db, replace(first, from_ms=900, to_ms=900))


def test_a_site_is_what_was_said_of_it(store: Store) -> None:
    made = Site("aue", "Aue", 50.5, 9.7, True, 100, "Aue", "behind the mill", START_MS)
    sites.add(store.connection, made)
    assert sites.site(store.connection, "aue") == made
    with pytest.raises(SiteError, match="is there already"):
        sites.add(store.connection, made)
    with pytest.raises(SiteError, match="a-z"):
        sites.add(store.connection, replace(made, id="Aue"))
    assert [sites.slug(name) for name in ("Straße 7", "???", "a" * 50)] == ["strasse-7", "site", "a" * 40]


def test_a_site_made_for_a_node_has_a_name_that_is_free(store: Store) -> None:
    device = Device(DEV_EUI, "Wehr", "otaa")
    store.add_device(device)
    for _ in range(3):
        sites.add_for(store.connection, device, None, None, None)
        there = sites.present(store.connection, DEV_EUI)
        assert there
        sites.install(store.connection, replace(there, to_ms=there.from_ms + 1))
    named = [each.id for each in sites.sites(store.connection)]
    assert named == ["wehr", f"wehr-{DEV_EUI}", f"wehr-{DEV_EUI}-2"]


def test_a_hostile_name_is_a_value_and_nothing_else(store: Store) -> None:
    name = "x'); DROP TABLE device; -- ? %s %(a)s"
    devices.add(store, devices.Provisioning(DEV_EUI, name, None), START_MS)
    assert [device.name for device in store.devices()] == [name]


def test_what_one_process_does_goes_over_to_another(postgresql: postgres.Server) -> None:
    where = postgresql.database()
    first, second = Store(where), Store(where)
    assert first.holds("alarms") and not second.holds("alarms")
    assert first.holds("alarms"), "asked again it is still ours"
    first.close()
    until = monotonic() + 10
    while not second.holds("alarms"):
        assert monotonic() < until
        sleep(0.05)
    second.close()


def test_who_waited_for_another_in_vain_writes_when_that_one_is_done(where: Where) -> None:
    now_s = 0.0
    with closing(Store(where)) as slow, closing(Store(where, now_s=lambda: now_s)) as quick:
        with slow.transaction(), pytest.raises(StoreError), quick.transaction():
            pass
        with quick.transaction():
            pass
        assert quick.write_error, "one that succeeds does not hide those that do not"
        now_s = 11.0
        assert quick.write_error is None
