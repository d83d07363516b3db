"""Basics Stations at our port, on a clock that the test turns: what they say, are told, and who comes in."""

import asyncio
import json
import logging
import ssl
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed, InvalidMessage, InvalidStatus

from gateway import devices
from gateway.addresses import Address
from gateway.app import App
from gateway.config import Config, ConfigError, SourceConfig, StationConfig, StoreConfig
from gateway.devices import Provisioning
from gateway.gps import gps_ms
from gateway.model import GatewayError
from gateway.network import queue
from gateway.network.config import NetworkConfig
from tests.gateway.desk import START_MS, ManualClock, Node, abp, otaa
from tests.gateway.forwarder import PULL_DATA, Forwarder, head, push, rxpk
from tests.gateway.station import EUI, SESSION, Station, dntxed, jreq, updf
from tests.gateway.test_app import REPORT

FREE = Address("127.0.0.1", 0)
OTHER = "aa555a0000000299"
EXAMPLES = 1000 if settings().max_examples > 1000 else 30  # each is a connection


def config(folder: Path, **options: Any) -> Config:
    return Config(
        store=StoreConfig(path=folder / "ledger.db"),
        http=None,
        source=(StationConfig(type="basics_station", bind=FREE, **options), SourceConfig(bind=FREE)),
    )


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[App]:
    async with App(config(tmp_path), ManualClock()) as running:
        yield running


@pytest.fixture
async def station(app: App) -> AsyncIterator[Station]:
    async with Station(app.station_address) as made:
        yield made


@pytest.fixture
def node(app: App) -> Node:
    made = abp(1)
    assert made.keys
    devices.add(app.store, Provisioning(made.dev_eui, "Aue", made.keys, mount_mm=3000), START_MS)
    return made


def rows(app: App, query: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in app.store.connection.execute(query)]


async def until(so: Callable[[], object]) -> None:
    """What happens at the other end of a connection takes a moment."""
    for _ in range(3000):
        if so():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it has not come about")


async def advance(app: App, ms: int) -> None:
    assert isinstance(app.clock, ManualClock)
    await app.clock.advance(ms)


async def ordered(app: App, station: Station, phy: bytes, **changes: Any) -> dict[str, Any]:
    """The answer to a frame, once copies have been awaited."""
    await station.say(updf(phy, **changes))
    await station.settle()
    await advance(app, 300)
    order = await station.hear()
    assert order["msgtype"] == "dnmsg"
    return order


async def test_discovery_names_the_connection_to_open(app: App) -> None:
    answer = await Station(app.station_address).ask()
    assert answer["router"] == "aa-55-5a-00-00-00-02-01"
    assert answer["uri"] == f"ws://{app.station_address}/router/{EUI}"


async def test_a_report_becomes_readings(app: App, station: Station, node: Node) -> None:
    assert station.config["msgtype"] == "router_config" and station.config["MuxTime"] == START_MS / 1000
    await station.say(updf(node.uplink(REPORT)))
    await station.settle()
    assert len(rows(app, "SELECT * FROM reading")) == 4
    assert rows(app, "SELECT gateway_id, data_rate, frequency_hz, rssi_dbm, snr_db, tmst FROM reception") == [
        (EUI, "SF9BW125", 868_100_000, -101, 5.5, 1000)
    ]


async def test_a_node_joins(app: App, station: Station) -> None:
    joiner = otaa(2)
    devices.add(app.store, Provisioning(joiner.dev_eui, "Wehr", joiner.otaa), START_MS)
    xtime = SESSION | 0x1_0000_0005  # its lower half is not enough to answer with
    await station.say(jreq(joiner.join_request(), xtime))
    await station.settle()
    await advance(app, 200)
    order = await station.hear()
    assert (order["dC"], order["RxDelay"], order["xtime"], order["rctx"]) == (0, 5, xtime, 7)
    assert (order["RX1DR"], order["RX1Freq"]) == (3, 868_100_000)
    assert (order["RX2DR"], order["RX2Freq"]) == (0, 869_525_000)
    joiner.hear_accept(bytes.fromhex(order["pdu"]))
    await station.say(dntxed(order, 5))
    await station.say(updf(joiner.uplink(REPORT)))
    await station.settle()
    assert (app.counters.joins, app.counters.uplinks, app.counters.downlinks) == (1, 1, 1)
    await advance(app, 60_000)
    assert app.counters.refused["transmission"] == 0


async def test_what_the_station_moved_to_the_second_window_is_counted(
    app: App, station: Station, node: Node
) -> None:
    order = await ordered(app, station, node.uplink(confirmed=True))
    assert order["RxDelay"] == 1
    await station.say(dntxed(order, 2))
    await station.settle()
    assert (app.counters.downlinks, app.counters.second_windows) == (1, 1)


async def test_of_what_was_not_sent_a_station_says_nothing(app: App, station: Station, node: Node) -> None:
    await ordered(app, station, node.uplink(confirmed=True))
    await advance(app, 10_000)
    assert app.counters.refused["transmission"] == 1


async def test_an_order_is_for_the_connection_that_heard(app: App, node: Node) -> None:
    async with Station(app.station_address) as first:
        await first.say(updf(node.uplink(confirmed=True)))
        await first.settle()
    async with Station(app.station_address) as second:
        await advance(app, 300)
        assert await second.settle() == []
    assert app.counters.unanswered + app.counters.refused["transmission"] > 0


async def test_the_round_trip_is_what_is_missing_in_the_stations_account_of_our_time(
    app: App, station: Station, node: Node
) -> None:
    """MuxTime came with router_config; the station counted on for 10 s, we for 10.4."""
    await advance(app, 10_400)
    order = await ordered(app, station, node.uplink(confirmed=True), ref_time=START_MS / 1000 + 10)
    await station.say(dntxed(order, 1))
    await station.settle()
    assert app._network._answering.gateways.gateway(EUI).round_trip_ms == 400


async def test_our_time_is_told_every_five_minutes(app: App, station: Station) -> None:
    await advance(app, 300_000)
    [told] = await station.settle()
    assert told == {"msgtype": "timesync", "MuxTime": (START_MS + 300_000) / 1000}


async def test_a_timesync_is_answered_with_gps_time(app: App, station: Station) -> None:
    await station.say({"msgtype": "timesync", "txtime": 987_654_321})
    answer = await station.hear()
    assert answer == {"msgtype": "timesync", "txtime": 987_654_321, "gpstime": gps_ms(START_MS) * 1000}


async def test_a_node_that_listens_all_the_time_is_told_at_once(
    app: App, station: Station, node: Node
) -> None:
    await station.say(updf(node.uplink()))
    await station.settle()
    with app.store.transaction():
        queue.set_class_c(app.store.connection, node.dev_eui, True)
        queue.add(app.store.connection, queue.Wanted(node.dev_eui, 10, b"\x01"), "test", app.clock.now_ms())
    app._network.send_at_once()
    order = await station.hear()
    assert order["dC"] == 2 and "xtime" not in order and "RX1DR" not in order
    assert (order["RX2DR"], order["RX2Freq"]) == (0, 869_525_000)


async def test_frames_wait_for_a_store_that_is_down(
    app: App, station: Station, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = app._sources[0]._take

    def down(_: object) -> Any:
        raise GatewayError("the disk is full")

    monkeypatch.setattr(app._sources[0], "_take", down)
    await station.say(updf(node.uplink(REPORT)))
    await station.settle()
    assert rows(app, "SELECT * FROM uplink") == []
    monkeypatch.setattr(app._sources[0], "_take", whole)
    await station.say(updf(node.uplink(REPORT)))
    await station.settle()
    assert rows(app, "SELECT fcnt FROM uplink ORDER BY fcnt") == [(0,), (1,)]


# Who comes in.


async def test_a_station_that_is_not_listed_is_shown_and_not_served(tmp_path: Path) -> None:
    async with App(config(tmp_path, gateways=(EUI,)), ManualClock()) as app:
        answer = await Station(app.station_address, OTHER).ask()
        assert "not listed" in answer["error"]
        with pytest.raises(ConnectionClosed):
            async with Station(app.station_address, OTHER):
                pass
        assert not app.reaches(OTHER)
        [stranger] = app._presence.strangers()
        assert (stranger.gateway_id, stranger.host, stranger.calls) == (OTHER, "127.0.0.1", 2)
        assert app.counters.refused["unknown_gateway"] == 2
        async with Station(app.station_address):
            assert app.reaches(EUI)


async def test_a_second_connection_waits_until_the_first_has_ended(app: App) -> None:
    async with Station(app.station_address) as first:
        with pytest.raises(ConnectionClosed):
            async with Station(app.station_address, host="127.0.0.2"):
                pass
        assert app.counters.refused["conflict"] == 1
        assert app._presence.conflicts() == {EUI: START_MS}
        assert await first.settle() == []
    await until(lambda: not app.reaches(EUI))
    async with Station(app.station_address, host="127.0.0.2"):
        assert app.reaches(EUI)


async def test_a_station_that_comes_back_takes_the_place_of_its_former_connection(app: App) -> None:
    """From its own address: what is left of the former is a connection that nobody holds any more."""
    async with Station(app.station_address) as first, Station(app.station_address) as second:
        assert await second.settle() == []
        with pytest.raises(ConnectionClosed):
            await first.settle()
    assert app.counters.refused["conflict"] == 0


async def test_within_its_network_a_station_may_change_its_address(tmp_path: Path) -> None:
    async with (
        App(config(tmp_path, gateways=(f"{EUI}@127.0.0.0/24",)), ManualClock()) as app,
        Station(app.station_address),
        Station(app.station_address, host="127.0.0.2") as second,
    ):
        assert await second.settle() == []


async def test_by_udp_nobody_speaks_for_a_station(app: App, station: Station, node: Node) -> None:
    forwarder = Forwarder(app.udp_address)
    forwarder.send(head(PULL_DATA, 1, EUI))
    forwarder.send(push(rxpk(node.uplink(REPORT)), eui=EUI))
    await forwarder.pull()
    assert app.counters.refused["conflict"] == 2
    assert rows(app, "SELECT * FROM uplink") == []
    assert app.reaches(EUI) and not app._sources[1].reaches(EUI)
    forwarder.close()


@pytest.fixture
async def guarded(tmp_path: Path) -> AsyncIterator[App]:
    tokens = tmp_path / "tokens"
    tokens.write_text(f"# by gateway\n{EUI} {'a' * 32}\n\n{OTHER} {'b' * 32}\n")
    async with App(config(tmp_path, tokens_file=tokens), ManualClock()) as running:
        yield running


def bearer(token: str) -> dict[str, Any]:
    return {"additional_headers": {"Authorization": f"Bearer {token}"}}


async def test_a_token_lets_in_its_own_gateway_only(guarded: App) -> None:
    async with Station(guarded.station_address, **bearer("a" * 32)) as station:
        assert await station.settle() == []
    answer = await Station(guarded.station_address, **bearer("b" * 32)).ask()
    assert "error" in answer
    with pytest.raises(ConnectionClosed):
        async with Station(guarded.station_address, **bearer("b" * 32)):
            pass
    assert guarded.counters.refused["unauthorized"] == 2


async def test_wrong_tokens_become_too_many_and_keep_no_other_station_out(guarded: App) -> None:
    codes = []
    for token in [f"{number:032}" for number in range(12)]:
        with pytest.raises(InvalidStatus) as refused:
            await Station(guarded.station_address, **bearer(token)).ask()
        codes.append(refused.value.response.status_code)
    assert codes == [401] * 10 + [429] * 2
    assert "uri" in await Station(guarded.station_address, **bearer("a" * 32)).ask()


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "no line"),
        ("nonsense", "line 1: expected an EUI, a space"),
        (f"\n{EUI}", "line 2: expected an EUI, a space"),
        (f"{EUI} short-hush", "line 1: expected its own token"),
        (f"{EUI} {'a' * 32}\n{OTHER} {'a' * 32}", "line 2: expected its own token"),
    ],
)
async def test_a_wrong_list_of_tokens_is_explained_without_them(
    tmp_path: Path, text: str, error: str
) -> None:
    tokens = tmp_path / "tokens"
    tokens.write_text(text)
    with pytest.raises(ConfigError, match=error) as refused:
        await App(config(tmp_path, tokens_file=tokens), ManualClock()).start()
    assert "hush" not in str(refused.value) and "aaaa" not in str(refused.value)


async def test_channels_that_no_station_receives_stop_the_start(tmp_path: Path) -> None:
    made = config(tmp_path).model_copy(update={"network": NetworkConfig(region="US915")})
    with pytest.raises(ConfigError, match=r"set \[network\] sub_band"):
        await App(made, ManualClock()).start()


async def test_tls_with_the_stations_own_certificates(tmp_path: Path, certificates: Path) -> None:
    files = {"tls_cert_file": "server.pem", "tls_key_file": "server.key", "client_ca_file": "ca.pem"}
    paths = {name: certificates / file for name, file in files.items()}
    async with App(config(tmp_path, **paths), ManualClock()) as app:

        def tls(name: str | None) -> ssl.SSLContext:
            context = ssl.create_default_context(cafile=certificates / "ca.pem")
            if name:
                context.load_cert_chain(certificates / f"{name}.pem", certificates / f"{name}.key")
            return context

        mine = Station(app.station_address, ssl=tls("station"))
        assert (await mine.ask())["uri"] == f"wss://{app.station_address}/router/{EUI}"
        async with mine:
            assert app.reaches(EUI)
        assert "error" in await Station(app.station_address, ssl=tls("client")).ask()
        assert app.counters.refused["unauthorized"] == 1
        with pytest.raises((OSError, ConnectionClosed, InvalidMessage)):
            await Station(app.station_address, ssl=tls(None)).ask()
        with pytest.raises((OSError, InvalidMessage)):
            await Station(app.station_address).ask()


async def test_behind_a_proxy_its_address_is_told(tmp_path: Path) -> None:
    tokens = tmp_path / "tokens"
    tokens.write_text(f"{EUI} {'a' * 32}")
    url = "wss://lns.example.org:443"
    async with App(config(tmp_path, tokens_file=tokens, url=url), ManualClock()) as app:
        headers = {"Authorization": f"Bearer {'a' * 32}", "X-Forwarded-For": "1.2.3.4, 203.0.113.7"}
        station = Station(app.station_address, additional_headers=headers)
        assert (await station.ask())["uri"] == f"{url}/router/{EUI}"
        async with station:
            [present] = app._presence.present()
            assert present.host == "203.0.113.7"


# What is no station.


@pytest.mark.parametrize(
    "path", ["/", "/router/", "/router/../router-info", f"/router/{EUI}/..", "/router-info?x", "/router/%00"]
)
async def test_no_other_path_is_served(app: App, path: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await Station(app.station_address).open(path)
    assert refused.value.response.status_code == 404
    assert app.counters.refused["malformed"] == 1


@pytest.mark.parametrize(
    "message",
    [
        b"\x00binary",
        "null",
        "[]",
        '{"msgtype": null}',
        '{"msgtype": "updf", "upinfo": null}',
        '{"msgtype": "jreq"}',
        json.dumps(updf(b"\x40" + bytes(20), xtime=1 << 70)),
        json.dumps(updf(b"\x40" + bytes(20), DR=7)),
        json.dumps(updf(b"\x40" + bytes(20), DR=99)),
        json.dumps(updf(b"\x40" + bytes(20), FOpts="zz")),
        '{"msgtype": "propdf", "FRMPayload": "e0", "DR": 5, "Freq": 1, "upinfo": {"xtime": 1}}',
    ],
)
async def test_a_message_that_cannot_be_read_harms_nothing_after_it(
    app: App, station: Station, node: Node, message: str | bytes
) -> None:
    await station.say(message)
    await station.say(updf(node.uplink(REPORT)))
    await station.settle()
    assert (app.counters.refused["malformed"], app.counters.uplinks) == (1, 1)


async def test_16_megabytes_end_the_connection_before_they_have_come(app: App, station: Station) -> None:
    station.connection.transport.write(b"\x81\xff" + struct.pack(">Q", 16 << 20) + bytes(4))
    await until(lambda: not app.reaches(EUI))
    assert app.counters.refused["malformed"] == 1


async def test_more_messages_than_a_gateway_can_hear_end_the_connection(app: App, station: Station) -> None:
    with suppress(ConnectionClosed):
        for _ in range(600):
            await station.say('{"msgtype": "getxtime"}')
    await until(lambda: not app.reaches(EUI))
    assert app.counters.refused["malformed"] == 1


async def test_who_does_not_begin_with_its_version_is_left(app: App) -> None:
    connection = await Station(app.station_address).open(f"/router/{EUI}")
    await connection.send('{"msgtype": "version", "station": "1", "model": "x", "protocol": 1}')
    with pytest.raises(ConnectionClosed):
        await connection.recv()
    assert app.counters.refused["malformed"] == 1


async def test_who_says_nothing_is_left(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.sources.basics_station.PATIENCE_S", 0.05)
    monkeypatch.setattr("gateway.sources.basics_station_listener.PATIENCE_S", 0.05)
    for path in ("/router-info", f"/router/{EUI}"):
        connection = await Station(app.station_address).open(path)
        with pytest.raises(ConnectionClosed):
            await connection.recv()
    assert app.counters.refused["malformed"] == 2


async def test_a_request_that_drips_is_hung_up_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.sources.basics_station_listener.PATIENCE_S", 0.3)
    async with App(config(tmp_path), ManualClock()) as app:
        reader, writer = await asyncio.open_connection(*app.station_address)

        async def drip() -> None:
            for byte in b"GET /router-info HTTP/1.1\r\nX-Long: " + b"x" * 2000:
                if writer.is_closing():
                    break
                writer.write(bytes([byte]))
                await asyncio.sleep(0.02)

        dripping = asyncio.create_task(drip())
        with suppress(ConnectionError):
            assert await asyncio.wait_for(reader.read(), 20) == b""
        dripping.cancel()
        writer.close()
        await until(lambda: app.counters.refused["malformed"] == 1)


async def test_who_does_not_speak_http_is_counted(app: App, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        for noise in (b"\x16\x03\x01 a TLS hello", b"GET / HTTP/1.0\r\n\r\n", b"SSH-2.0-x\r\n\r\n"):
            reader, writer = await asyncio.open_connection(*app.station_address)
            writer.write(noise)
            writer.write_eof()
            await asyncio.wait_for(reader.read(), 5)
            writer.close()
            await writer.wait_closed()
    await until(lambda: app.counters.refused["malformed"] == 3)
    assert "Traceback" not in caplog.text and "SSH" not in caplog.text


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
SAMPLES = [updf(b"\x40" + bytes(20)), {"msgtype": "timesync", "txtime": 1}, jreq(bytes(23))]
bent = st.builds(
    lambda sample, name, value: json.dumps(sample | {name: value}),
    st.sampled_from(SAMPLES),
    st.sampled_from(sorted({name for sample in SAMPLES for name in sample})),
    anything,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=EXAMPLES)
@given(hostile=st.lists(st.binary(max_size=50) | st.text(max_size=50) | bent, max_size=8))
async def test_a_flood_of_anything_loses_no_good_frame(
    app: App, node: Node, caplog: pytest.LogCaptureFixture, hostile: list[str | bytes]
) -> None:
    stored = app.counters.uplinks
    async with Station(app.station_address) as station:
        for message in hostile:
            await station.say(message)
        await station.say(updf(node.uplink(REPORT)))
        await station.settle()
    assert app.counters.uplinks == stored + 1
    assert not [record for record in caplog.records if record.exc_info]
