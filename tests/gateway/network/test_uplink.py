"""Whose frame is it, and is it new? Against a published frame and at the counter's edges."""

import pytest

from codec.lorawan import frames
from codec.lorawan.frames import Plain
from gateway.model import Session, Uplink
from gateway.network.uplink import Again, Candidate, Fresh, Refused, decide, open_uplink

# The frame in the README of the npm package lora-packet.
PUBLISHED = bytes.fromhex("40F17DBE4900020001954378762B11FF0D")
SESSION = Session(
    id=1,
    dev_eui="70b3d57ed0000001",
    dev_addr="49be7df1",
    nwk_s_key=bytes.fromhex("44024241ed4ce9a68c6a8bc055233fd3"),
    app_s_key=bytes.fromhex("ec925802ae430ca77fd3dd73cb2cc588"),
    state="active",
    fcnt_up=-1,
    fcnt_down=0,
    rx_delay_s=1,
    rx1_dr_offset=0,
    rx2_data_rate=0,
    created_at=0,
)
STRANGER = SESSION._replace(id=2, nwk_s_key=bytes(16))


def frame(fcnt: int, payload: bytes = b"x") -> bytes:
    plain = Plain(frames.UNCONFIRMED_UP, 0x49BE7DF1, 0, fcnt, b"", 1, payload)
    return frames.build(plain, SESSION.nwk_s_key, SESSION.app_s_key)


def judge(phy: bytes, *candidates: Candidate) -> Fresh | Again | Refused:
    return decide(phy, frames.parse(phy).fcnt, candidates)


def opened(phy: bytes, received_at: int, fresh: Fresh) -> Uplink:
    return open_uplink(phy, frames.parse(phy), received_at, fresh)


def counted(fcnt_up: int) -> Candidate:
    return Candidate(SESSION._replace(fcnt_up=fcnt_up), None)


def test_a_published_frame_is_opened() -> None:
    decision = judge(PUBLISHED, counted(-1))
    assert decision == Fresh(SESSION, 2)
    uplink = opened(PUBLISHED, 1000, decision)
    assert (uplink.payload, uplink.fport, uplink.confirmed, uplink.fcnt) == (b"test", 1, False, 2)
    assert (uplink.dev_eui, uplink.dev_addr, uplink.session_id) == (SESSION.dev_eui, SESSION.dev_addr, 1)


def test_the_id_follows_from_session_counter_and_bytes() -> None:
    fresh = Fresh(SESSION, 2)
    made = opened(PUBLISHED, 1000, fresh).id
    assert made == opened(PUBLISHED, 2000, fresh).id
    assert len(made) == 16
    others = [
        opened(PUBLISHED, 1000, Fresh(SESSION._replace(id=2), 2)).id,
        opened(PUBLISHED, 1000, Fresh(SESSION, 0x10002)).id,
        opened(frame(2), 1000, fresh).id,
    ]
    assert len({made, *others}) == 4


@pytest.mark.parametrize(
    ("fcnt_up", "fcnt"),
    [(-1, 0), (-1, 1), (-1, 0xFFFF), (0, 1), (5, 7), (0xFFFE, 0xFFFF), (0xFFFF, 0x10000), (0x1FFFF, 0x20005)],
)
def test_a_rising_counter_is_new_in_all_its_32_bits(fcnt_up: int, fcnt: int) -> None:
    decision = judge(frame(fcnt), counted(fcnt_up))
    assert isinstance(decision, Fresh)
    assert decision.fcnt == fcnt


@pytest.mark.parametrize(
    ("fcnt_up", "fcnt"), [(0, 0), (5, 4), (5, 0), (0xFFFF, 3), (0x10000, 0xFFFF), (0x10005, 0x10005)]
)
def test_a_counter_that_was_is_a_replay(fcnt_up: int, fcnt: int) -> None:
    decision = judge(frame(fcnt), counted(fcnt_up))
    assert isinstance(decision, Refused)
    assert decision.cause == "replay"


def test_no_counter_lies_beyond_32_bits() -> None:
    """After the last one the session is over: 0 again would repeat the keystream."""
    decision = judge(frame(0), counted(0xFFFFFFFF))
    assert isinstance(decision, Refused)
    assert isinstance(judge(frame(0xFFFFFFFF), counted(0xFFFFFFFE)), Fresh)


def test_a_counter_more_than_16_bits_ahead_fits_no_mic() -> None:
    decision = judge(frame(0x10001), counted(0))
    assert isinstance(decision, Refused)
    assert decision.cause == "mic"


def last(phy: bytes, fcnt: int) -> Candidate:
    uplink = opened(phy, 1000, Fresh(SESSION, fcnt))
    return Candidate(SESSION._replace(fcnt_up=fcnt), uplink)


def test_the_same_bytes_are_heard_again() -> None:
    candidate = last(frame(3), 3)
    assert isinstance(candidate.last, Uplink)
    assert judge(frame(3), candidate) == Again(candidate.session, candidate.last)


def test_other_bytes_with_the_same_counter_are_a_clone() -> None:
    decision = judge(frame(3, b"y"), last(frame(3), 3))
    assert isinstance(decision, Refused)
    assert decision.cause == "replay"


def test_devices_that_share_an_address_are_told_apart_by_the_mic() -> None:
    decision = judge(PUBLISHED, Candidate(STRANGER, None), counted(-1))
    assert isinstance(decision, Fresh)
    assert decision.session == SESSION


@pytest.mark.parametrize(
    ("candidates", "cause"), [((), "unknown_device"), ((Candidate(STRANGER, None),), "mic")]
)
def test_a_strange_frame_is_refused(candidates: tuple[Candidate, ...], cause: str) -> None:
    decision = judge(PUBLISHED, *candidates)
    assert isinstance(decision, Refused)
    assert decision.cause == cause
