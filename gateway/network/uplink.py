"""Whose frame is it, and is it new? Decided on values alone: a forged frame changes nothing."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from codec.lorawan import frames
from gateway.model import Session, Uplink


@dataclass(frozen=True, slots=True)
class Candidate:
    """A session with the frame's DevAddr; `last` is its newest uplink if the 16 counter bits fit."""

    session: Session
    last: Uplink | None


@dataclass(frozen=True, slots=True)
class Fresh:
    """MIC and counter fit: `fcnt` is the whole counter."""

    session: Session
    fcnt: int


@dataclass(frozen=True, slots=True)
class Again:
    """The very bytes of the session's newest uplink: heard by a further gateway, or sent again."""

    session: Session
    uplink: Uplink


@dataclass(frozen=True, slots=True)
class Refused:
    """`cause` by the names of /healthz."""

    cause: str
    reason: str


def decide(phy: bytes, fcnt16: int, candidates: Sequence[Candidate]) -> Fresh | Again | Refused:
    if not candidates:
        return Refused("unknown_device", "no session has this DevAddr")
    for candidate in candidates:
        session = candidate.session
        fcnt = frames.full_fcnt(session.fcnt_up, fcnt16)
        if fcnt <= 0xFFFFFFFF and frames.mic_fits(phy, session.nwk_s_key, fcnt):
            return Fresh(session, fcnt)
        former = fcnt - 0x10000
        if former >= 0 and frames.mic_fits(phy, session.nwk_s_key, former):
            if candidate.last and candidate.last.phy == phy:
                return Again(session, candidate.last)
            return Refused("replay", f"FCnt {former} after {session.fcnt_up}")
    return Refused("mic", "no session with this DevAddr fits the MIC")


def open_uplink(phy: bytes, received_at: int, fresh: Fresh) -> Uplink:
    """The frame decrypted. Its id follows from its content, so that the same frame has it everywhere."""
    frame, session = frames.parse(phy), fresh.session
    content = f"{session.dev_eui} {session.id} {fresh.fcnt} ".encode() + phy
    return Uplink(
        id=hashlib.sha256(content).hexdigest()[:16],
        session_id=session.id,
        dev_eui=session.dev_eui,
        dev_addr=session.dev_addr,
        fcnt=fresh.fcnt,
        fport=frame.fport,
        confirmed=frame.mtype == frames.CONFIRMED_UP,
        received_at=received_at,
        phy=phy,
        payload=frames.open_payload(frame, session.nwk_s_key, session.app_s_key, fresh.fcnt),
    )
