"""The life of a frame in the network: judged, stored, counted, answered once further gateways had time."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from random import Random
from typing import Protocol

from codec.lorawan import frames, join, regions
from codec.lorawan.join import JoinAccept
from codec.wire import WireError
from gateway import events
from gateway.config import NetworkConfig
from gateway.counters import Counters
from gateway.model import Clock, Downlink, Reception, Session, Uplink
from gateway.network.downlink import acknowledgement, best, windows
from gateway.network.join import Admitted, draw_dev_addr, open_session
from gateway.network.join import decide as decide_join
from gateway.network.uplink import Again, Candidate, Fresh, Refused, decide, open_uplink
from gateway.refusals import Refusals
from gateway.store.sqlite import Store

_log = logging.getLogger(__name__)
_DRAWS = 16


class Gateways(Protocol):
    """The way down to the nodes."""

    def reaches(self, gateway_id: str) -> bool: ...

    def transmit(self, downlinks: tuple[Downlink, ...]) -> None:
        """Send the first; each further one only when the gateway refuses the one before."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A frame that was for us. `count` names its counter; the rest says what the node is told, and when."""

    count: str
    answer: bytes | None
    delay_s: int
    rx1_dr_offset: int
    rx2_data_rate: int
    uplink: Uplink | None = None


@dataclass(frozen=True, slots=True)
class Copy:
    """A further hearing of a frame that was taken."""


Verdict = Taken | Copy | Refused


class NetworkServer:
    def __init__(
        self,
        config: NetworkConfig,
        store: Store,
        clock: Clock,
        rng: Random,
        counters: Counters,
        refusals: Refusals,
        gateways: Gateways,
    ):
        self._config = config
        self._region = regions.REGIONS[config.region]
        self._store = store
        self._clock = clock
        self._rng = rng
        self._counters = counters
        self._refusals = refusals
        self._gateways = gateways
        self._on_air: dict[bytes, list[Reception]] = {}  # frames whose copies may still come in
        self._answers: dict[str, tuple[str, bytes]] = {}  # DevEUI: uplink and what it was answered

    def take(self, receptions: Iterable[Reception]) -> list[Uplink]:
        """Judge what was heard; it is on disk on return. What is returned is new and waits for decoding."""
        verdicts = [self._take(heard) for heard in receptions]
        return [verdict.uplink for verdict in verdicts if isinstance(verdict, Taken) and verdict.uplink]

    def _take(self, heard: Reception) -> Verdict:
        verdict: Verdict
        try:
            with self._store.transaction():
                verdict = self._judge(heard)
        except WireError as error:
            verdict = Refused("malformed", str(error))
        match verdict:
            case Taken():
                self._counters.add(verdict.count)
                self._await_copies(heard, verdict)
            case Copy():
                self._counters.add("duplicates")
                self._on_air.get(heard.phy, []).append(heard)
            case Refused():
                self._refusals.refuse(verdict.cause, verdict.reason)
        return verdict

    def _judge(self, heard: Reception) -> Verdict:
        if frames.mtype(heard.phy) == frames.JOIN_REQUEST:
            return self._judge_join(heard)
        frame = frames.parse(heard.phy)
        if not frames.is_up(frame.mtype):
            raise WireError(f"message type {frame.mtype} does not go up")
        sessions = self._store.candidates(f"{frame.dev_addr:08x}")
        candidates = [self._candidate(session, frame.fcnt) for session in sessions]
        decision = decide(heard.phy, frame.fcnt, candidates)
        match decision:
            case Fresh():
                wants_answer = frame.mtype == frames.CONFIRMED_UP or frame.fctrl & frames.ADR_ACK_REQ
                return self._accept(heard, decision, bool(wants_answer))
            case Again():
                return self._hear_again(heard, decision)
            case Refused():
                return decision

    def _candidate(self, session: Session, fcnt16: int) -> Candidate:
        is_same = session.fcnt_up >= 0 and session.fcnt_up & 0xFFFF == fcnt16
        return Candidate(session, self._store.uplink(session.id, session.fcnt_up) if is_same else None)

    def _accept(self, heard: Reception, fresh: Fresh, wants_answer: bool) -> Taken:
        session, uplink = fresh.session, open_uplink(heard.phy, heard.received_at, fresh)
        self._store.set_fcnt_up(session.id, fresh.fcnt)
        self._store.add_uplink(uplink)
        self._store.add_reception(uplink.id, heard)
        if session.state == "pending":
            self._store.activate(session)
            events.tell_join(self._store, session.dev_eui)
        answer = self._acknowledge(session, uplink) if wants_answer else None
        return self._taken("uplinks", session, answer, uplink)

    def _hear_again(self, heard: Reception, again: Again) -> Verdict:
        """The same bytes: until its receive windows are over the node cannot have sent them a second time."""
        session, uplink = again.session, again.uplink
        if heard.received_at - uplink.received_at < (session.rx_delay_s + 1) * 1000:
            self._store.add_reception(uplink.id, heard)
            return Copy()
        if heard.phy in self._on_air:
            return Copy()
        answered, answer = self._answers.get(session.dev_eui, ("", None))
        if answered != uplink.id:
            answer = self._acknowledge(session, uplink) if uplink.confirmed else None
        return self._taken("repetitions", session, answer)

    def _acknowledge(self, session: Session, uplink: Uplink) -> bytes:
        answer = acknowledgement(session, self._store.take_fcnt_down(session.id), uplink.confirmed)
        self._answers[session.dev_eui] = (uplink.id, answer)
        return answer

    def _taken(
        self, count: str, session: Session, answer: bytes | None, uplink: Uplink | None = None
    ) -> Taken:
        return Taken(count, answer, session.rx_delay_s, session.rx1_dr_offset, session.rx2_data_rate, uplink)

    def _judge_join(self, heard: Reception) -> Verdict:
        if heard.phy in self._on_air:
            return Copy()
        request = join.parse_request(heard.phy)
        dev_eui, join_eui = request.dev_eui.hex(), request.join_eui.hex()
        is_used = self._store.is_nonce_used(dev_eui, join_eui, request.dev_nonce)
        decision = decide_join(heard.phy, self._store.device(dev_eui), is_used)
        return self._admit(decision, heard.received_at) if isinstance(decision, Admitted) else decision

    def _admit(self, admitted: Admitted, now: int) -> Taken:
        accept = JoinAccept(
            join_nonce=admitted.join_nonce,
            net_id=int(self._config.net_id, 16),
            dev_addr=self._free_dev_addr(),
            rx1_dr_offset=0,
            rx2_data_rate=self._region.rx2[1],
            rx_delay_s=self._config.rx1_delay_s,
            cf_list=b"",
        )
        self._store.use_nonces(admitted.dev_eui, admitted.join_eui, admitted.dev_nonce, admitted.join_nonce)
        self._store.add_session(open_session(admitted, accept, now))
        _log.info("join dev_eui=%s dev_addr=%08x", admitted.dev_eui, accept.dev_addr)
        answer = join.build_accept(accept, admitted.app_key)
        return Taken("joins", answer, self._region.join_delay_s, 0, accept.rx2_data_rate)

    def _free_dev_addr(self) -> int:
        """Few draws are enough; where none is free, devices share one, which LoRaWAN allows."""
        for _ in range(_DRAWS):
            dev_addr = draw_dev_addr(int(self._config.net_id, 16), self._rng)
            if not self._store.candidates(f"{dev_addr:08x}"):
                break
        return dev_addr

    def _await_copies(self, heard: Reception, taken: Taken) -> None:
        """The frame is on air until its last receive window is over; its answer goes out after dedup_ms."""
        hearings = self._on_air[heard.phy] = [heard]

        async def forget() -> None:
            if self._on_air.get(heard.phy) is hearings:  # after a reset the same bytes can be new once more
                del self._on_air[heard.phy]

        async def answer() -> None:
            self._answer(hearings, taken)

        if taken.answer:
            self._clock.call_at(heard.received_at + self._config.dedup_ms, answer)
        self._clock.call_at(heard.received_at + (taken.delay_s + 1) * 1000, forget)

    def _answer(self, hearings: list[Reception], taken: Taken) -> None:
        reached = [heard for heard in hearings if self._gateways.reaches(heard.gateway_id)]
        if not reached or not taken.answer:
            self._refusals.refuse("no_way_down", "no gateway that heard the frame has sent PULL_DATA")
            return
        offset, rx2_data_rate = taken.rx1_dr_offset, taken.rx2_data_rate
        downlinks = windows(self._region, best(reached), taken.answer, taken.delay_s, offset, rx2_data_rate)
        self._gateways.transmit(downlinks)
