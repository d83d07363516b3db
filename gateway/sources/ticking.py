"""Whether a forwarder's counter runs in microseconds: where it does not, each downlink misses its window."""

_MODULUS = 1 << 32
_SHORTEST_MS, _LONGEST_MS = 1000, 1_800_000  # between two frames; the counter wraps every 71 min 35 s
_LATE_MS = 1000  # a frame may be on its way so long, or come out of a queue
_TIMES = 3  # a restart is one


class Ticking:
    def __init__(self) -> None:
        self._last: dict[str, tuple[int, int, int]] = {}  # tmst, when it came, how often in a row it was odd

    def is_odd(self, gateway_id: str, tmst: int, now_ms: int) -> bool:
        """Three times in a row the counter has not gone on as the time has."""
        tmst_before, before_ms, odd = self._last.get(gateway_id, (tmst, now_ms, 0))
        passed_ms = now_ms - before_ms
        if _SHORTEST_MS <= passed_ms <= _LONGEST_MS:
            ticked_ms = (tmst - tmst_before) % _MODULUS // 1000
            odd = odd + 1 if abs(ticked_ms - passed_ms) > _LATE_MS + passed_ms // 100 else 0
        elif 0 <= passed_ms < _SHORTEST_MS and gateway_id in self._last:
            return odd >= _TIMES
        self._last[gateway_id] = tmst, now_ms, odd
        return odd >= _TIMES
