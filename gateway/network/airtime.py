"""What one gateway may still send: its hour per sub-band, and one frame at a time."""

from collections import deque
from typing import NamedTuple

from codec.lorawan import regions
from codec.lorawan.regions import Region

_HOUR_MS = 3_600_000
_WHOLE = 1000  # a sub-band's share is in thousandths
_TMST_MODULUS = 1 << 32
_GAP_US = 45_000  # a forwarder's queue refuses frames closer than 42.5 ms (sx1302_hal, jitqueue.c)
_LONGEST_MS = 30_000  # no window lies further ahead


class Booked(NamedTuple):
    band: int
    end_ms: int
    tmst: int
    on_air_us: int


class Airtime:
    """A sliding hour: no 3600 s hold more than the sub-band's share, those to come included."""

    def __init__(self, region: Region):
        self._region = region
        self._hours: dict[int, deque[Booked]] = {}
        self._spent_us: dict[int, int] = {}
        self._queue: list[Booked] = []

    def fits(self, hz: int, start_ms: int, tmst: int, on_air_us: int, share: float = 1.0) -> bool:
        """Whether law and transmitter leave room; `share` of the law's limit is given to this kind."""
        band = regions.sub_band_index(self._region, hz)
        return self.free_us(band, start_ms, share) >= on_air_us and self._is_idle(start_ms, tmst, on_air_us)

    def free_us(self, band: int, now_ms: int, share: float = 1.0) -> int:
        """Frames are booked nearly in the order of their times: all that may share an hour with one count."""
        hour = self._hours.get(band)
        while hour and hour[0].end_ms <= now_ms - _HOUR_MS:
            self._spent_us[band] -= hour.popleft().on_air_us
        return int(self._limit_us(band) * share) - self._spent_us.get(band, 0)

    def spent(self, now_ms: int) -> dict[int, float]:
        """Sub-band: the share of its limit that this hour has used."""
        limits = {band: self._limit_us(band) for band in self._hours}
        return {band: 1 - self.free_us(band, now_ms) / limit for band, limit in limits.items() if limit}

    def book(self, hz: int, start_ms: int, tmst: int, on_air_us: int) -> Booked:
        band = regions.sub_band_index(self._region, hz)
        booked = Booked(band, start_ms + -(-on_air_us // 1000), tmst, on_air_us)
        self._hours.setdefault(band, deque()).append(booked)
        self._spent_us[band] = self._spent_us.get(band, 0) + on_air_us
        self._queue = [each for each in self._queue if each.end_ms > start_ms - _LONGEST_MS]
        self._queue.append(booked)
        return booked

    def release(self, booked: Booked) -> None:
        """The gateway did not send it."""
        if booked in self._hours[booked.band]:
            self._hours[booked.band].remove(booked)
            self._spent_us[booked.band] -= booked.on_air_us
            self._queue = [each for each in self._queue if each is not booked]

    def _limit_us(self, band: int) -> int:
        thousandths: int = self._region.sub_bands[band][2]
        return _HOUR_MS * 1000 * thousandths // _WHOLE

    def _is_idle(self, start_ms: int, tmst: int, on_air_us: int) -> bool:
        """By the concentrator's own clock, which wraps."""
        return all(
            (tmst - each.tmst) % _TMST_MODULUS >= each.on_air_us + _GAP_US
            and (each.tmst - tmst) % _TMST_MODULUS >= on_air_us + _GAP_US
            for each in self._queue
            if abs(each.end_ms - start_ms) < _LONGEST_MS
        )
