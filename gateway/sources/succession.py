"""Which session does an LNS's uplink belong to? Decided on values alone.

The LNS has checked MIC and counter, so within one session frames come in the order of their counters. A lower
counter at a later time is a node that began anew; at an earlier time a message that took the longer way, as
happens where several gateways share a subscription.
"""

from dataclasses import dataclass

from gateway.sources.lns import LnsUplink

_TWICE_MS = 60_000  # two replicas of an LNS may publish the same frame, each with a time of its own


@dataclass(frozen=True, slots=True)
class LnsSession:
    """`began_at` is the LNS's time of its first message, `last_at` of the uplink with its highest counter."""

    id: int
    dev_addr: str | None
    began_at: int
    fcnt_up: int
    last_at: int


@dataclass(frozen=True, slots=True)
class Kept:
    """An uplink with the same counter in the same session."""

    payload: bytes
    received_at: int


@dataclass(frozen=True, slots=True)
class Belongs:
    """It is new in the session."""

    session: LnsSession


@dataclass(frozen=True, slots=True)
class Begins:
    """It is the first of a new session."""


@dataclass(frozen=True, slots=True)
class Known:
    """It has been stored before."""


Decision = Belongs | Begins | Known


def decide(heard: LnsUplink, at: int, session: LnsSession | None, kept: Kept | None) -> Decision:
    """`session` is the one in force `at` the uplink's time, `kept` what it holds under the same counter.

    Where the LNS tells no time, equal bytes under an equal counter are taken for a message sent twice.
    """
    if session is None or (heard.dev_addr and session.dev_addr and heard.dev_addr != session.dev_addr):
        return Begins()
    if kept is not None:
        is_soon = heard.time_ms is None or at - kept.received_at < _TWICE_MS
        return Known() if is_soon and kept.payload == heard.payload else Begins()
    return Belongs(session) if heard.fcnt > session.fcnt_up or at <= session.last_at else Begins()
