"""Which gateway answers, and in which window: by margin, round trip, duty cycle, one frame at a time."""

import math
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from codec.lorawan import regions
from codec.lorawan.regions import Region
from gateway.model import Downlink, Reception
from gateway.network import adr, downlink
from gateway.network.airtime import Airtime, Booked
from gateway.network.downlink import Listening, Window

_LEAD_MS = 65  # 42.5 ms in the forwarder's queue, 10 ms until it looks at its socket, ours
_UNKNOWN_MS = 100  # round trip of a gateway that has not answered yet
_SAMPLES = 32
_MOST_OF = 0.9
AMPLE_DB = 10.0  # with more margin than this, the gateway with more airtime left is the better one
_WAIT_FLOOR_MS = 10
_SLOW_DELAY_S = 5


@dataclass(slots=True)
class Gateway:
    """What is known of one."""

    airtime: Airtime
    round_trips_ms: deque[int] = field(default_factory=lambda: deque(maxlen=_SAMPLES))
    round_trip_ms: int = _UNKNOWN_MS  # nine of ten are shorter

    def measured(self, round_trip_ms: int) -> None:
        self.round_trips_ms.append(round_trip_ms)
        self.round_trip_ms = _most(self.round_trips_ms, _UNKNOWN_MS)


@dataclass(frozen=True, slots=True)
class Spent:
    """Of the hour's airtime that the law gives a gateway in a sub-band, in MHz, the share that is used."""

    gateway_id: str
    band: str
    share: float


@dataclass(frozen=True, slots=True)
class Place:
    """A gateway and a window that can take a frame, and the airtime set aside for it.

    `second` is RX2 where it could take the frame as well, for a gateway that chooses itself.
    """

    heard: Reception
    window: Window
    booked: Booked
    second: Window | None = None


class Gateways:
    def __init__(self, region: Region):
        self._region = region
        self._known: dict[str, Gateway] = {}
        self._lateness_ms: deque[int] = deque(maxlen=2 * _SAMPLES)

    def measured(self, gateway_id: str, round_trip_ms: int) -> None:
        self.gateway(gateway_id).measured(round_trip_ms)

    def copied(self, late_ms: int) -> None:
        """A copy of a frame came so long after the first."""
        self._lateness_ms.append(late_ms)

    def gateway(self, gateway_id: str) -> Gateway:
        if gateway_id not in self._known:
            self._known[gateway_id] = Gateway(Airtime(self._region))
        return self._known[gateway_id]

    def spent(self, now_ms: int) -> Iterator[Spent]:
        """Of all gateways that have sent something."""
        for gateway_id, known in self._known.items():
            for index, share in known.airtime.spent(now_ms).items():
                low_hz, high_hz, *_ = self._region.sub_bands[index]
                yield Spent(gateway_id, f"{low_hz / 1e6:g}-{high_hz / 1e6:g}", share)

    def heard_ms(self, hearings: Iterable[Reception]) -> int:
        """When the frame ended: each gateway's word of it was half a round trip on its way."""
        return min(heard.received_at - self._way_ms(heard.gateway_id) // 2 for heard in hearings)

    def wait_ms(self, heard: Reception, delay_s: int, least_ms: int) -> int:
        """How long further gateways are awaited: as they have been seen to come, where RX1 still allows."""
        spread_ms = _most(self._lateness_ms, 0) + _LEAD_MS if self._lateness_ms else 0
        allowed_ms = self._latest_ms(heard, delay_s * 1000) - heard.received_at - _WAIT_FLOOR_MS
        wanted_ms = max(least_ms, spread_ms)
        return min(wanted_ms, allowed_ms) if allowed_ms > 0 else least_ms

    def rx_delay_s(self, gateway_ids: Iterable[str], least_s: int, dedup_ms: int) -> int:
        """The first window that an answer reaches in time through the quickest of these gateways."""
        round_trip_ms = min((self._way_ms(each) for each in gateway_ids), default=0)
        is_in_time = round_trip_ms + dedup_ms + _LEAD_MS + _WAIT_FLOOR_MS <= least_s * 1000
        return least_s if is_in_time else max(least_s, _SLOW_DELAY_S)

    def place(
        self,
        now_ms: int,
        hearings: Sequence[Reception],
        listening: Listening,
        size: int,
        share: float = 1.0,
        after: int = 0,
    ) -> Place | None:
        """The best gateway that can send so much in RX1, else in RX2; `after`: the window that failed."""
        options = [
            (window, heard)
            for heard in hearings
            for window in downlink.windows(self._region, heard, listening)
            if window.number > after and size <= window.longest
        ]
        for window, heard in sorted(options, key=lambda option: self._rank(*option)):
            booked = self._try(now_ms, heard, window, size, share)
            if booked:
                return Place(heard, window, booked, self._second(heard, window, listening, size, share))
        return None

    def place_now(
        self, now_ms: int, hearings: Sequence[Reception], rx2: tuple[int, int], size: int, share: float
    ) -> Place | None:
        """At once, in the window that a class C node keeps open."""
        window = downlink.at_once(self._region, rx2)
        if size > window.longest:
            return None
        for heard in sorted(hearings, key=lambda each: self._rank(window, each)):
            ahead_ms = now_ms - heard.received_at + _LEAD_MS
            booked = self._book(heard, replace(window, delay_ms=ahead_ms), size, share)
            if booked:
                return Place(heard, window, booked)
        return None

    def downlink(self, place: Place, phy: bytes) -> Downlink:
        return downlink.placed(self._region, place.heard, place.window, phy, place.second)

    def release(self, place: Place) -> None:
        self.gateway(place.heard.gateway_id).airtime.release(place.booked)

    def moved(self, place: Place, size: int) -> Place:
        """The gateway has sent it in the second window."""
        if place.second is None:
            return place
        self.release(place)
        airtime, spent = self._account(place.heard, place.second, size)
        return Place(place.heard, place.second, airtime.book(*spent))

    def _try(self, now_ms: int, heard: Reception, window: Window, size: int, share: float) -> Booked | None:
        if now_ms > self._latest_ms(heard, window.delay_ms):
            return None
        return self._book(heard, window, size, share)

    def _second(
        self, heard: Reception, first: Window, listening: Listening, size: int, share: float
    ) -> Window | None:
        """RX2, not booked: hardly ever is it needed."""
        windows = downlink.windows(self._region, heard, listening) if first.number == 1 else ()
        for window in windows:
            airtime, spent = self._account(heard, window, size)
            if window.number == 2 and size <= window.longest and airtime.fits(*spent, share):
                return window
        return None

    def _book(self, heard: Reception, window: Window, size: int, share: float) -> Booked | None:
        airtime, spent = self._account(heard, window, size)
        return airtime.book(*spent) if airtime.fits(*spent, share) else None

    def _account(
        self, heard: Reception, window: Window, size: int
    ) -> tuple[Airtime, tuple[int, int, int, int]]:
        """What a frame would take: frequency, start by our clock and by the gateway's, time on air."""
        on_air_us = downlink.on_air_us(self._region, window, size)
        start_ms = heard.received_at + window.delay_ms
        tmst = heard.tmst + window.delay_ms * 1000
        airtime = self.gateway(heard.gateway_id).airtime
        return airtime, (window.frequency_hz, start_ms, tmst, on_air_us)

    def _latest_ms(self, heard: Reception, delay_ms: int) -> int:
        """A later word would come too late for this gateway's window."""
        return heard.received_at + delay_ms - self._way_ms(heard.gateway_id) - _LEAD_MS

    def _way_ms(self, gateway_id: str) -> int:
        known = self._known.get(gateway_id)
        return known.round_trip_ms if known else _UNKNOWN_MS

    def _rank(self, window: Window, heard: Reception) -> tuple[int, float, int]:
        band = regions.sub_band_index(self._region, window.frequency_hz)
        free_us = self.gateway(heard.gateway_id).airtime.free_us(band, heard.received_at)
        return window.number, -min(margin_db(heard), AMPLE_DB), -free_us


def margin_db(heard: Reception) -> float:
    """By how much a gateway heard a frame better than it had to: so well it reaches the node, about."""
    if heard.snr_db is None:
        return -math.inf
    sf, _ = regions.parse_datr(heard.data_rate)
    return heard.snr_db - adr.REQUIRED_SNR_DB[sf]


def _most(samples: Sequence[int], unknown: int) -> int:
    return sorted(samples)[int((len(samples) - 1) * _MOST_OF)] if samples else unknown
