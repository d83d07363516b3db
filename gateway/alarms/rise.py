"""How fast a value rises: the median of all slopes (Theil-Sen), which a single wrong value cannot move."""

from collections.abc import Sequence
from itertools import combinations
from statistics import median

from gateway.words.times import HOUR_MS, MINUTE_MS

WINDOW_MS = 30 * MINUTE_MS
_LEAST = 3


def per_hour(points: Sequence[tuple[int, float]]) -> float | None:
    """The rise in units per hour; None where too little is known."""
    slopes = [
        (later - earlier) * HOUR_MS / (end - begin)
        for (begin, earlier), (end, later) in combinations(sorted(points), 2)
        if end > begin
    ]
    return median(slopes) if len(points) >= _LEAST and slopes else None
