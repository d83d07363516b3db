"""Whose frame is it, and is it new? Decided on values alone: a forged frame changes nothing."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from codec.lorawan import frames
from codec.lorawan.frames import DataFrame
from gateway.model import Session, Uplink


class Candidate(NamedTuple):
    """A session with the frame's DevAddr; `last` is its newest uplink if the 16 counter bits fit."""

    session: Session
    last: Uplink | None


class Fresh(NamedTuple):
    """MIC and counter fit: `fcnt` is the whole counter."""

    session: Session
    fcnt: int


class Again(NamedTuple):
    """The very bytes of the session's newest uplink: heard by a further gateway, or sent again."""

    session: Session
    uplink: Uplink


class Whose(NamedTuple):
    """What is known of a frame that is not stored. `fcnt`: all of it where a key has told it."""

    dev_eui: str | None
    dev_addr: str | None = None
    uplink_id: str | None = None
    fcnt: int | None = None
    fcnt_up: int | None = None
    candidates: int = 0


@dataclass(frozen=True, slots=True)
class Refused:
    """`cause` by the names of /healthz; `whose` None: of nobody whom we know."""

    cause: str
    reason: str
    whose: Whose | None = None


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
            told = Whose(session.dev_eui, session.dev_addr, None, former, session.fcnt_up, len(candidates))
            return Refused("replay", f"FCnt {former} after {session.fcnt_up}", told)
    return Refused("mic", "no session with this DevAddr fits the MIC", _whose(fcnt16, candidates))


def _whose(fcnt16: int, candidates: Sequence[Candidate]) -> Whose:
    """Of a frame that no key fits: a node can be named where it is the only one with this address."""
    session, count = candidates[0].session, len(candidates)
    if count > 1:
        return Whose(None, session.dev_addr, None, fcnt16, None, count)
    return Whose(session.dev_eui, session.dev_addr, None, fcnt16, session.fcnt_up, count)


def open_uplink(phy: bytes, frame: DataFrame, received_at: int, fresh: Fresh) -> Uplink:
    """The frame decrypted. Its id follows from its content, so that the same frame has it everywhere."""
    session = fresh.session
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
