"""How often one and the same may: so many at once, then one in a while."""

import ipaddress
from collections import OrderedDict
from dataclasses import dataclass

from gateway.model import Clock

_REMEMBERED = 10_000  # clients


@dataclass(slots=True)
class _Bucket:
    filled: float
    at: int


class Buckets:
    """A token bucket per client. IPv6 clients own a /64 and could take any address in it."""

    def __init__(self, clock: Clock, burst: int, refill_ms: int):
        self._clock = clock
        self._burst = burst
        self._refill_ms = refill_ms
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, address: str) -> bool:
        """False when the client has none left."""
        bucket = self._bucket(address)
        if bucket.filled < 1:
            return False
        bucket.filled -= 1
        return True

    def _bucket(self, address: str) -> _Bucket:
        now = self._clock.now_ms()
        name = _network(address)
        bucket = self._buckets.setdefault(name, _Bucket(self._burst, now))
        self._buckets.move_to_end(name)
        if len(self._buckets) > _REMEMBERED:
            self._buckets.popitem(last=False)
        bucket.filled = min(self._burst, bucket.filled + max(0, now - bucket.at) / self._refill_ms)
        bucket.at = now
        return bucket


def failures(clock: Clock) -> Buckets:
    """Wrong tokens: ten, then one in six seconds."""
    return Buckets(clock, burst=10, refill_ms=6000)


def _network(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else str(parsed)
