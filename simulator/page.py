"""The report of a run as one HTML page with plots: no script, nothing loaded from elsewhere."""

import json
from collections import Counter
from html import escape
from pathlib import Path
from typing import Any

from simulator import report
from simulator.eventlog import Event
from simulator.lns_events import iso

_WIDTH, _HEIGHT, _PAD = 860, 220, 44
_BINS = 60
_COLOURS = ("#1f6fb2", "#c1571d", "#3b8c4a", "#8a4fae", "#b0961e", "#4aa3a2", "#b23a5d", "#5c6470")
_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem;color:#1d2733}"
    "h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}table{border-collapse:collapse;width:100%}"
    "td,th{padding:.2rem .6rem;text-align:right;border-bottom:1px solid #dde3ea}"
    "td:first-child,th:first-child{text-align:left}svg{width:100%;height:auto}text{font-size:11px;fill:#5c6470}"
)

Point = tuple[float, float]


class Curves:
    """What the plots need of the event log: stages as sampled, and uplinks by time and fate."""

    def __init__(self) -> None:
        self.stages: dict[str, list[Point]] = {}
        self.uplinks: list[tuple[int, bool]] = []

    def take(self, event: Event) -> None:
        if event["event"] == "sample":
            self.stages.setdefault(event["node"], []).append((event["t"], event["stage_mm"]))
        elif event["event"] == "up":
            self.uplinks.append((event["t"], bool(event["heard"])))


def has_plots(path: Path) -> bool:
    return path.suffix == ".html"


def write_report(path: Path, told: dict[str, Any], curves: Curves) -> None:
    """By the suffix: .html with plots, .json, else text."""
    if has_plots(path):
        written = page(told, curves)
    elif path.suffix == ".json":
        written = json.dumps(told, ensure_ascii=False, indent=1) + "\n"
    else:
        written = "\n".join(report.text(told)) + "\n"
    path.write_text(written, encoding="utf-8")


def page(told: dict[str, Any], curves: Curves) -> str:
    """The whole document."""
    title = f"{escape(told['name'])}, seed {told['seed']}: {told['duration_s'] / 3600:.1f} h"
    parts = [
        f"<h1>{title}</h1>",
        "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in report.text(told)) + "</ul>",
        "<h2>Water level at the sensors, mm</h2>",
        _lines(_loudest(curves.stages)),
        "<h2>Uplinks, heard and lost</h2>",
        _bars(curves.uplinks),
        "<h2>Nodes</h2>",
        _nodes(told["nodes"]),
    ]
    if told["faults"]:
        rows = "".join(
            f"<tr><td>{iso(row['t'])}</td><td>{escape(row['what'])}</td><td>{escape(row['target'])}</td></tr>"
            for row in told["faults"]
        )
        parts += ["<h2>Faults</h2>", f"<table>{rows}</table>"]
    body = "\n".join(parts)
    head = f'<meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>'
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>\n{body}\n</body></html>\n'


def _loudest(stages: dict[str, list[Point]]) -> dict[str, list[Point]]:
    """The few curves that moved most: more than eight nobody can tell apart."""

    def range_mm(row: tuple[str, list[Point]]) -> float:
        levels = [level for _, level in row[1]]
        return min(levels) - max(levels)

    return dict(sorted(stages.items(), key=range_mm)[: len(_COLOURS)])


def _lines(curves: dict[str, list[Point]]) -> str:
    points = [point for curve in curves.values() for point in curve]
    if not points:
        return "<p>Nothing was sampled.</p>"
    lows, highs = (
        (min(p[0] for p in points), min(p[1] for p in points)),
        tuple(map(max, zip(*points, strict=True))),
    )
    x_scale = (_WIDTH - 2 * _PAD) / ((highs[0] - lows[0]) or 1)
    y_scale = (_HEIGHT - 2 * _PAD) / ((highs[1] - lows[1]) or 1)
    parts = [
        f'<text x="4" y="{_PAD}">{highs[1]:.0f}</text><text x="4" y="{_HEIGHT - _PAD}">{lows[1]:.0f}</text>',
        f'<text x="{_PAD}" y="{_HEIGHT - 8}">{iso(int(lows[0]))[:16]}</text>',
        f'<text x="{_WIDTH - 140}" y="{_HEIGHT - 8}">{iso(int(highs[0]))[:16]}</text>',
    ]
    for number, (name, curve) in enumerate(curves.items()):
        line = " ".join(
            f"{_PAD + (x - lows[0]) * x_scale:.1f},{_HEIGHT - _PAD - (y - lows[1]) * y_scale:.1f}"
            for x, y in curve[:: max(1, len(curve) // 600)]
        )
        colour = _COLOURS[number]
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        parts.append(f'<text x="{_PAD + 100 * number}" y="14" style="fill:{colour}">{escape(name)}</text>')
    return _svg(parts)


def _bars(uplinks: list[tuple[int, bool]]) -> str:
    if not uplinks:
        return "<p>Nothing was sent.</p>"
    first, last = uplinks[0][0], uplinks[-1][0] + 1
    bins = Counter(((at - first) * _BINS // (last - first), heard) for at, heard in uplinks)
    most = max(bins[place, True] + bins[place, False] for place in range(_BINS))
    width, scale = (_WIDTH - 2 * _PAD) / _BINS, (_HEIGHT - 2 * _PAD) / most
    parts = [f'<text x="4" y="{_PAD}">{most}</text>']
    for place in range(_BINS):
        y = float(_HEIGHT - _PAD)
        for heard, colour in ((True, _COLOURS[0]), (False, _COLOURS[1])):
            height = bins[place, heard] * scale
            y -= height
            parts.append(
                f'<rect x="{_PAD + place * width:.1f}" y="{y:.1f}" width="{width - 1:.1f}" '
                f'height="{height:.1f}" fill="{colour}"/>'
            )
    return _svg(parts)


def _svg(parts: list[str]) -> str:
    return f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">' + "".join(parts) + "</svg>"


def _nodes(nodes: dict[str, Any]) -> str:
    head = "<tr><th>node</th><th>sent</th><th>heard</th><th>airtime, s</th><th>duty, %</th><th>mAh</th></tr>"
    rows = "".join(
        f"<tr><td>{escape(name)}</td><td>{row['sent']}</td><td>{row['heard']}</td>"
        f"<td>{row['airtime_us'] / 1e6:.1f}</td><td>{100 * (row['duty'] or 0):.4f}</td>"
        f"<td>{row['energy_mah']:.3f}</td></tr>"
        for name, row in nodes.items()
    )
    return f"<table>{head}{rows}</table>"
