"""From a frame that was taken to its answer: copies awaited, content made, gateway and window chosen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from gateway.counters import Counters
from gateway.model import Clock, Downlink, GatewayError, Reception, Session, Told, Uplink
from gateway.network import downlink, drafts, ledger, link, mac, queue, transmissions
from gateway.network.downlink import Listening
from gateway.network.drafts import Draft, Due
from gateway.network.gateways import Gateways, Place
from gateway.network.mac import State, Wishes
from gateway.network.queue import Queued
from gateway.network.transmissions import About
from gateway.refusals import Refusals
from gateway.store.ledger import Store

_SHARE_OF_ORDERS = 0.75  # of the airtime: the rest is for acknowledgements and joins
_SHARE_OF_SPARE = 0.5  # for what nobody waits for


class WayDown(Protocol):
    """To the nodes."""

    def reaches(self, gateway_id: str) -> bool: ...

    def transmit(self, downlink: Downlink, told: Told) -> None:
        """Send; `told` hears what became of it."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """These bytes: a join-accept, or the answer that a repetition gets again."""

    phy: bytes
    about: About


@dataclass(slots=True)
class OnAir:
    """A frame for us, until its last window is over: further gateways may still have heard it."""

    hearings: list[Reception]
    listening: Listening
    answer: Fixed | Due | None
    until_ms: int


@dataclass(frozen=True, slots=True)
class Frame:
    """Bytes on their way, and the queued downlink that they carry; `number` is of the transmission."""

    phy: bytes
    about: About
    item: Queued | None = None
    number: int = 0


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
        transmissions.restore(store.connection, wishes.region, self.gateways, clock.now_ms())
        self._wishes = wishes
        self._at_delay: dict[int, Wishes] = {}
        self._dedup_ms = dedup_ms
        self._store = store
        self._clock = clock
        self._counters = counters
        self._refusals = refusals
        self._way_down = way_down
        self._leases = ledger.Leases()
        self._on_air: dict[bytes, OnAir] = {}
        self._swept_at = 0

    def wishes(self, rx_delay_s: int, hearings: Sequence[Reception]) -> Wishes:
        """Of a node that opens RX1 after `rx_delay_s` and is heard there."""
        if self._wishes.rx_delay_s:
            return self._wishes
        ids = [heard.gateway_id for heard in hearings]
        in_time_s = self.gateways.rx_delay_s(ids, rx_delay_s, self._dedup_ms)
        if in_time_s not in self._at_delay:
            self._at_delay[in_time_s] = replace(self._wishes, rx_delay_s=in_time_s)
        return self._at_delay[in_time_s]

    def on_air(self, phy: bytes) -> OnAir | None:
        """Until its last window is over: after a reset the same bytes can be new once more."""
        found = self._on_air.get(phy)
        return found if found and self._clock.now_ms() < found.until_ms else None

    def copied(self, heard: Reception, late_ms: int) -> None:
        """A further gateway heard it."""
        self.gateways.copied(late_ms)
        on_air = self.on_air(heard.phy)
        if on_air:
            on_air.hearings.append(heard)

    def answered(self, uplink: Uplink) -> Fixed | None:
        """What went out for this uplink before, were it by another life of the gateway."""
        phy = transmissions.answer_to(self._store.connection, uplink.id)
        return Fixed(phy, About(uplink.dev_eui, uplink.id)) if phy else None

    def await_copies(self, heard: Reception, listening: Listening, answer: Fixed | Due | None) -> None:
        """The frame is on air until its last receive window is over; its answer goes out before the first."""
        until_ms = heard.received_at + (listening.delay_s + 1) * 1000
        on_air = self._on_air[heard.phy] = OnAir([heard], listening, answer, until_ms)
        self._sweep()

        async def speak() -> None:
            self._speak(on_air)

        if answer:
            wait_ms = self.gateways.wait_ms(heard, listening.delay_s, self._dedup_ms)
            self._clock.call_at(heard.received_at + wait_ms, speak)

    def _sweep(self) -> None:
        """Once a second: what is no longer on air takes no memory."""
        now = self._clock.now_ms()
        if now >= self._swept_at + 1000:
            self._swept_at = now
            self._on_air = {phy: each for phy, each in self._on_air.items() if now < each.until_ms}

    def speak_to(self, session: Session) -> None:
        """Send the next queued downlink to a node that listens all the time (class C)."""
        db, now_ms = self._store.connection, self._clock.now_ms()
        draft = drafts.order(self._wishes, queue.waiting(db, session.dev_eui))
        state = State(session, link.of(session))
        rx2 = link.rx2(self._wishes.region, session, state.link)
        hearings = self._reached(ledger.last_hearings(db, session))
        if draft and hearings:
            place = self.gateways.place_now(now_ms, hearings, rx2, draft.content.size, _share(draft))
            if place:
                frame = self._write_down(place, draft, state, session.fcnt_up, About(session.dev_eui))
                self._send(place, frame, lambda: self._take_back(frame.item), lambda: self.speak_to(session))

    def _speak(self, on_air: OnAir) -> None:
        try:
            if isinstance(on_air.answer, Due):
                self._answer(on_air, on_air.answer)
            elif on_air.answer:
                self._try(on_air, Frame(on_air.answer.phy, on_air.answer.about))
        except GatewayError as error:
            self._refusals.refuse("store", str(error))

    def _answer(self, on_air: OnAir, due: Due) -> None:
        session = self._store.session(due.uplink.session_id)
        if session is None:
            return
        state = State(session, link.of(session))
        waiting = queue.waiting(self._store.connection, session.dev_eui)
        replies = drafts.replies(due, on_air.hearings, self.gateways.heard_ms(on_air.hearings))
        wishes = self.wishes(session.rx_delay_s, on_air.hearings)
        found = drafts.answers(due, state, wishes, waiting, replies)
        for draft in found:
            place = self._find(on_air, draft.content.size, _share(draft))
            if place:
                about = About(session.dev_eui, due.uplink.id, lasts=not due.asks_time)
                frame = self._write_down(place, draft, state, due.uplink.fcnt, about, found[0].item)
                self._transmit(on_air, place, frame)
                return
        if found:
            self._leave_unanswered()

    def _write_down(
        self,
        place: Place,
        draft: Draft,
        state: State,
        fcnt_up: int,
        about: About,
        wanted: Queued | None = None,
    ) -> Frame:
        """Counter, what is asked, what goes out and how are on disk before anybody is told."""
        db, session, item = self._store.connection, state.session, draft.item
        try:
            with self._store.transaction():
                if draft.requests:
                    ledger.keep(db, link.into(session, mac.ask(state.link, draft.requests, fcnt_up)))
                fcnt_down = self._leases.take(db, session.id)
                if item:
                    queue.sent(db, item, fcnt_up, fcnt_down, self._clock.now_ms())
                    about = replace(about, downlink_id=item.id)
                elif wanted:
                    queue.defer(db, wanted, "no window of the last uplink had room for it")
                phy = downlink.build(session, draft.content, fcnt_down)
                return self._noted(place, Frame(phy, about, item))
        except GatewayError:
            self._leases.forget(session.id)
            self.gateways.release(place)
            raise

    def _noted(self, place: Place, frame: Frame) -> Frame:
        db, now_ms = self._store.connection, self._clock.now_ms()
        number = transmissions.add(db, self._wishes.region, place, frame.phy, frame.about, now_ms)
        return replace(frame, number=number)

    def _find(self, on_air: OnAir, size: int, share: float = 1.0, after: int = 0) -> Place | None:
        reached = self._reached(on_air.hearings)
        return self.gateways.place(self._clock.now_ms(), reached, on_air.listening, size, share, after)

    def _reached(self, hearings: Sequence[Reception]) -> list[Reception]:
        return [heard for heard in hearings if self._way_down.reaches(heard.gateway_id)]

    def _try(self, on_air: OnAir, frame: Frame, after: int = 0) -> None:
        """In the first window that there is, beyond the one that failed."""
        place = self._find(on_air, len(frame.phy), after=after)
        if place is None:
            self._leave_unanswered()
            self._take_back(frame.item)
            return
        try:
            with self._store.transaction():
                frame = self._noted(place, frame)
        except GatewayError as error:
            self.gateways.release(place)
            self._refusals.refuse("store", str(error))
            return
        self._transmit(on_air, place, frame)

    def _transmit(self, on_air: OnAir, place: Place, frame: Frame) -> None:
        self._send(place, frame, lambda: self._try(on_air, frame, place.window.number), lambda: None)

    def _send(
        self, place: Place, frame: Frame, refused: Callable[[], None], accepted: Callable[[], None]
    ) -> None:
        db, region, gateway_id = self._store.connection, self._wishes.region, place.heard.gateway_id

        def told(error: str | None, round_trip_ms: int, in_second: bool = False) -> None:
            self.gateways.measured(gateway_id, round_trip_ms)
            if in_second:
                self._counters.add("second_windows")
                second = self.gateways.moved(place, len(frame.phy))
                self._guarded(
                    lambda: transmissions.moved(self._store.connection, region, frame.number, second)
                )
            if error is None:
                accepted()
                return
            self._refusals.refuse("transmission", f"gateway {gateway_id} refused a downlink: {error}")
            self.gateways.release(place)
            self._guarded(lambda: transmissions.refused(db, frame.number, error))
            refused()

        self._counters.add("downlinks")
        if place.window.number == 2:
            self._counters.add("second_windows")
        self._way_down.transmit(self.gateways.downlink(place, frame.phy), told)

    def _leave_unanswered(self) -> None:
        self._counters.add("unanswered")
        self._refusals.refuse("no_way_down", "no gateway that heard the frame can send its answer in time")

    def _take_back(self, item: Queued | None) -> None:
        if item:
            self._guarded(lambda: queue.take_back(self._store.connection, item, "no gateway sent it"))

    def _guarded(self, write: Callable[[], None]) -> None:
        """Of what has happened: a store that fails does not undo it."""
        try:
            with self._store.transaction():
                write()
        except GatewayError as error:
            self._refusals.refuse("store", str(error))


def _share(draft: Draft) -> float:
    """Of the airtime that the law leaves a gateway."""
    if draft.is_pressing:
        return 1.0
    return _SHARE_OF_SPARE if draft.is_spare else _SHARE_OF_ORDERS
