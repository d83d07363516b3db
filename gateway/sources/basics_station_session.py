"""One Basics Station while it is connected: contexts of what it heard, orders that await their dntxed."""

import asyncio
import itertools
from collections import OrderedDict
from dataclasses import dataclass

from gateway.model import Clock, Downlink, Opening, Told
from gateway.sources import basics_station_wire as wire
from gateway.sources.basics_station_wire import Context, Heard, Order, Sent, Window

_CONTEXTS = 1000  # more than a gateway can hear within the longest RxDelay
_UNSENT = 100  # messages for a station that does not read
_TMST_MODULUS = 1 << 32
_UNKNOWN_MS = 100
_LONGEST_MS = 5000
_FRESH_MS = 600_000  # by then the clocks of both have drifted apart by some ms
_SILENCE_MS = 5000  # after its last window a frame has been sent, or never will be
_AT_ONCE_MS = 30_000  # a station defers what goes out at once while its transmitter is taken
_NOBODY_EUI = "0101010101010101"  # a station only gives it back
_HALF_S_US = 500_000


@dataclass(frozen=True, slots=True)
class Given:
    """An order and who waits for its end; `first_xtime` None where there is no first window."""

    told: Told
    first_xtime: int | None


class Session:
    """`unsent` are the messages that wait for the connection."""

    def __init__(self, eui: str, clock: Clock):
        self.eui = eui
        self.unsent: asyncio.Queue[str] = asyncio.Queue(_UNSENT)
        self._clock = clock
        self._contexts: OrderedDict[int, Context] = OrderedDict()
        self._given: dict[int, Given] = {}
        self._diids = itertools.count(1)
        self._mux_at: int | None = None
        self._round_trip_ms = _UNKNOWN_MS

    def mux_time_s(self) -> float:
        """Our time for a message that goes out now: the station counts on from it."""
        self._mux_at = self._clock.now_ms()
        return self._mux_at / 1000

    def hear(self, heard: Heard) -> int:
        """Remember the context by its lower 32 bits, the concentrator's own counter, which are returned."""
        self._measure(heard)
        tmst = heard.context.xtime % _TMST_MODULUS
        self._contexts[tmst] = heard.context
        self._contexts.move_to_end(tmst)
        if len(self._contexts) > _CONTEXTS:
            self._contexts.popitem(last=False)
        return tmst

    def give(self, downlink: Downlink, told: Told) -> bool:
        """Put an order for it among the unsent; False when it cannot be. QueueFull when nobody reads."""
        opening = downlink.opening
        if opening is None:
            return False
        is_at_once = downlink.tmst is None
        context = self._contexts.get(opening.tmst)
        if context is None and not is_at_once:
            return False  # of an earlier connection: the station would drop it in silence
        diid = next(self._diids)
        order = Order(
            _NOBODY_EUI,
            diid,
            downlink.phy,
            opening.delay_s,
            opening.rx1 and Window(*opening.rx1),
            opening.rx2 and Window(*opening.rx2),
            None if is_at_once else context,
            mux_time_s=self.mux_time_s(),
        )
        self.unsent.put_nowait(wire.order(order))
        first = context.xtime + opening.delay_s * 1_000_000 if context and opening.rx1 else None
        self._given[diid] = Given(told, first)
        self._expect(diid, opening, is_at_once)
        return True

    def sent(self, said: Sent) -> None:
        """A frame has been transmitted; in the second window if not at the time of the first."""
        given = self._given.pop(said.diid, None)
        if given:
            first = given.first_xtime
            in_second = first is not None and said.context.xtime - first > _HALF_S_US
            given.told(None, self._round_trip_ms, in_second)

    def end(self, error: str) -> None:
        """Nothing that was given will be sent any more."""
        given, self._given = self._given, {}
        for each in given.values():
            each.told(error, self._round_trip_ms)

    def _expect(self, diid: int, opening: Opening, is_at_once: bool) -> None:
        """Of what it cannot send a station says nothing."""
        wait_ms = _AT_ONCE_MS if is_at_once else (opening.delay_s + 1) * 1000 + _SILENCE_MS

        async def give_up() -> None:
            given = self._given.pop(diid, None)
            if given:
                given.told("the station has not sent it", self._round_trip_ms)

        self._clock.call_at(self._clock.now_ms() + wait_ms, give_up)

    def _measure(self, heard: Heard) -> None:
        """RefTime is our MuxTime and what has passed at the station since: both ways are missing in it."""
        now = self._clock.now_ms()
        if heard.ref_time_s is None or self._mux_at is None or now - self._mux_at > _FRESH_MS:
            return
        took_ms = now - heard.ref_time_s * 1000
        if 0 <= took_ms <= _LONGEST_MS:
            self._round_trip_ms = round(took_ms)
