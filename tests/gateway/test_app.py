"""The whole gateway over a real UDP socket, on a clock that the test turns."""

import asyncio
import base64
import json
import socket
import sqlite3
import struct
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

import cbor2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codec.lorawan import frames
from gateway import devices, events
from gateway.app import App
from gateway.config import Address, Config, ConfigError, HttpConfig, SourceConfig, StoreConfig
from gateway.devices import AbpKeys, Provisioning
from gateway.model import Reception, Uplink
from tests.gateway.broker import until
from tests.gateway.desk import START_MS, ManualClock, Node, abp, flip, otaa
from tests.gateway.forwarder import EUI, PULL_DATA, PULL_RESP, PUSH_ACK, TX_ACK, Forwarder, head, push, rxpk

FREE = Address("127.0.0.1", 0)
REPORT = cbor2.dumps([0b0000_0000_0100_1010 - 16, -5, 112, 1])  # temperature, distance, battery


def config(path: Path, *gateways: str, page: bool = False) -> Config:
    return Config(
        store=StoreConfig(path=path),
        http=HttpConfig(bind=FREE) if page else None,
        source=(SourceConfig(bind=FREE, gateways=gateways),),
    )


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[App]:
    async with App(config(tmp_path / "ledger.db"), ManualClock()) as running:
        yield running


@pytest.fixture
async def forwarder(app: App) -> AsyncIterator[Forwarder]:
    made = Forwarder(app.udp_address)
    yield made
    made.close()


@pytest.fixture
def node(app: App) -> Node:
    made = abp(1)
    assert made.keys
    devices.add(app.store, Provisioning(made.dev_eui, "Aue", made.keys, mount_mm=3000), START_MS)
    return made


def rows(app: App, query: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in app.store.connection.execute(query)]


async def advance(app: App, ms: int) -> None:
    assert isinstance(app.clock, ManualClock)
    await app.clock.advance(ms)


async def test_a_published_frame_goes_all_the_way(app: App, forwarder: Forwarder) -> None:
    """The frame in the README of lora-packet: its payload is a text, so it is stored as no report."""
    keys = AbpKeys(
        "49be7df1",
        bytes.fromhex("44024241ed4ce9a68c6a8bc055233fd3"),
        bytes.fromhex("ec925802ae430ca77fd3dd73cb2cc588"),
    )
    devices.add(app.store, Provisioning("70b3d57ed0000001", "Aue", keys), START_MS)
    phy = bytes.fromhex("40F17DBE4900020001954378762B11FF0D")
    assert await forwarder.ask(push(rxpk(phy), token=0xABCD)) == b"\x02\xab\xcd\x01"
    ((fcnt, fport, payload, decoded, error),) = rows(
        app, "SELECT fcnt, fport, payload, decoded, error FROM uplink"
    )
    assert (fcnt, fport, payload, decoded) == (2, 1, b"test", 0)
    assert error
    assert app.counters.undecoded == 1


async def test_a_report_becomes_readings_and_events(app: App, forwarder: Forwarder, node: Node) -> None:
    await forwarder.ask(push(rxpk(node.uplink(REPORT), tmst=7, lsnr=None)))
    assert rows(app, "SELECT quantity, value, fault, flag, time FROM reading ORDER BY quantity") == [
        ("battery", 3.61, None, 2, START_MS),
        ("distance", 1766.0, None, 1, START_MS),
        ("level", 1234.0, None, 1, START_MS),
        ("temperature", 9.5, None, 1, START_MS),
    ]
    _, kinds, data = zip(*events.read(app.store.connection, 0, 9)[1], strict=True)
    assert kinds == ("uplink", "reading", "reading", "reading", "reading")
    uplink = json.loads(data[0])
    assert uplink["decoded"] is True
    assert (uplink["received_at"], uplink["payload"]) == ("2023-11-14T22:13:20.000Z", REPORT.hex())
    assert uplink["receptions"] == [
        {
            "gateway_id": EUI,
            "rssi_dbm": -101,
            "snr_db": None,
            "frequency_hz": 868_100_000,
            "data_rate": "SF9BW125",
            "tmst": 7,
        }
    ]
    assert json.loads(data[-1])["uplink_id"] == uplink["id"]
    await asyncio.wait_for(app.notifier.wait(0), 5)


async def test_acknowledged_means_committed(app: App, forwarder: Forwarder, node: Node) -> None:
    """While another program keeps the database no frame is acknowledged, nor lost when it comes again."""
    app.store.connection.execute("PRAGMA busy_timeout = 10")
    other = sqlite3.connect(app.store.where, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    datagram = push(rxpk(node.uplink(REPORT)))
    forwarder.send(datagram)
    await forwarder.pull()
    other.execute("ROLLBACK")
    other.close()
    assert rows(app, "SELECT * FROM uplink") == []
    assert (await forwarder.ask(datagram))[3] == PUSH_ACK
    assert len(rows(app, "SELECT * FROM reading")) == 4


async def test_what_a_wake_up_brings_is_one_commit(app: App, forwarder: Forwarder, node: Node) -> None:
    said: list[str] = []
    app.store.connection.set_trace_callback(said.append)
    for token in range(20):  # all of them wait in the socket before the gateway wakes up
        forwarder.send(push(rxpk(node.uplink(REPORT)), token=token))
    assert [(await forwarder.receive())[3] for _ in range(20)] == [PUSH_ACK] * 20
    app.store.connection.set_trace_callback(None)
    commits = [at for at, each in enumerate(said) if each == "COMMIT"]
    stored = [at for at, each in enumerate(said) if each.startswith("INSERT INTO uplink")]
    assert len(stored) == 20 and commits[0] > stored[-1], "the ledger's, before anything is decoded"
    assert len(commits) == 2
    assert rows(app, "SELECT count(*) FROM uplink WHERE decoded = 1") == [(20,)]


async def test_what_is_committed_too_late_is_not_acknowledged(
    app: App, forwarder: Forwarder, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The forwarder has given up by then; the frame is kept, and the loss of the acknowledgement counted."""
    clock, take = app.clock, app._sources[0]._take

    def slowly(heard: Iterable[Reception]) -> list[Uplink]:
        taken = take(heard)
        clock.turn_to(clock.now_ms() + 81)
        return taken

    monkeypatch.setattr(app._sources[0], "_take", slowly)
    forwarder.send(push(rxpk(node.uplink(REPORT))))
    await forwarder.pull()
    await forwarder.pull()
    assert app.counters.unacknowledged == 1
    assert rows(app, "SELECT decoded FROM uplink") == [(1,)]


async def test_what_a_crash_left_undecoded_is_decoded_at_the_start(tmp_path: Path) -> None:
    settings_, clock, sender = config(tmp_path / "ledger.db"), ManualClock(), abp(1)
    assert sender.keys
    async with App(settings_, clock) as app:
        devices.add(app.store, Provisioning(sender.dev_eui, "Aue", sender.keys), START_MS)
        made = Forwarder(app.udp_address)
        await made.ask(push(rxpk(sender.uplink(REPORT))))
        made.close()
        with app.store.transaction():
            app.store.connection.execute("DELETE FROM reading")
            app.store.connection.execute("UPDATE uplink SET decoded = NULL")
    async with App(settings_, clock) as app:
        assert len(rows(app, "SELECT * FROM reading")) == 3
        assert rows(app, "SELECT decoded FROM uplink") == [(1,)]


async def test_a_downlink_goes_where_pull_data_came_from(app: App, forwarder: Forwarder, node: Node) -> None:
    """Not where PUSH_DATA came from: forwarders use two sockets."""
    down = Forwarder(app.udp_address)
    await down.pull()
    await forwarder.ask(push(rxpk(node.uplink(REPORT, confirmed=True), tmst=4_294_000_000)))
    await advance(app, 200)
    response = await down.receive()
    assert (response[0], response[3]) == (2, PULL_RESP)
    txpk = json.loads(response[4:])["txpk"]
    assert (txpk["tmst"], txpk["freq"], txpk["datr"], txpk["powe"]) == (32_704, 868.1, "SF9BW125", 14)
    assert frames.parse(base64.b64decode(txpk["data"])).fctrl == frames.ACK | frames.ADR
    down.close()


async def test_a_refused_first_window_is_tried_in_the_second(
    app: App, forwarder: Forwarder, node: Node
) -> None:
    await forwarder.pull()
    await forwarder.ask(push(rxpk(node.uplink(confirmed=True))))
    await advance(app, 200)
    first = await forwarder.receive()
    token = struct.unpack(">H", first[1:3])[0]
    refusal = json.dumps({"txpk_ack": {"error": "COLLISION_PACKET"}}).encode()
    forwarder.send(head(TX_ACK, token ^ 1) + refusal)
    forwarder.send(head(TX_ACK, token, eui="aa555a0000000102") + refusal)
    await forwarder.pull()
    second = await forwarder.ask(head(TX_ACK, token) + refusal)
    txpk = json.loads(second[4:])["txpk"]
    assert (txpk["freq"], txpk["datr"], txpk["powe"], txpk["tmst"]) == (869.525, "SF12BW125", 27, 2_001_000)
    assert txpk["data"] == json.loads(first[4:])["txpk"]["data"]
    forwarder.send(head(TX_ACK, struct.unpack(">H", second[1:3])[0]) + refusal + b"\0")
    await forwarder.pull()


async def test_an_accepted_downlink_is_not_sent_again(app: App, forwarder: Forwarder, node: Node) -> None:
    await forwarder.pull()
    await forwarder.ask(push(rxpk(node.uplink(confirmed=True))))
    await advance(app, 200)
    (token,) = struct.unpack(">H", (await forwarder.receive())[1:3])
    forwarder.send(head(TX_ACK, token))
    forwarder.send(head(TX_ACK, token) + b'{"txpk_ack":{"error":"TOO_LATE"}}')
    await forwarder.pull()


async def test_a_word_on_a_downlink_of_long_ago_is_about_nothing(
    app: App, forwarder: Forwarder, node: Node
) -> None:
    tokens = []
    for _ in range(2):
        await forwarder.pull()
        await forwarder.ask(push(rxpk(node.uplink(confirmed=True))))
        await advance(app, 200)
        tokens += struct.unpack(">H", (await forwarder.receive())[1:3])
        await advance(app, 61_000)
    for token in tokens:
        forwarder.send(head(TX_ACK, token) + b'{"txpk_ack":{"error":"TX_FREQ"}}')
    await forwarder.pull()
    assert rows(app, "SELECT refused FROM transmission ORDER BY id") == [(None,), ("TX_FREQ",)]


async def test_a_node_joins_over_the_wire(app: App, forwarder: Forwarder) -> None:
    joiner = otaa(2)
    devices.add(app.store, Provisioning(joiner.dev_eui, "Wehr", joiner.otaa), START_MS)
    await forwarder.pull()
    await forwarder.ask(push(rxpk(joiner.join_request())))
    await advance(app, 200)
    txpk = json.loads((await forwarder.receive())[4:])["txpk"]
    assert txpk["tmst"] == 5_001_000
    joiner.hear_accept(base64.b64decode(txpk["data"]))
    await forwarder.ask(push(rxpk(joiner.uplink(REPORT))))
    assert (app.counters.joins, app.counters.uplinks) == (1, 1)
    ((data,),) = rows(app, "SELECT data FROM event WHERE kind = 'join'")
    told = json.loads(data)
    assert joiner.keys
    assert (told["dev_eui"], told["dev_addr"]) == (joiner.dev_eui, joiner.keys.dev_addr)
    assert told["joined_at"]


async def test_a_bad_packet_does_not_harm_the_good_one_beside_it(
    app: App, forwarder: Forwarder, node: Node
) -> None:
    good = node.uplink(REPORT)
    packets = [
        {"stat": -1},
        None,
        rxpk(good, tmst="now"),
        rxpk(flip(good, 80)),
        rxpk(good),
        rxpk(b"\xff" * 30),
        rxpk(b"\x40" + b"\xe0" * 20),
    ]
    assert (await forwarder.ask(push(*packets)))[3] == PUSH_ACK
    assert app.counters.uplinks == 1
    expected = {"crc": 1, "malformed": 3, "mic": 1, "unknown_device": 1}
    assert {cause: count for cause, count in app.counters.refused.items() if count} == expected


@pytest.mark.parametrize(
    "datagram",
    [
        b"",
        b"\x02",
        b"\x09" + bytes(11),
        head(PUSH_ACK),
        head(PULL_RESP) + b"{}",
        head(0) + b"{",
        head(0) + b"[" * 60_000,
        head(0) + b'{"rxpk": 7}',
        head(0, version=1),
        head(TX_ACK) + b'{"txpk_ack": 5}',
        head(TX_ACK) + b'{"txpk_ack": {"error": 5}}',
        head(PULL_DATA)[:-1],
        b"\xff" * 65_507,
    ],
)
async def test_a_malformed_datagram_is_counted_and_never_acknowledged(
    app: App, forwarder: Forwarder, datagram: bytes
) -> None:
    forwarder.send(datagram)
    await forwarder.pull()
    assert app.counters.refused["malformed"] == 1
    assert app.counters.datagrams == 2


async def test_statistics_are_acknowledged(app: App, forwarder: Forwarder) -> None:
    assert (await forwarder.ask(head(0, 5) + b'{"stat": {"rxnb": 3}}\0'))[1:] == b"\x00\x05\x01"
    assert sum(app.counters.refused.values()) == 0


async def test_an_old_forwarder_is_answered_in_its_version(app: App, forwarder: Forwarder) -> None:
    assert await forwarder.ask(head(PULL_DATA, 3, version=1)) == b"\x01\x00\x03\x04"


async def test_a_gateway_that_is_not_listed_gets_nothing(tmp_path: Path) -> None:
    async with App(config(tmp_path / "ledger.db", EUI), ManualClock()) as app:
        sender = abp(1)
        assert sender.keys
        devices.add(app.store, Provisioning(sender.dev_eui, "Aue", sender.keys), START_MS)
        stranger, known = Forwarder(app.udp_address), Forwarder(app.udp_address)
        other = "aa555a0000000999"
        phy = sender.uplink(confirmed=True)
        stranger.send(head(PULL_DATA, 1, other))
        stranger.send(push(rxpk(phy), eui=other))
        await known.pull()
        assert not app.reaches(other)
        assert rows(app, "SELECT * FROM uplink") == []
        with pytest.raises(TimeoutError):
            await stranger.receive(0.05)
        assert (await known.ask(push(rxpk(phy))))[3] == PUSH_ACK
        stranger.close()
        known.close()


noise = st.binary(max_size=200)
truncated = st.builds(lambda whole, at: whole[:at], st.just(push(rxpk(b"\x40" * 20))), st.integers(0, 300))
broken = st.builds(
    lambda start, rest: start + rest, st.sampled_from([head(kind) for kind in range(7)]), noise
)
json_noise = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text("ab0\x00\ud800", max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(list(rxpk(b""))), inner),
    max_leaves=10,
)
shaped = st.builds(lambda body: head(0) + json.dumps({"rxpk": [body]}).encode(), json_noise)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(hostile=st.lists(noise | truncated | broken | shaped, min_size=1, max_size=8))
async def test_a_flood_of_anything_loses_no_good_frame(
    app: App, forwarder: Forwarder, node: Node, hostile: list[bytes]
) -> None:
    failures: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: failures.append(context))
    stored = app.counters.uplinks
    attacker = Forwarder(app.udp_address)
    for datagram in hostile:
        attacker.send(datagram)
    good = push(rxpk(node.uplink(REPORT)), token=0x7777)
    assert await forwarder.ask(good) == b"\x02\x77\x77\x01"
    attacker.close()
    assert failures == []
    assert app.counters.uplinks == stored + 1


async def test_a_burst_is_drained(app: App, forwarder: Forwarder, node: Node) -> None:
    """More than one wake-up's worth, and more than the system's default buffer holds."""
    app.store.connection.execute("PRAGMA synchronous = OFF")
    for token in range(400):
        forwarder.send(push(rxpk(node.uplink(REPORT)), token=token))
    acknowledged = [struct.unpack(">BHB", await forwarder.receive()) for _ in range(400)]
    assert acknowledged == [(2, token, PUSH_ACK) for token in range(400)]
    assert rows(app, "SELECT count(*) FROM uplink") == [(400,)]


@pytest.mark.parametrize("count", [15, 16, 17, 256, 257])
async def test_what_fills_a_turn_or_a_transaction_does_not_wait_for_more(
    app: App, forwarder: Forwarder, node: Node, count: int
) -> None:
    app.store.connection.execute("PRAGMA synchronous = OFF")
    for _ in range(count):
        forwarder.send(push(rxpk(node.uplink(REPORT))))
    assert [(await forwarder.receive())[3] for _ in range(count)] == [PUSH_ACK] * count
    await until(lambda: rows(app, "SELECT count(*) FROM uplink WHERE decoded = 1") == [(count,)])


async def test_a_flood_of_noise_delays_no_transaction(app: App, forwarder: Forwarder, node: Node) -> None:
    attacker = Forwarder(app.udp_address)
    committed_at: list[int] = []
    app._sources[0]._take = lambda heard: committed_at.append(app.counters.datagrams) or []
    forwarder.send(push(rxpk(node.uplink(REPORT))))
    for _ in range(1000):
        attacker.send(b"noise")
    assert (await forwarder.receive())[3] == PUSH_ACK
    attacker.close()
    assert committed_at == [256]


async def test_ipv6_works_too(tmp_path: Path) -> None:
    source = SourceConfig(bind=Address("::1", 0))
    settings_ = Config(store=StoreConfig(path=tmp_path / "ledger.db"), http=None, source=(source,))
    async with App(settings_, ManualClock()) as app:
        made = Forwarder(app.udp_address)
        await made.pull()
        made.close()


async def test_an_address_in_use_is_named(tmp_path: Path, app: App) -> None:
    source = SourceConfig(bind=app.udp_address)
    settings_ = Config(store=StoreConfig(path=tmp_path / "other.db"), http=None, source=(source,))
    with pytest.raises(ConfigError, match=str(app.udp_address)):
        await App(settings_, ManualClock()).start()
    with pytest.raises(ConfigError, match="no page"):
        _ = app.http_url


async def test_the_page_is_served_beside_it_and_ends_with_it(tmp_path: Path) -> None:
    async with App(config(tmp_path / "ledger.db", page=True), ManualClock()) as app:
        host, port = app.http_url.removeprefix("http://").rstrip("/").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(f"GET /healthz HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode())
        answer = await asyncio.wait_for(reader.read(), 10)
        writer.close()
        assert b"200 OK" in answer.splitlines()[0]
        assert b'"now":"2023-11-14T22:13:20.000Z"' in answer
    with pytest.raises(ConnectionRefusedError), socket.create_connection((host, int(port))):
        pass
