"""Base maps from GeoJSON: only what is wanted of it, simplified, with few decimals and few properties."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from gateway.model import GatewayError

_DECIMALS = 5  # about a metre
_M_PER_DEGREE = 111_195.0
_NAMES = ("name", "GEN", "NAME", "bez")
_KEYS = ("AGS", "ags", "AGS_0")
_WATER = ("water", "waterway")
_DEPTH = {"LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}  # how lists hold lines
_LEAST = {"LineString": 2, "MultiLineString": 2, "Polygon": 4, "MultiPolygon": 4}

Position = tuple[float, float]


class GeoError(GatewayError):
    """The file is no GeoJSON that a map can be made of."""


def imported(document: Any, ags: str | None = None, tolerance_m: float = 20.0) -> dict[str, Any]:
    """Lines and areas of a FeatureCollection, only of communes whose key begins with `ags` if that is given.

    Features without geometry are left out, those without properties are kept without a name.
    """
    if not isinstance(document, dict) or not isinstance(document.get("features"), list):
        raise GeoError("expected a GeoJSON FeatureCollection")
    if "crs" in document and "4326" not in str(document["crs"]) and "CRS84" not in str(document["crs"]):
        raise GeoError(
            "its coordinates are not degrees (WGS 84): convert it first, such as by ogr2ogr -t_srs EPSG:4326"
        )
    found = [made for each in document["features"] if (made := _feature(each, ags, tolerance_m))]
    if not found:
        raise GeoError("no line or area in it" + (f" of a commune {ags}..." if ags else ""))
    return {"type": "FeatureCollection", "features": found}


def _feature(feature: Any, ags: str | None, tolerance_m: float) -> dict[str, Any] | None:
    told = _object(feature)
    properties, geometry = _object(told.get("properties")), _object(told.get("geometry"))
    kind = geometry.get("type")
    key = str(_first(properties, _KEYS) or "")
    if kind not in _DEPTH or (ags and not key.startswith(ags)):
        return None
    try:
        lines = _simplified(geometry.get("coordinates"), _DEPTH[kind], tolerance_m, _LEAST[kind])
    except (TypeError, ValueError, IndexError):
        raise GeoError(f"a {kind} whose coordinates are none: {str(geometry)[:60]}") from None
    if not lines:
        return None
    kept = {"name": _first(properties, _NAMES), "ags": key or None, "water": _first(properties, _WATER)}
    return {
        "type": "Feature",
        "properties": {name: value for name, value in kept.items() if value},
        "geometry": {"type": kind, "coordinates": lines},
    }


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _first(properties: dict[str, Any], names: Sequence[str]) -> Any:
    return next((properties[name] for name in names if properties.get(name)), None)


def _simplified(coordinates: Any, depth: int, tolerance_m: float, least: int) -> list[Any]:
    """Nested as before; what is smaller than the tolerance is gone."""
    if depth > 1:
        inner = (_simplified(each, depth - 1, tolerance_m, least) for each in coordinates)
        return [each for each in inner if each]
    line = [(float(position[0]), float(position[1])) for position in coordinates]
    if not all(math.isfinite(x) and abs(x) <= 180 and abs(y) <= 90 for x, y in line):
        raise ValueError("not degrees")
    kept = [[round(x, _DECIMALS), round(y, _DECIMALS)] for x, y in simplify(line, tolerance_m)]
    return kept if len(kept) >= least else []


def simplify(line: Sequence[Position], tolerance_m: float) -> list[Position]:
    """Douglas and Peucker: no point of the line lies further from what is left than the tolerance."""
    if len(line) < 3:
        return list(line)
    stretch = math.cos(math.radians(line[0][1]))
    flat = [(x * stretch * _M_PER_DEGREE, y * _M_PER_DEGREE) for x, y in line]
    kept = {0, len(line) - 1}
    if line[0] == line[-1]:  # a ring has no direction of its own: halve it first
        kept.add(max(range(len(flat)), key=lambda i: math.dist(flat[0], flat[i])))
    waiting = list(pairwise(sorted(kept)))
    while waiting:
        first, last = waiting.pop()
        if last - first < 2:
            continue
        far = max(range(first + 1, last), key=lambda i: _distance(flat[i], flat[first], flat[last]))
        if _distance(flat[far], flat[first], flat[last]) > tolerance_m:
            kept.add(far)
            waiting += [(first, far), (far, last)]
    return [line[i] for i in sorted(kept)]


def _distance(point: Position, start: Position, end: Position) -> float:
    """From the stretch between start and end."""
    x, y = end[0] - start[0], end[1] - start[1]
    length = x * x + y * y
    along = ((point[0] - start[0]) * x + (point[1] - start[1]) * y) / length if length else 0.0
    along = min(1.0, max(0.0, along))
    return math.dist(point, (start[0] + along * x, start[1] + along * y))
