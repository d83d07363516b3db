"""A series as a line in an SVG: the picture by URL, the sparkline, and the thinning that both rely on."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from xml.sax.saxutils import escape

from gateway.web import scale
from gateway.web.present import FAIL, SUSPECT, Point, pieces
from gateway.web.quantities import shown
from gateway.words import number

_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 18, 78, 50
_PX_PER_TIME, _PX_PER_VALUE = 76, 40
# What would leave its place on the page: control characters, and those that turn the direction of writing.
_UNRULY = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)

_COLOURS = ("ground", "ink", "muted", "line", "warn", "accent")
_LIGHT = ("#ffffff", "#14222b", "#51626d", "#dbe2e4", "#8a4600", "#0b6a8f")
_DARK = ("#162027", "#e7eef1", "#9bafba", "#29373f", "#f0b968", "#66c3e6")
THEMES = {
    "light": dict(zip(_COLOURS, _LIGHT, strict=True)),
    "dark": dict(zip(_COLOURS, _DARK, strict=True)),
}


@dataclass(frozen=True, slots=True)
class Limit:
    """A mark of the place: its name and value in the shown unit."""

    name: str
    value: float


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything a picture shows, already in words. `empty` stands where there is nothing to draw."""

    title: str
    headline: str
    note: str
    empty: str
    quantity: str
    series: Sequence[Point]
    span: tuple[int, int]
    limits: Sequence[Limit] = ()
    language: str = "de"
    theme: str = "light"
    width: int = 720
    height: int = 360


def thinned(series: Sequence[Point], buckets: int) -> list[Point]:
    """Of the good points of each bucket of time the least and the greatest; all others are kept."""
    if len(series) <= 2 * buckets:
        return list(series)
    width = max(1, (series[-1].time - series[0].time) // buckets)
    return [
        point
        for _, group in groupby(series, key=lambda point: point.time // width)
        for point in _telling(list(group))
    ]


def _telling(group: list[Point]) -> Iterable[Point]:
    good = [point for point in group if point.value is not None and point.flag < SUSPECT]
    extremes = {min(good, key=_value), max(good, key=_value)} if good else set()
    return (point for point in group if point in extremes or point.value is None or point.flag >= SUSPECT)


def _value(point: Point) -> float:
    return point.value or 0.0


def spark(quantity: str, series: Sequence[Point], width: int, height: int) -> str:
    """The path of a small line, for the eye only."""
    lines = pieces(thinned(series, 48))
    drawn = [point for line in lines for point in line]
    if len(drawn) < 2:
        return ""
    # A calm value is a calm line in the middle: its noise is not blown up to the full height.
    calm = min(shown(quantity).steady, 1e6) * 2 / shown(quantity).scale
    low, high = scale.bounds([_value(point) for point in drawn], calm)
    start, end = drawn[0].time, max(drawn[-1].time, drawn[0].time + 1)
    return _path(
        lines,
        lambda time: (time - start) / (end - start) * width,
        lambda value: height - (value - low) / (high - low) * height,
    )


def draw(picture: Picture) -> str:
    """The picture as SVG text."""
    return "".join(_parts(picture))


def _parts(picture: Picture) -> Iterator[str]:
    colour = THEMES[picture.theme]
    title = f"{clean(picture.title)}: {clean(picture.headline)}"
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {picture.width} {picture.height}" '
        f'width="{picture.width}" height="{picture.height}" role="img" '
        f'font-family="Inter, system-ui, sans-serif" font-size="13" fill="{colour["muted"]}">'
        f'<title>{title}</title><rect width="100%" height="100%" fill="{colour["ground"]}"/>'
    )
    yield _text(18, 30, picture.title, f'font-size="17" font-weight="600" fill="{colour["ink"]}"')
    yield _text(18, 53, picture.headline, 'font-size="14"')
    yield _text(18, picture.height - 12, picture.note, 'font-size="11"')
    lines = pieces(thinned(picture.series, picture.width))
    if lines:
        yield from _plot(picture, lines, colour)
    else:
        place = (picture.width / 2, picture.height / 2)
        yield _text(*place, picture.empty, 'text-anchor="middle" font-size="14"')
    yield "</svg>"


def _plot(picture: Picture, lines: list[list[Point]], colour: dict[str, str]) -> Iterator[str]:
    factor = shown(picture.quantity).scale
    values = [value * factor for line in lines for point in line for value in _reach(point)]
    top = max(values)
    near = [limit for limit in picture.limits if limit.value <= top + max(top - min(values), 1) * 1.5]
    calm = 5 * min(shown(picture.quantity).steady, 10)
    low, high = scale.bounds([*values, *(limit.value for limit in near)], calm)
    start, end = picture.span
    right, bottom = picture.width - _RIGHT, picture.height - _BOTTOM

    def x(time: float) -> float:
        return _LEFT + (time - start) / (end - start) * (right - _LEFT)

    def y(value: float) -> float:
        return bottom - (value - low) / (high - low) * (bottom - _TOP)

    yield from _axes(picture, (low, high), (x, y), colour)
    dashes = f'stroke="{colour["warn"]}" stroke-dasharray="5 4"'
    for limit in near:
        yield f'<path d="M{_LEFT} {y(limit.value):.1f}H{right}" {dashes}/>'
    for line in lines:
        yield _band(line, x, lambda value: y(value * factor), colour["accent"])
    path = _path(lines, x, lambda value: y(value * factor))
    yield f'<path d="{path}" fill="none" stroke="{colour["accent"]}" stroke-width="2"/>'
    halo = f'fill="{colour["warn"]}" stroke="{colour["ground"]}" stroke-width="4" paint-order="stroke"'
    for limit in near:  # on the left, away from the newest values, and not crossed by the curve
        yield _text(_LEFT + 4, y(limit.value) - 5, limit.name, halo)
    yield from _suspects(picture, x, lambda value: y(value * factor), colour)


_Way = Callable[[float], float]


def _axes(
    picture: Picture, values: tuple[float, float], ways: tuple[_Way, _Way], colour: dict[str, str]
) -> Iterator[str]:
    (x, y), right, bottom = ways, picture.width - _RIGHT, picture.height - _BOTTOM
    most = max(2, (bottom - _TOP) // _PX_PER_VALUE)
    decimals = 0 if scale.step(values[1] - values[0], most) >= 1 else 2
    for value in scale.round_values(*values, most):
        yield f'<path d="M{_LEFT} {y(value):.1f}H{right}" stroke="{colour["line"]}"/>'
        yield _text(_LEFT - 8, y(value) + 4, number(picture.language, value, decimals), 'text-anchor="end"')
    unit = shown(picture.quantity).unit
    yield _text(_LEFT - 8, _TOP - 8, unit, 'text-anchor="end"')
    for mark in scale.round_times(*picture.span, max(2, (right - _LEFT) // _PX_PER_TIME), picture.language):
        yield f'<path d="M{x(mark.at):.1f} {bottom}v4" stroke="{colour["muted"]}"/>'
        yield _text(x(mark.at), bottom + 18, mark.text, 'text-anchor="middle"')


def _suspects(picture: Picture, x: _Way, y: _Way, colour: dict[str, str]) -> Iterator[str]:
    for point in picture.series:
        if point.value is not None and SUSPECT <= point.flag < FAIL:
            yield (
                f'<circle cx="{x(point.time):.1f}" cy="{y(point.value):.1f}" r="3.5" '
                f'fill="{colour["ground"]}" stroke="{colour["warn"]}" stroke-width="1.5"/>'
            )


def _reach(point: Point) -> tuple[float, float]:
    value = _value(point)
    return (
        value if point.least is None else point.least,
        value if point.most is None else point.most,
    )


def _band(line: Sequence[Point], x: _Way, y: _Way, colour: str) -> str:
    """From the least to the greatest of each hour or day; nothing where single readings are drawn."""
    if line[0].least is None:
        return ""
    above = [f"{x(point.time):.1f} {y(_reach(point)[1]):.1f}" for point in line]
    below = [f"{x(point.time):.1f} {y(_reach(point)[0]):.1f}" for point in reversed(line)]
    return f'<path d="M{"L".join(above + below)}Z" fill="{colour}" fill-opacity="0.2"/>'


def _path(lines: Iterable[Sequence[Point]], x: _Way, y: _Way) -> str:
    return "".join(
        "M" + "L".join(f"{x(point.time):.1f} {y(_value(point)):.1f}" for point in line) for line in lines
    )


def _text(x: float, y: float, text: str, attributes: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" {attributes}>{clean(text)}</text>'


def clean(text: str) -> str:
    """Escaped for XML, without what could leave its place."""
    return escape(_UNRULY.sub("", text))
