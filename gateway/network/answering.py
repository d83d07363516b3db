"""From a frame that was taken to its answer: copies awaited, content made, gateway and window chosen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from codec.lorawan import frames
from gateway.counters import Counters
from gateway.model import Clock, Downlink, GatewayError, Reception, Uplink
from gateway.network import downlink, ledger, link, mac
from gateway.network.downlink import Content, Listening
from gateway.network.gateways import Gateways, Place, margin_db
from gateway.network.mac import State, Wishes
from gateway.refusals import Refusals
from gateway.store.sqlite import Store

Told = Callable[[str | None, int], None]


class WayDown(Protocol):
    """To the nodes."""

    def reaches(self, gateway_id: str) -> bool: ...

    def transmit(self, downlink: Downlink, told: Told) -> None:
        """Send; `told` hears why the gateway will not, or None, and after how many ms it said so."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """These bytes: a join-accept, or the answer that a repetition gets again."""

    phy: bytes


@dataclass(frozen=True, slots=True)
class Due:
    """An answer to be made of what the network has to say. `is_owed`: even when that is nothing."""

    uplink: Uplink
    frame: mac.Frame
    questions: tuple[int, ...]
    is_owed: bool


@dataclass(slots=True)
class OnAir:
    """A frame for us, until its last window is over: further gateways may still have heard it."""

    hearings: list[Reception]
    listening: Listening
    answer: Fixed | Due | None


class Answering:
    def __init__(
        self,
        wishes: Wishes,
        dedup_ms: int,
        store: Store,
        clock: Clock,
        counters: Counters,
        refusals: Refusals,
        way_down: WayDown,
    ):
        self.gateways = Gateways(wishes.region)
        self._wishes = wishes
        self._dedup_ms = dedup_ms
        self._store = store
        self._clock = clock
        self._counters = counters
        self._refusals = refusals
        self._way_down = way_down
        self._leases = ledger.Leases()
        self._on_air: dict[bytes, OnAir] = {}
        self._answers: dict[str, tuple[str, bytes]] = {}  # DevEUI: uplink and what it was answered

    def wishes(self, rx_delay_s: int, hearings: Sequence[Reception]) -> Wishes:
        """Of a node that opens RX1 after `rx_delay_s` and is heard there."""
        if self._wishes.rx_delay_s:
            return self._wishes
        ids = [heard.gateway_id for heard in hearings]
        in_time_s = self.gateways.rx_delay_s(ids, rx_delay_s, self._dedup_ms)
        return replace(self._wishes, rx_delay_s=in_time_s)

    def on_air(self, phy: bytes) -> OnAir | None:
        return self._on_air.get(phy)

    def copied(self, heard: Reception, late_ms: int) -> None:
        """A further gateway heard it."""
        self.gateways.copied(late_ms)
        on_air = self._on_air.get(heard.phy)
        if on_air:
            on_air.hearings.append(heard)

    def answered(self, uplink: Uplink) -> Fixed | None:
        """What went out for this uplink before."""
        uplink_id, phy = self._answers.get(uplink.dev_eui, ("", b""))
        return Fixed(phy) if uplink_id == uplink.id else None

    def await_copies(self, heard: Reception, listening: Listening, answer: Fixed | Due | None) -> None:
        """The frame is on air until its last receive window is over; its answer goes out before the first."""
        on_air = self._on_air[heard.phy] = OnAir([heard], listening, answer)

        async def forget() -> None:
            if self._on_air.get(heard.phy) is on_air:  # after a reset the same bytes can be new once more
                del self._on_air[heard.phy]

        async def speak() -> None:
            self._speak(on_air)

        if answer:
            wait_ms = self.gateways.wait_ms(heard, listening.delay_s, self._dedup_ms)
            self._clock.call_at(heard.received_at + wait_ms, speak)
        self._clock.call_at(heard.received_at + (listening.delay_s + 1) * 1000, forget)

    def _speak(self, on_air: OnAir) -> None:
        try:
            if isinstance(on_air.answer, Due):
                self._make(on_air, on_air.answer)
            elif on_air.answer:
                place = self._place(on_air, len(on_air.answer.phy))
                if place:
                    self._send(on_air, place, on_air.answer.phy)
        except GatewayError as error:
            self._refusals.refuse("store", str(error))

    def _place(self, on_air: OnAir, size: int, after: int = 0) -> Place | None:
        reached = [heard for heard in on_air.hearings if self._way_down.reaches(heard.gateway_id)]
        now_ms = self._clock.now_ms()
        place = self.gateways.place(now_ms, reached, on_air.listening, size, after=after)
        if place is None:
            self._counters.add("unanswered")
            self._refusals.refuse(
                "no_way_down", "no gateway that heard the frame can send its answer in time"
            )
        return place

    def _make(self, on_air: OnAir, due: Due) -> None:
        """Content, place and counter; what is asked of the node is on disk before it goes out."""
        session = ledger.session(self._store.connection, due.uplink.session_id)
        if session is None:
            return
        state = State(session, link.of(session))
        replies = self._replies(due, on_air)
        wishes = self.wishes(session.rx_delay_s, on_air.hearings)
        requests = mac.requests(wishes, state, due.frame, downlink.MOST_FOPTS - len(replies))
        if not due.is_owed and not requests:
            return
        content = Content(fctrl=self._flags(due), fopts=replies + b"".join(requests))
        place = self._place(on_air, content.size)
        if place is None:
            return
        try:
            with self._store.transaction():
                if requests:
                    asked = mac.ask(state.link, requests, due.frame.fcnt)
                    ledger.keep(self._store.connection, link.into(session, asked))
                fcnt = self._leases.take(self._store.connection, session.id)
        except GatewayError:
            self._leases.forget(session.id)
            self.gateways.release(place)
            raise
        phy = downlink.build(session, content, fcnt)
        self._answers[session.dev_eui] = (due.uplink.id, phy)
        self._send(on_air, place, phy)

    def _replies(self, due: Due, on_air: OnAir) -> bytes:
        heard = on_air.hearings
        best_db = max(margin_db(each) for each in heard)
        known_db = best_db if best_db > -100 else 0
        return mac.replies(
            due.questions, known_db, len({each.gateway_id for each in heard}), self.gateways.heard_ms(heard)
        )

    def _flags(self, due: Due) -> int:
        return (frames.ACK if due.uplink.confirmed else 0) | (frames.ADR if self._wishes.adr else 0)

    def _send(self, on_air: OnAir, place: Place, phy: bytes) -> None:
        gateway_id = place.heard.gateway_id

        def told(error: str | None, round_trip_ms: int) -> None:
            self.gateways.measured(gateway_id, round_trip_ms)
            if error is None:
                return
            self._refusals.refuse("transmission", f"gateway {gateway_id} refused a downlink: {error}")
            self.gateways.release(place)
            later = self._place(on_air, len(phy), after=place.window.number)
            if later:
                self._send(on_air, later, phy)

        self._counters.add("downlinks")
        if place.window.number == 2:
            self._counters.add("second_windows")
        self._way_down.transmit(self.gateways.downlink(place, phy), told)
