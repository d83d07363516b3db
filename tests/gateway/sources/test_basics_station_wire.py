"""Basics Station's messages: those captured from a real station, frames in parts, hostile input."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codec.lorawan import frames
from codec.lorawan.join import JoinRequest, build_request
from codec.wire import WireError
from gateway.sources import basics_station_wire as wire
from gateway.sources.basics_station_wire import Context, Heard, Order, Window

XTIME = 34339947427136845  # as captured: more than a float can tell apart

# Captured from a real station on a simulated radio (facts: gateway, 2.2 and 2.3).
UPDF = (
    '{"msgtype":"updf","MHdr":64,"DevAddr":1,"FCtrl":0,"FCnt":0,"FOpts":"","FPort":1,"FRMPayload":"","MIC":1,'
    '"RefTime":1795356206.856257,"DR":5,"Freq":868500000,"upinfo":{"rctx":0,"xtime":34339947427136845,'
    '"gpstime":0,"fts":-1,"rssi":-50,"snr":9,"rxtime":1795356206.856264}}'
)
DNMSG = (
    '{"msgtype":"dnmsg","dC":0,"priority":0,"RxDelay":1,"RX1DR":5,"RX1Freq":868500000,'
    '"DevEui":"00-00-00-00-11-00-00-01","xtime":34339947427136845,"diid":0,"MuxTime":1795356207.036631,'
    '"rctx":0,"pdu":"0A0B0C0D0E0F"}'
)
DNTXED = (
    '{"msgtype":"dntxed","seqno":0,"diid":0,"DR":5,"Freq":868500000,"DevEui":"00-00-00-00-11-00-00-01",'
    '"rctx":0,"xtime":34339947428136845,"txtime":2303.481754,"gpstime":0}'
)


def test_what_a_real_station_said_is_read() -> None:
    heard = wire.read_from_station(UPDF)
    assert isinstance(heard, Heard)
    assert heard.phy == bytes.fromhex("40010000000000000101000000")
    assert heard.context == Context(0, XTIME) and (heard.rssi_dbm, heard.snr_db) == (-50, 9)
    assert (heard.hz, heard.data_rate, heard.gps_us) == (868_500_000, 5, None)
    sent = wire.read_from_station(DNTXED)
    assert isinstance(sent, wire.Sent)
    assert sent.context.xtime == XTIME + 1_000_000 and sent.dev_eui == "0000000011000001"


def test_what_a_real_station_obeyed_is_read() -> None:
    order = wire.read_from_server(DNMSG)
    window = Window(5, 868_500_000)
    eui = "0000000011000001"
    assert order == Order(
        eui, 0, b"\x0a\x0b\x0c\x0d\x0e\x0f", 1, window, None, Context(0, XTIME), mux_time_s=1795356207.036631
    )


def test_our_messages_have_the_fields_of_the_captured_ones() -> None:
    heard = wire.read_from_station(UPDF)
    order = wire.read_from_server(DNMSG)
    sent = wire.read_from_station(DNTXED)
    assert isinstance(heard, Heard) and isinstance(order, Order) and isinstance(sent, wire.Sent)
    assert json.loads(wire.heard(heard)) == json.loads(UPDF)
    assert json.loads(wire.order(order)) == {**json.loads(DNMSG), "pdu": "0a0b0c0d0e0f"}
    assert json.loads(wire.sent(sent)) == json.loads(DNTXED)


data_frames = st.builds(
    lambda kind, addr, fctrl, fcnt, fopts, fport, payload: frames.build(
        frames.Plain(kind, addr, fctrl, fcnt, fopts, fport, payload if fport else b""), bytes(16), bytes(16)
    ),
    st.sampled_from([frames.UNCONFIRMED_UP, frames.CONFIRMED_UP]),
    st.integers(0, 0xFFFFFFFF), st.sampled_from([0, 0x80, 0xA0]), st.integers(0, 0xFFFF),
    st.binary(max_size=15), st.none() | st.integers(1, 255), st.binary(min_size=1, max_size=200),
)  # fmt: skip
requests = st.builds(
    lambda join_eui, dev_eui, nonce: build_request(JoinRequest(join_eui, dev_eui, nonce), bytes(16)),
    st.binary(min_size=8, max_size=8), st.binary(min_size=8, max_size=8), st.integers(0, 0xFFFF),
)  # fmt: skip
xtimes = st.integers(1 << 48, (1 << 62) - 1)


@given(data_frames | requests | st.binary(min_size=5, max_size=255).map(lambda tail: b"\xe0" + tail), xtimes)
def test_a_frame_comes_out_of_its_parts_as_it_went_in(phy: bytes, xtime: int) -> None:
    said = Heard(phy[:255], 3, 868_100_000, Context(1, xtime), -101.0, -3.25, 12.5)
    assert wire.read_from_station(wire.heard(said)) == said


@given(
    st.integers(-(1 << 63), (1 << 63) - 1), st.binary(min_size=1, max_size=255), st.integers(1, 15), xtimes,
    st.none() | st.just(Window(0, 869_525_000)),
)  # fmt: skip
def test_an_order_is_read_as_it_was_given(
    diid: int, phy: bytes, delay_s: int, xtime: int, rx2: Window | None
) -> None:
    said = Order(
        "70b3d57ed0000001", diid, phy, delay_s, Window(5, 868_100_000), rx2, Context(0, xtime), 7, 1.5
    )
    assert wire.read_from_server(wire.order(said)) == said


@pytest.mark.parametrize(
    ("told", "eui"),
    [
        ("0016:c001:f153:a14c", "0016c001f153a14c"),
        ("00-16-C0-01-F1-53-A1-4C", "0016c001f153a14c"),
        ("::1", "0000000000000001"),
        ("1::", "0001000000000000"),
        ("a::b:c", "000a0000000b000c"),
        (0x0016C001F153A14C, "0016c001f153a14c"),
    ],
)
def test_a_station_names_itself_in_any_of_its_ways(told: object, eui: str) -> None:
    assert wire.read_question(json.dumps({"router": told})) == eui


def test_discovery_goes_there_and_back() -> None:
    assert wire.read_question(wire.question("0016c001f153a14c")) == "0016c001f153a14c"
    uri = "ws://127.0.0.1:3001/router/1"
    assert wire.read_answer(wire.answer("0016c001f153a14c", uri)) == uri
    with pytest.raises(WireError, match="refuses: not listed"):
        wire.read_answer(wire.refusal("0016c001f153a14c", "not listed"))
    with pytest.raises(WireError, match="port and path"):
        wire.read_answer('{"uri": "ws://127.0.0.1"}')


def changes(text: str) -> list[dict[str, Any]]:
    """The message with each of its fields gone, and replaced by each of a few wrong things."""
    fields = json.loads(text)
    found = []
    for name in fields:
        found.append({key: value for key, value in fields.items() if key != name})
        found += [{**fields, name: wrong} for wrong in (None, True, 1e300, -5, "zz", [], {}, "0" * 600)]
    return found


@pytest.mark.parametrize("text", [UPDF, DNTXED, DNMSG])
def test_a_message_with_a_wrong_field_is_read_or_refused_and_nothing_else(text: str) -> None:
    refused = 0
    for fields in changes(text):
        try:
            wire.read_from_station(json.dumps(fields))
            wire.read_from_server(json.dumps(fields))
        except WireError:
            refused += 1
    assert refused > 25


@given(st.binary(max_size=60) | st.text(max_size=60))
def test_noise_is_refused(noise: bytes | str) -> None:
    for read in (wire.read_from_station, wire.read_from_server, wire.read_question, wire.read_answer):
        with pytest.raises(WireError):
            read(noise)
