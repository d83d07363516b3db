"""Where an LNS does the LoRaWAN: its messages into the ledger, a batch in one transaction."""

import hashlib
import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from gateway import events
from gateway.counters import Counters
from gateway.model import Clock, Device, Uplink
from gateway.network import queue
from gateway.refusals import Refusals
from gateway.sources.lns import LnsAnswer, LnsJoin, LnsUplink, Message
from gateway.sources.succession import Begins, Belongs, Known, decide
from gateway.store import lns, sites
from gateway.store.ledger import Store

_log = logging.getLogger(__name__)
_AHEAD_MS = 300_000  # two well-kept clocks do not differ by more


@dataclass(frozen=True, slots=True)
class Refused:
    """`cause` by the names of /healthz; others are logged only."""

    cause: str
    reason: str


class Bridge:
    """Takes what one [[source]], known by its `name`, delivers."""

    def __init__(
        self, name: str, adopt: bool, store: Store, clock: Clock, counters: Counters, refusals: Refusals
    ):
        self._name = name
        self._adopt = adopt
        self._store = store
        self._clock = clock
        self._counters = counters
        self._refusals = refusals

    def take(self, messages: Iterable[Message]) -> list[Uplink]:
        """On disk on return, or StoreError and nothing is. What is returned waits for decoding."""
        with self._store.transaction():
            verdicts = [self._take(message) for message in messages]
        counts = Counter(verdict for verdict in verdicts if isinstance(verdict, str))
        uplinks = [verdict for verdict in verdicts if isinstance(verdict, Uplink)]
        for name in [*counts.elements(), *("uplinks" for _ in uplinks)]:
            self._counters.add(name)
        for verdict in verdicts:
            if isinstance(verdict, Refused):
                self._refusals.refuse(verdict.cause, verdict.reason)
        return uplinks

    def _take(self, message: Message) -> Uplink | Refused | str | None:
        """A new uplink, or the name of the counter."""
        if isinstance(message, LnsAnswer):
            self._take_answer(message)
            return None
        if isinstance(message, LnsUplink) and message.simulated:
            return Refused("simulated", f"{message.dev_eui}: simulated at the LNS, nobody measured it")
        if not self._is_registered(message):
            return Refused("unknown_device", f"{message.dev_eui} is not registered: messfunk device add")
        return self._take_join(message) if isinstance(message, LnsJoin) else self._take_uplink(message)

    def _take_answer(self, answer: LnsAnswer) -> None:
        _log.info("%s: downlink %r %s", answer.dev_eui, answer.reference, answer.outcome)
        db, reference = self._store.connection, answer.reference
        if answer.is_oldest:
            reference = queue.oldest_at_lns(db, answer.dev_eui)
        if reference:
            queue.hear_lns(db, answer.dev_eui, reference, answer.outcome, self._clock.now_ms())

    def _take_join(self, join: LnsJoin) -> str:
        at = self._time(join)
        session = lns.session_in_force(self._store.connection, join.dev_eui, at)
        if session and (session.began_at, session.dev_addr) == (at, join.dev_addr):
            return "duplicates"
        self._begin(join, at)
        events.tell_join(self._store, join.dev_eui)
        return "joins"

    def _take_uplink(self, heard: LnsUplink) -> Uplink | str:
        db, at = self._store.connection, self._time(heard)
        session = lns.session_in_force(db, heard.dev_eui, at)
        kept = lns.kept(db, session.id, heard.fcnt) if session else None
        match decide(heard, at, session, kept):
            case Known():
                return "duplicates"
            case Begins():
                return self._store_uplink(heard, self._begin(heard, at), at)
            case Belongs(session):
                return self._store_uplink(heard, session.id, at)

    def _begin(self, first: LnsUplink | LnsJoin, at: int) -> int:
        db = self._store.connection
        return lns.begin_session(db, first.dev_eui, first.dev_addr, at, self._name, first.route)

    def _store_uplink(self, heard: LnsUplink, session_id: int, at: int) -> Uplink:
        """Its id follows from its content, so that the same frame has it everywhere."""
        content = f"{heard.dev_eui} {session_id} {heard.fcnt} ".encode() + heard.payload
        uplink = Uplink(
            id=hashlib.sha256(content).hexdigest()[:16],
            session_id=session_id,
            dev_eui=heard.dev_eui,
            dev_addr=heard.dev_addr,
            fcnt=heard.fcnt,
            fport=heard.fport,
            confirmed=heard.confirmed,
            received_at=at,
            phy=b"",
            payload=heard.payload,
        )
        self._store.add_uplink(uplink)
        for hearing in heard.hearings:
            lns.add_hearing(self._store.connection, uplink, hearing, heard.frequency_hz, heard.data_rate)
        lns.advance(self._store.connection, session_id, heard.fcnt, self._name, heard.route)
        return uplink

    def _is_registered(self, message: LnsUplink | LnsJoin) -> bool:
        if self._store.device(message.dev_eui):
            return True
        if self._store.archived_device(message.dev_eui):
            return False
        if self._adopt:
            _log.info("%s: registered, as the LNS of %s knows it", message.dev_eui, self._name)
            device = Device(message.dev_eui, message.name, "lns", created_at=self._clock.now_ms())
            self._store.add_device(device)
            sites.add_for(self._store.connection, device, None, None, None)
        return self._adopt

    def _time(self, message: LnsUplink | LnsJoin) -> int:
        """The LNS's, for a broker may have kept the message for days; ours where that is none or ahead."""
        now, told = self._clock.now_ms(), message.time_ms
        return now if told is None or told > now + _AHEAD_MS else told
