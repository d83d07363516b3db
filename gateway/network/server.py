"""The life of a frame in the network: judged, stored, counted; `answering` says what goes down."""

import logging
from collections.abc import Iterable
from random import Random
from typing import NamedTuple

from codec.lorawan import frames, join_server, regions
from codec.lorawan.frames import DataFrame
from codec.lorawan.join import JoinAccept
from codec.wire import WireError
from gateway import events
from gateway.access.buckets import Buckets
from gateway.counters import Counters
from gateway.model import Clock, GatewayError, Reception, Session, Uplink
from gateway.network import channels, history, ledger, link, mac, queue, strangers, wishes
from gateway.network.answering import Answering, Fixed, WayDown
from gateway.network.config import NetworkConfig
from gateway.network.downlink import Listening
from gateway.network.drafts import Due
from gateway.network.gateways import Gateways
from gateway.network.join import Admitted, draw_dev_addr, open_session
from gateway.network.join import decide as decide_join
from gateway.network.mac import State
from gateway.network.notes import Notes
from gateway.network.taking import Taking
from gateway.network.transmissions import About
from gateway.network.uplink import Again, Candidate, Fresh, Refused, Whose, decide, open_uplink
from gateway.refusals import Refusals
from gateway.store.ledger import Store

_log = logging.getLogger(__name__)
_DRAWS = 16


class Taken(NamedTuple):
    """A frame that was for us, and the name of its counter."""

    counter: str
    listening: Listening
    answer: Fixed | Due | None
    uplink: Uplink | None = None
    again: Uplink | None = None


class Copy(NamedTuple):
    """A further hearing of a frame that was taken, so long after the first."""

    late_ms: int


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
        way_down: WayDown,
    ):
        self._net_id = int(config.net_id, 16)
        self._wishes = wishes.of(config)
        self._region = self._wishes.region
        self._store = store
        self._clock = clock
        self._rng = rng
        self._counters = counters
        self._refusals = refusals
        self._data_rates: dict[str, int] = {}
        self._taking = Taking(store, ())
        self._begun: dict[bytes, int] = {}  # taken in the transaction that is open
        self._notes = Notes(store, clock, refusals)
        self._strangers = Buckets(clock, burst=50, refill_ms=100)  # written down; a flood costs no disk
        self._answering = Answering(self._wishes, config.dedup_ms, store, clock, counters, refusals, way_down)

    @property
    def gateways(self) -> Gateways:
        return self._answering.gateways

    def take(self, receptions: Iterable[Reception]) -> list[Uplink]:
        """Judge what was heard, in one transaction; it is on disk on return, or StoreError and nothing is.

        What is returned is new and waits for decoding.
        """
        heard = list(receptions)
        if not heard:
            return []
        self._begun.clear()
        with self._store.transaction():
            self._taking = Taking(self._store, map(_dev_addr, heard))
            verdicts = [self._decide(each) for each in heard]
            self._taking.write()
        for each, verdict in zip(heard, verdicts, strict=True):
            self._follow(each, verdict)
        return [verdict.uplink for verdict in verdicts if isinstance(verdict, Taken) and verdict.uplink]

    def close(self) -> None:
        self._notes.flush()

    def send_at_once(self) -> None:
        """Queued downlinks of the nodes that listen all the time; the others' wait for their uplink."""
        try:
            with self._store.transaction():
                queue.expire(self._store.connection, self._clock.now_ms())
            for session_id in ledger.listening(self._store.connection):
                session = self._store.session(session_id)
                if session:
                    self._answering.speak_to(session)
        except GatewayError as error:
            self._refusals.refuse("store", str(error))

    def _decide(self, heard: Reception) -> Verdict:
        """A frame that cannot be read changes nothing: only what is judged is written."""
        try:
            verdict = self._judge(heard)
        except WireError as error:
            return Refused("malformed", str(error))
        if isinstance(verdict, Taken):
            self._begun[heard.phy] = heard.received_at
        return verdict

    def _follow(self, heard: Reception, verdict: Verdict) -> None:
        match verdict:
            case Taken():
                self._counters.add(verdict.counter)
                self._answering.await_copies(heard, verdict.listening, verdict.answer)
                if verdict.again:
                    again = verdict.again
                    whose = Whose(again.dev_eui, again.dev_addr, again.id, again.fcnt, again.fcnt, 1)
                    self._notes.note(heard, "repetition", whose)
            case Copy():
                self._counters.add("duplicates")
                self._answering.copied(heard, verdict.late_ms)
            case Refused():
                self._refusals.refuse(verdict.cause, verdict.reason)
                if verdict.whose:
                    self._notes.note(heard, verdict.cause, verdict.whose)

    def _on_air_since(self, phy: bytes) -> int | None:
        """When a frame whose copies may still come in was heard first."""
        on_air = self._answering.on_air(phy)
        return on_air.hearings[0].received_at if on_air else self._begun.get(phy)

    def _judge(self, heard: Reception) -> Verdict:
        if frames.mtype(heard.phy) == frames.JOIN_REQUEST:
            return self._judge_join(heard)
        frame = frames.parse(heard.phy)
        if not frames.is_up(frame.mtype):
            raise WireError(f"message type {frame.mtype} does not go up")
        sessions = self._taking.candidates(f"{frame.dev_addr:08x}")
        candidates = [self._candidate(session, frame.fcnt) for session in sessions]
        decision = decide(heard.phy, frame.fcnt, candidates)
        match decision:
            case Fresh():
                return self._accept(heard, decision, frame)
            case Again():
                return self._hear_again(heard, decision, frame)
            case Refused():
                return decision

    def _candidate(self, session: Session, fcnt16: int) -> Candidate:
        is_same = session.fcnt_up >= 0 and session.fcnt_up & 0xFFFF == fcnt16
        return Candidate(session, self._taking.uplink(session.id, session.fcnt_up) if is_same else None)

    def _accept(self, heard: Reception, fresh: Fresh, frame: DataFrame) -> Taken:
        session, uplink = fresh.session, open_uplink(heard.phy, frame, heard.received_at, fresh)
        due, state = self._obey(heard, fresh, frame, uplink)
        session = state.session
        self._taking.keep(session)
        self._taking.accept(uplink, heard)
        if session.state == "pending":
            self._store.activate(session)
            self._taking.renew()
            events.tell_join(self._store, session.dev_eui)
        is_acked = bool(frame.fctrl & frames.ACK)
        has_more = self._taking.has_waiting(session.dev_eui) and queue.review(
            self._store.connection, session.dev_eui, uplink.fcnt, is_acked, heard.received_at
        )
        wanted = self._answering.wishes(session.rx_delay_s, [heard])
        is_due = due.is_owed or has_more or mac.requests(wanted, state, due.frame)
        return Taken("uplinks", self._listening(state), due if is_due else None, uplink)

    def _obey(self, heard: Reception, fresh: Fresh, frame: DataFrame, uplink: Uplink) -> tuple[Due, State]:
        """What the node answered is now so; what it asks, and whether it must hear anything, is due."""
        fopts = uplink.payload if uplink.fport == 0 else frame.fopts
        before = link.of(fresh.session)
        said = mac.hear(State(fresh.session, before), fopts, heard.received_at)
        data_rate, (session, known) = self._data_rate(heard), said.state
        if known is not before:
            session = link.into(session, known)
        entries = session.heard
        if data_rate is not None:
            power_index = mac.acting_power_index(known, data_rate)
            entries = history.add(entries, data_rate, power_index, uplink.fcnt, heard.snr_db)
        session = session._replace(fcnt_up=fresh.fcnt, heard=entries)
        asks = bool(frame.fctrl & frames.ADR_ACK_REQ)
        due = Due(
            uplink,
            mac.Frame(uplink.fcnt, data_rate, bool(frame.fctrl & frames.ADR), asks, heard.received_at),
            said.questions,
            uplink.confirmed or asks or bool(said.questions) or said.is_repeated,
        )
        return due, State(session, known)

    def _data_rate(self, heard: Reception) -> int | None:
        """None for one that the region does not have."""
        if heard.data_rate not in self._data_rates:
            try:
                found = regions.data_rate_of(self._region, *regions.parse_datr(heard.data_rate))
            except ValueError:
                return None
            self._data_rates[heard.data_rate] = found
        return self._data_rates[heard.data_rate]

    def _listening(self, state: State) -> Listening:
        session, known = state
        return Listening(session.rx_delay_s, session.rx1_dr_offset, link.rx2(self._region, session, known))

    def _hear_again(self, heard: Reception, again: Again, frame: DataFrame) -> Verdict:
        """The same bytes: until its receive windows are over the node cannot have sent them a second time."""
        session, uplink = again.session, again.uplink
        late_ms = heard.received_at - uplink.received_at
        if late_ms < (session.rx_delay_s + 1) * 1000:
            self._taking.hear(uplink.id, heard)
            better = history.improve(session.heard, heard.snr_db)
            if better != session.heard:
                self._taking.keep(session._replace(heard=better))
            return Copy(late_ms)
        since = self._on_air_since(heard.phy)
        if since is not None:
            return Copy(heard.received_at - since)
        answer: Fixed | Due | None = self._answering.answered(uplink)
        questions = mac.questions(uplink.payload if uplink.fport == 0 else frame.fopts)
        if answer is None and (uplink.confirmed or questions):
            bare = mac.Frame(uplink.fcnt, None, False, False, heard.received_at)
            answer = Due(uplink, bare, questions, True)
        return Taken("repetitions", self._listening(State(session, link.of(session))), answer, again=uplink)

    def _judge_join(self, heard: Reception) -> Verdict:
        since = self._on_air_since(heard.phy)
        if since is not None:
            return Copy(heard.received_at - since)
        request = join_server.parse_request(heard.phy)
        dev_eui, join_eui = request.dev_eui.hex(), request.join_eui.hex()
        is_used = self._store.is_nonce_used(dev_eui, join_eui, request.dev_nonce)
        decision = decide_join(heard.phy, self._store.device(dev_eui), is_used)
        if isinstance(decision, Admitted):
            with self._store.transaction():
                admitted = self._admit(decision, heard)
            self._taking.renew()
            return admitted
        if decision.cause == "unknown_device" and self._strangers.take(heard.gateway_id):
            strangers.note(self._store.connection, dev_eui, join_eui, heard.gateway_id, heard.received_at)
        return decision

    def _admit(self, admitted: Admitted, heard: Reception) -> Taken:
        wanted = self._answering.wishes(self._region.rx_delay_s, [heard])
        accept = JoinAccept(
            join_nonce=admitted.join_nonce,
            net_id=self._net_id,
            dev_addr=self._free_dev_addr(),
            rx1_dr_offset=wanted.rx1_dr_offset,
            rx2_data_rate=wanted.rx2_data_rate,
            rx_delay_s=wanted.rx_delay_s,
            cf_list=channels.cf_list(self._region, wanted.channels, wanted.sub_band),
        )
        self._store.use_nonces(admitted.dev_eui, admitted.join_eui, admitted.dev_nonce, admitted.join_nonce)
        told = link.Link(
            channels=channels.told_at_join(self._region, wanted.channels),
            mask=channels.wanted_mask(self._region, (), wanted.sub_band) if wanted.sub_band else None,
        )
        self._store.add_session(link.into(open_session(admitted, accept, heard.received_at), told))
        _log.info("join dev_eui=%s dev_addr=%08x", admitted.dev_eui, accept.dev_addr)
        answer = Fixed(join_server.build_accept(accept, admitted.app_key), About(admitted.dev_eui))
        return Taken("joins", Listening(self._region.join_delay_s, 0, self._region.rx2), answer)

    def _free_dev_addr(self) -> int:
        """Few draws are enough; where none is free, devices share one, which LoRaWAN allows."""
        for _ in range(_DRAWS):
            dev_addr = draw_dev_addr(self._net_id, self._rng)
            if not self._store.candidates(f"{dev_addr:08x}"):
                break
        return dev_addr


def _dev_addr(heard: Reception) -> str:
    """Where a data frame has it; of other frames bytes that name nobody."""
    return heard.phy[4:0:-1].hex()
