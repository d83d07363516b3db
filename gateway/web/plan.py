"""Places on a plain plan: where they lie to each other, with a scale, and labels where there is room."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.web.places import Place

WIDTH, HEIGHT = 520, 600
_MARGIN = 48
_KM_PER_DEGREE = 111.2
_LEAST_KM = 0.5  # a single place is no point in the void
_LABEL = (150, 34)
_BARS_KM = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500)


class Placed(Protocol):
    @property
    def place(self) -> Place: ...


@dataclass(frozen=True, slots=True)
class Spot:
    """`label` says on which side its name has room: `left`, `right`, or nowhere."""

    seen: Placed
    x: float
    y: float
    label: str


@dataclass(frozen=True, slots=True)
class Plan:
    spots: Sequence[Spot]
    bar_px: float
    bar_text: str
    width: int = WIDTH
    height: int = HEIGHT


def plan(seen: Sequence[Placed]) -> Plan | None:
    """None when no place is known to lie anywhere. East-west is shortened as at their middle latitude."""
    where = [(each, each.place.lat, each.place.lon) for each in seen]
    known = [(each, lat, lon) for each, lat, lon in where if lat is not None and lon is not None]
    if not known:
        return None
    lats, lons = [lat for _, lat, _ in known], [lon for _, _, lon in known]
    north, west = (min(lats) + max(lats)) / 2, (min(lons) + max(lons)) / 2
    km_per_lon = _KM_PER_DEGREE * math.cos(math.radians(north))
    high = max((max(lats) - min(lats)) * _KM_PER_DEGREE, _LEAST_KM)
    wide = max((max(lons) - min(lons)) * km_per_lon, _LEAST_KM)
    scale = min((WIDTH - 2 * _MARGIN - _LABEL[0] / 2) / wide, (HEIGHT - 2 * _MARGIN) / high)
    points = [
        (
            each,
            round(WIDTH / 2 + (lon - west) * km_per_lon * scale - _LABEL[0] / 4, 1),
            round(HEIGHT / 2 - (lat - north) * _KM_PER_DEGREE * scale, 1),
        )
        for each, lat, lon in known
    ]
    bar = max((km for km in _BARS_KM if km * scale <= WIDTH / 3), default=_BARS_KM[0])
    text = f"{bar:g} km" if bar >= 1 else f"{bar * 1000:g} m"
    return Plan(_labelled(points), round(bar * scale, 1), text)


def _labelled(points: Sequence[tuple[Placed, float, float]]) -> list[Spot]:
    """A label goes to the right, else to the left, else it is left out."""
    taken = [(x - 9.0, y - 9.0, x + 9.0, y + 9.0) for _, x, y in points]
    spots = []
    for seen, x, y in points:
        sides = {"right": (x + 10, y - 15), "left": (x - 10 - _LABEL[0], y - 15)}
        side = next((side for side, corner in sides.items() if _is_free(corner, taken)), "")
        if side:
            left, top = sides[side]
            taken.append((left, top, left + _LABEL[0], top + _LABEL[1]))
        spots.append(Spot(seen, x, y, side))
    return spots


def _is_free(corner: tuple[float, float], taken: Sequence[tuple[float, float, float, float]]) -> bool:
    left, top = corner
    right, bottom = left + _LABEL[0], top + _LABEL[1]
    if left < 0 or right > WIDTH or top < 0 or bottom > HEIGHT:
        return False
    return all(left >= box[2] or right <= box[0] or top >= box[3] or bottom <= box[1] for box in taken)
