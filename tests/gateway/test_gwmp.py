"""The packet forwarder's datagrams: the protocol's own samples, both ends, and what is refused."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codec.wire import WireError
from gateway.model import Downlink, Reception
from gateway.sources import gwmp
from gateway.sources.gwmp import BadCrcError, Datagram, Kind

EUI = "aa555a0000000101"

# PROTOCOL.TXT, section 4: the sample of an uplink, its base64 without padding.
SAMPLE_RXPK = {
    "time": "2013-03-31T16:21:17.528002Z",
    "tmst": 3512348611,
    "chan": 2,
    "rfch": 0,
    "freq": 866.349812,
    "stat": 1,
    "modu": "LORA",
    "datr": "SF7BW125",
    "codr": "4/6",
    "rssi": -35,
    "lsnr": 5.1,
    "size": 32,
    "data": "-DS4CGaDCdG+48eJNM3Vai-zDpsR71Pn9CPA9uCON84",
}

frames = st.binary(min_size=1, max_size=255)
receptions = st.builds(
    Reception,
    gateway_id=st.just(EUI),
    received_at=st.just(1000),
    phy=frames,
    frequency_hz=st.integers(863_000_000, 870_000_000),
    data_rate=st.sampled_from(["SF7BW125", "SF12BW125", "SF7BW250", "SF9BW500"]),
    rssi_dbm=st.none() | st.floats(-140, 10),
    snr_db=st.none() | st.floats(-25, 20),
    tmst=st.integers(0, 2**32 - 1),
)
downlinks = st.builds(
    Downlink,
    gateway_id=st.just(EUI),
    phy=frames,
    frequency_hz=st.integers(863_000_000, 870_000_000),
    data_rate=st.sampled_from(["SF7BW125", "SF12BW125"]),
    power_dbm=st.integers(0, 27),
    tmst=st.integers(0, 2**32 - 1),
)


def test_the_heads_are_laid_out_as_the_protocol_says() -> None:
    assert gwmp.build(Kind.PULL_DATA, 0x1234, EUI) == bytes.fromhex("02123402" + EUI)
    assert gwmp.build(Kind.PUSH_ACK, 0x1234, version=1) == bytes.fromhex("01123401")
    assert gwmp.build(Kind.PULL_RESP, 1, body={"a": 1}) == b'\x02\x00\x01\x03{"a":1}'
    assert gwmp.parse(b"\x02\x00\x07\x05" + bytes.fromhex(EUI)) == Datagram(2, 7, Kind.TX_ACK, EUI, None)


def test_the_sample_of_the_protocol_is_read() -> None:
    heard = gwmp.read_rxpk(SAMPLE_RXPK, EUI, 1000)
    padded = str(SAMPLE_RXPK["data"]).replace("-", "+") + "="
    assert heard == Reception(
        EUI, 1000, base64.b64decode(padded), 866_349_812, "SF7BW125", -35, 5.1, 3512348611
    )
    assert len(heard.phy) == 32


@given(receptions)
def test_what_a_forwarder_says_arrives(reception: Reception) -> None:
    datagram = gwmp.build(Kind.PUSH_DATA, 1, EUI, {"rxpk": [gwmp.rxpk(reception)]})
    (packet,) = gwmp.packets(gwmp.parse(datagram).body)
    assert gwmp.read_rxpk(packet, EUI, 1000) == reception


@given(downlinks)
def test_what_the_server_says_arrives(downlink: Downlink) -> None:
    datagram = gwmp.build(Kind.PULL_RESP, 1, body=gwmp.txpk(downlink))
    assert gwmp.read_txpk(gwmp.parse(datagram).body, EUI) == downlink


def test_a_downlink_holds_all_that_a_forwarder_wants() -> None:
    """The fields of a PULL_RESP that a real forwarder is known to accept."""
    txpk = gwmp.txpk(Downlink(EUI, b"\x60" * 12, 868_100_000, "SF7BW125", 14, 3513348611))["txpk"]
    assert txpk == {
        "imme": False,
        "tmst": 3513348611,
        "freq": 868.1,
        "rfch": 0,
        "powe": 14,
        "modu": "LORA",
        "datr": "SF7BW125",
        "codr": "4/5",
        "ipol": True,
        "ncrc": True,
        "size": 12,
        "data": "YGBgYGBgYGBgYGBg",
    }


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", None),
        (b"\0\0\0", None),
        (b'{"txpk_ack":{"error":"NONE"}}\0', None),
        (b'{"txpk_ack":{"warn":"TX_POWER","value":14}}', None),
        (b'{"txpk_ack":{"error":null}}', None),
        (b'{"txpk_ack":null}', None),
        (b'{"txpk_ack":{"error":"TOO_LATE"}}', "TOO_LATE"),
    ],
)
def test_a_tx_ack_tells_whether_the_frame_is_sent(body: bytes, error: str | None) -> None:
    parsed = gwmp.parse(b"\x02\x00\x01\x05" + bytes.fromhex(EUI) + body)
    assert gwmp.tx_error(parsed.body) == error


@pytest.mark.parametrize("error", [None, "TX_FREQ"])
def test_a_tx_ack_of_ours_is_read_back(error: str | None) -> None:
    assert gwmp.tx_error(gwmp.parse(gwmp.build(Kind.TX_ACK, 1, EUI, gwmp.tx_ack(error))).body) == error


@pytest.mark.parametrize(
    "datagram",
    [
        b"",
        b"\x02",
        b"\x02\x00\x00",
        b"\x00\x00\x00\x02" + bytes(8),
        b"\x03\x00\x00\x02" + bytes(8),
        b"\x02\x00\x00\x06" + bytes(8),
        b"\x02\x00\x00\xff" + bytes(8),
        b"\x02\x00\x00\x02" + bytes(7),
        b"\x02\x00\x00\x00" + bytes(8),
        b"\x02\x00\x00\x00" + bytes(8) + b"[]",
        b"\x02\x00\x00\x00" + bytes(8) + b"null",
        b"\x02\x00\x00\x00" + bytes(8) + b"{",
        b"\x02\x00\x00\x00" + bytes(8) + b'{"rxpk":[\xff]}',
        b"\x02\x00\x00\x00" + bytes(8) + b'{"rxpk":NaN}',
        b"\x02\x00\x00\x00" + bytes(8) + b"[" * 50_000,
        b"\x02\x00\x00\x00" + bytes(8) + b'{"a":' * 12_000,
        b"\x02\x00\x00\x00" + bytes(8) + b'{"a":' + b"9" * 60_000 + b"}",
        b"\x02\x00\x00\x03",
    ],
)
def test_a_broken_datagram_is_refused(datagram: bytes) -> None:
    with pytest.raises(WireError):
        gwmp.parse(datagram)


@given(st.binary(max_size=300))
def test_random_bytes_are_read_or_refused(noise: bytes) -> None:
    try:
        gwmp.parse(noise)
    except WireError:
        pass


texts = st.text("aZ09-_=. \0\u00e4\u0663\ud800", max_size=8)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(sorted(SAMPLE_RXPK)), anything))
def test_a_field_of_any_type_is_read_or_refused(changes: dict[str, Any]) -> None:
    try:
        heard = gwmp.read_rxpk(SAMPLE_RXPK | changes, EUI, 0)
    except WireError:
        return
    assert 1 <= len(heard.phy) <= 255
    assert type(heard.tmst) is int
    json.dumps([heard.rssi_dbm, heard.snr_db], allow_nan=False)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("tmst", None),
        ("tmst", True),
        ("tmst", -1),
        ("tmst", 2**32),
        ("tmst", 1.0),
        ("freq", "868.1"),
        ("freq", 0),
        ("freq", 868_100_000),
        ("modu", "FSK"),
        ("modu", None),
        ("datr", 50_000),
        ("datr", "SF7"),
        ("datr", "SF13BW125"),
        ("datr", "SF\u0667BW125"),
        ("rssi", "-35"),
        ("rssi", False),
        ("lsnr", float("inf")),
        ("size", 31),
        ("size", "32"),
        ("data", None),
        ("data", ""),
        ("data", "A"),
        ("data", "ä"),
        ("data", "A A="),
        ("data", base64.b64encode(bytes(256)).decode()),
        ("stat", "1"),
        ("stat", 2),
    ],
)
def test_a_field_of_the_wrong_type_or_range_is_refused(field: str, value: object) -> None:
    with pytest.raises(WireError, match=field):
        gwmp.read_rxpk(SAMPLE_RXPK | {field: value}, EUI, 0)


@pytest.mark.parametrize("field", ["time", "chan", "rfch", "codr", "rssi", "lsnr", "size", "stat"])
@pytest.mark.parametrize("is_null", [True, False])
def test_what_some_forwarders_leave_away_may_be_missing(field: str, is_null: bool) -> None:
    packet: dict[str, Any] = {name: value for name, value in SAMPLE_RXPK.items() if name != field}
    if is_null:
        packet[field] = None
    assert len(gwmp.read_rxpk(packet, EUI, 0).phy) == 32


def test_a_damaged_frame_is_told_from_a_malformed_one() -> None:
    with pytest.raises(BadCrcError):
        gwmp.read_rxpk({"stat": -1, "data": "garbage"}, EUI, 0)


@pytest.mark.parametrize("body", [None, {}, {"stat": {}}, {"rxpk": None}, {"rxpk": []}])
def test_statistics_come_without_packets(body: dict[str, Any] | None) -> None:
    assert gwmp.packets(body) == []


@pytest.mark.parametrize("rxpk", [{}, "x", 3, True])
def test_packets_are_a_list(rxpk: object) -> None:
    with pytest.raises(WireError):
        gwmp.packets({"rxpk": rxpk})


@pytest.mark.parametrize("kind", [Kind.PUSH_ACK, Kind.PULL_ACK, Kind.PULL_RESP])
def test_a_server_does_not_sign_with_an_eui(kind: Kind) -> None:
    with pytest.raises(ValueError, match="EUI"):
        gwmp.build(kind, 0, EUI)
    with pytest.raises(ValueError, match="EUI"):
        gwmp.build(Kind.PUSH_DATA, 0)
