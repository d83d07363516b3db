"""Who speaks for a gateway, and when another address may."""

import ipaddress
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import devices
from gateway.app import App
from gateway.counters import Counters
from gateway.devices import Provisioning
from gateway.refusals import Refusals
from gateway.sources.presence import Listing, Presence
from tests.gateway.broker import until
from tests.gateway.desk import EUIS, START_MS, ManualClock, Node, abp
from tests.gateway.forwarder import EUI, PULL_DATA, PULL_RESP, TX_ACK, Forwarder, head, push, rxpk
from tests.gateway.test_app import advance, config, rows

KEEPALIVE_MS = 10_000
UDP = Listing("semtech_udp", {}, KEEPALIVE_MS)
STATION = Listing("basics_station", {}, None)
LISTED = Listing("semtech_udp", {EUIS[0]: ipaddress.ip_network("10.1.0.0/16"), EUIS[1]: None}, KEEPALIVE_MS)


def made() -> tuple[Presence, ManualClock, Counters]:
    clock, counters = ManualClock(), Counters()
    return Presence(clock, Refusals(counters, clock)), clock, counters


def test_another_address_waits_for_three_silent_keepalives() -> None:
    presence, clock, counters = made()
    assert presence.claim(EUIS[0], "192.0.2.1", UDP)
    clock.turn_to(START_MS + 3 * KEEPALIVE_MS)
    assert not presence.claim(EUIS[0], "192.0.2.2", UDP)
    assert counters.refused["conflict"] == 1 and presence.conflicts() == {EUIS[0]: clock.now_ms()}
    clock.turn_to(START_MS + 3 * KEEPALIVE_MS + 1)
    assert presence.claim(EUIS[0], "192.0.2.2", UDP)
    assert not presence.claim(EUIS[0], "192.0.2.1", UDP)


def test_each_word_of_the_first_begins_its_time_anew() -> None:
    presence, clock, _ = made()
    for _ in range(10):
        assert presence.claim(EUIS[0], "192.0.2.1", UDP)
        clock.turn_to(clock.now_ms() + 2 * KEEPALIVE_MS)
        assert not presence.claim(EUIS[0], "192.0.2.2", UDP)


@pytest.mark.parametrize(
    ("host", "is_believed"),
    [("10.1.9.9", True), ("::ffff:10.1.9.9", True), ("10.2.0.1", False), ("::1", False), ("proxy", False)],
)
def test_within_its_network_it_is_believed_at_once(host: str, is_believed: bool) -> None:
    presence, _, counters = made()
    assert presence.claim(EUIS[0], "10.1.0.1", LISTED)
    assert presence.claim(EUIS[0], host, LISTED) == is_believed
    assert counters.refused["conflict"] == (not is_believed)


def test_a_connection_is_never_silent_until_it_ends() -> None:
    presence, clock, _ = made()
    assert presence.claim(EUIS[0], "192.0.2.1", STATION)
    clock.turn_to(START_MS + 1_000_000)
    assert not presence.claim(EUIS[0], "192.0.2.1", UDP) and presence.is_anothers(EUIS[0], UDP)
    presence.leave(EUIS[0], "192.0.2.1", "basics_station")
    assert presence.claim(EUIS[0], "192.0.2.1", UDP)


def test_who_is_not_listed_is_shown_for_a_day() -> None:
    presence, clock, counters = made()
    assert not presence.is_served(EUIS[2], "192.0.2.3", LISTED)
    assert not presence.is_served(EUIS[2], "192.0.2.4", LISTED)
    [told] = presence.strangers()
    assert (told.gateway_id, told.host, told.calls) == (EUIS[2], "192.0.2.4", 2)
    clock.turn_to(START_MS + 25 * 3_600_000)
    assert presence.strangers() == [] and counters.refused["unknown_gateway"] == 2


def test_who_invents_euis_pushes_out_none_that_calls_again() -> None:
    presence, _, _ = made()
    for _ in range(3):
        presence.is_served(EUIS[2], "192.0.2.3", LISTED)
    for number in range(1000):
        presence.is_served(f"{number:016x}", "203.0.113.1", LISTED)
    assert EUIS[2] in {each.gateway_id for each in presence.strangers()}
    assert len(presence.strangers()) == 100


hosts = st.sampled_from(["192.0.2.1", "192.0.2.2", "10.1.0.1", "10.1.0.2"])
steps = st.lists(
    st.tuples(st.sampled_from([UDP, STATION, LISTED]), hosts, st.integers(0, 40_000)), max_size=30
)


@given(steps)
def test_no_two_addresses_ever_speak_at_once(taken: list[tuple[Listing, str, int]]) -> None:
    """Whoever was believed within three keepalives goes on being the only one, its network apart."""
    presence, clock, _ = made()
    last: tuple[str, str, int, int | None] | None = None
    for listing, host, passed_ms in taken:
        clock.turn_to(clock.now_ms() + passed_ms)
        is_believed = presence.claim(EUIS[0], host, listing)
        if last and is_believed and (last[0], last[1]) != (listing.source, host):
            is_silent = last[3] is not None and clock.now_ms() - last[2] > 3 * KEEPALIVE_MS
            assert is_silent or (listing is LISTED and host.startswith("10.1."))
        if is_believed:
            last = (listing.source, host, clock.now_ms(), listing.keepalive_ms)
    assert len(presence.present()) <= 1


# Over the wire.


@dataclass
class Wire:
    """A gateway with a node, its forwarder, and somebody at another address."""

    app: App
    node: Node
    forwarder: Forwarder
    thief: Forwarder


@pytest.fixture
async def wire(tmp_path: Path) -> AsyncIterator[Wire]:
    async with App(config(tmp_path / "ledger.db"), ManualClock()) as app:
        node = abp(1)
        devices.add(app.store, Provisioning(node.dev_eui, "Aue", node.keys), START_MS)
        both = Forwarder(app.udp_address), Forwarder(app.udp_address, "127.0.0.2")
        await both[0].pull()
        both[1].send(head(PULL_DATA, 1))
        await both[0].pull()
        yield Wire(app, node, *both)
        for each in both:
            each.close()


async def test_a_spoofed_pull_data_takes_no_downlink_away(wire: Wire) -> None:
    await wire.forwarder.ask(push(rxpk(wire.node.uplink(confirmed=True))))
    await advance(wire.app, 200)
    response = await wire.forwarder.receive()
    assert response[3] == PULL_RESP
    wire.thief.send(head(TX_ACK, int.from_bytes(response[1:3], "big")) + b'{"txpk_ack":{"error":"TX_FREQ"}}')
    await wire.forwarder.pull()
    with pytest.raises(TimeoutError):
        await wire.thief.receive(0.05)
    assert wire.app.counters.refused["conflict"] == 1
    assert wire.app.counters.refused["transmission"] == 0


async def test_a_conflict_is_an_alarm_until_an_hour_after_it(wire: Wire) -> None:
    await advance(wire.app, 60_000)
    assert rows(wire.app, "SELECT kind, gateway_id, cleared_at FROM alarm") == [("conflict", EUI, None)]
    assert list(wire.app.health()["conflicts"]) == [EUI]
    await advance(wire.app, 3_600_000)
    ((cleared_at,),) = rows(wire.app, "SELECT cleared_at FROM alarm")
    assert cleared_at is not None


async def test_what_the_system_drops_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.sources.semtech_udp._BUFFER", 65_536)
    async with App(config(tmp_path / "ledger.db"), ManualClock()) as app:
        sender = Forwarder(app.udp_address)
        for _ in range(100):
            sender.send(b"\xff" * 20_000)
        await until(lambda: app.counters.datagrams)
        await sender.pull()
        app._sources[0].count_dropped()
        sender.close()
        assert app.counters.dropped > 0
        assert app.counters.dropped + app.counters.refused["malformed"] == 100
