"""Plots of a run as SVG: curves and stacked bars over one time axis, faults as shaded bands."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from html import escape
from typing import NamedTuple

COLOURS = ("#1f6fb2", "#c1571d", "#3b8c4a", "#8a4fae", "#a5820f", "#2f8f8e", "#b23a5d", "#6b7480")
_WIDTH, _HEIGHT = 860, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 12, 12, 34
_BINS = 60
_MOST_POINTS = 600  # of a curve: more than there are pixels nobody sees
_US = 1_000_000
_STEPS_S = (60, 300, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800, 2592000)

Point = tuple[float, float]


class Band(NamedTuple):
    """A fault, from when to when."""

    title: str
    begin_us: int
    end_us: int


class Frame(NamedTuple):
    """What a plot shows: time across, and values from `low` to `high`."""

    begin_us: float
    end_us: float
    low: float
    high: float

    def x(self, at_us: float) -> float:
        share = (at_us - self.begin_us) / ((self.end_us - self.begin_us) or 1)
        return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        share = (value - self.low) / ((self.high - self.low) or 1)
        return _HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM)


def curves(named: dict[str, list[Point]], span_us: tuple[int, int], bands: Iterable[Band]) -> str:
    """Lines of (instant, value), each in its colour."""
    values = [value for curve in named.values() for _, value in curve]
    step = _nice(max(values) - min(values))
    frame = Frame(*span_us, math.floor(min(values) / step) * step, math.ceil(max(values) / step) * step)
    parts = [*_shades(frame, bands), *_axes(frame, step)]
    for colour, (name, curve) in zip(COLOURS, named.items(), strict=False):
        points = " ".join(
            f"{frame.x(x):.1f},{frame.y(y):.1f}" for x, y in curve[:: max(1, len(curve) // _MOST_POINTS)]
        )
        line = f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>'
        parts.append(f"<g><title>{escape(name)}</title>{line}</g>")
    return _svg(parts, f"Curves of {', '.join(named)}") + legend(named)


def bars(told: dict[str, list[int]], span_us: tuple[int, int], bands: Iterable[Band]) -> str:
    """How many of each kind happened when, one kind on the other; by kind their instants."""
    begin_us, end_us = span_us
    bins = {
        kind: Counter(min(_BINS - 1, (at - begin_us) * _BINS // (end_us - begin_us)) for at in instants)
        for kind, instants in told.items()
    }
    most = max(sum(counted[place] for counted in bins.values()) for place in range(_BINS))
    step = max(1.0, _nice(most))
    frame = Frame(begin_us, end_us, 0, math.ceil(most / step) * step)
    parts = [*_shades(frame, bands), *_axes(frame, step)]
    width = (frame.x(end_us) - frame.x(begin_us)) / _BINS
    for place in range(_BINS):
        below = 0
        for colour, (kind, counted) in zip(COLOURS, bins.items(), strict=False):
            if count := counted[place]:
                top, height = frame.y(below + count), frame.y(below) - frame.y(below + count)
                parts.append(
                    f'<rect x="{_LEFT + place * width:.1f}" y="{top:.1f}" width="{width - 1:.1f}" '
                    f'height="{height:.1f}" fill="{colour}"><title>{count} {escape(kind)}</title></rect>'
                )
                below += count
    return _svg(parts, f"Counts over time: {', '.join(told)}") + legend(told)


def legend(names: Iterable[str]) -> str:
    """Beside the plot, so that it wraps and stays legible on a narrow screen."""
    rows = "".join(
        f'<li><i style="background:{colour}"></i>{escape(name)}</li>'
        for colour, name in zip(COLOURS, names, strict=False)
    )
    return f'<ul class="legend">{rows}</ul>'


def _nice(span: float) -> float:
    """A step of 1, 2 or 5 times a power of ten; four or so of them make up the span."""
    if span <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(span / 4))
    return next(step * power for step in (1, 2, 5, 10) if step * power * 4 >= span)


def _axes(frame: Frame, step: float) -> Iterator[str]:
    for number in range(round((frame.high - frame.low) / step) + 1):
        value = frame.low + number * step
        y = frame.y(value)
        yield f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text x="{_LEFT - 8}" y="{y + 5:.1f}" text-anchor="end">{value:g}</text>'
    for at_us, text in _ticks(frame):
        x = frame.x(at_us)
        yield f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{_HEIGHT - _BOTTOM}" y2="{_HEIGHT - 28}"/>'
        yield f'<text x="{x:.1f}" y="{_HEIGHT - 10}" text-anchor="middle">{text}</text>'


def _ticks(frame: Frame) -> Iterator[tuple[int, str]]:
    """Full hours, minutes or days in UTC, eight at most; midnight is its date."""
    span_s = (frame.end_us - frame.begin_us) / _US
    step_us = next((step for step in _STEPS_S if span_s <= 8 * step), _STEPS_S[-1]) * _US
    at_us = math.ceil(frame.begin_us / step_us) * step_us
    while at_us <= frame.end_us:
        if _LEFT <= frame.x(at_us) <= _WIDTH - 3 * _RIGHT:
            at = datetime.fromtimestamp(at_us / _US, UTC)
            yield at_us, f"{at:%d %b}" if (at.hour, at.minute) == (0, 0) else f"{at:%H:%M}"
        at_us += step_us


def _shades(frame: Frame, bands: Iterable[Band]) -> Iterator[str]:
    for band in bands:
        x, width = frame.x(band.begin_us), frame.x(band.end_us) - frame.x(band.begin_us)
        yield (
            f'<rect class="fault" x="{x:.1f}" y="{_TOP}" width="{max(1.0, width):.1f}" '
            f'height="{_HEIGHT - _TOP - _BOTTOM}"><title>{escape(band.title)}</title></rect>'
        )


def _svg(parts: Iterable[str], label: str) -> str:
    drawn = "".join(parts)
    return (
        f'<div class="wide"><svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label="{escape(label)}">{drawn}</svg></div>'
    )
