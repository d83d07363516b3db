"""The report of a run as one HTML page with plots: no script, nothing loaded from elsewhere."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

from simulator import plots, report
from simulator.eventlog import Event
from simulator.plots import Band, Point

_ENDS = " ends"  # behind a fault's name when it is over
_STYLE = """
:root{color-scheme:light dark;--ink:#1d2733;--dim:#596473;--line:#dde3ea;--paper:#fff;--fault:#c1571d22}
@media(prefers-color-scheme:dark){:root{--ink:#e4e9ef;--dim:#a3aebb;--line:#3a4450;--paper:#161b21}}
body{font:16px/1.5 system-ui,sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem;
color:var(--ink);background:var(--paper)}
h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}ul{padding-left:1.2rem}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%}
td,th{padding:.2rem .6rem;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}
td:first-child,th:first-child{text-align:left}.words td,.words th{text-align:left}
svg{display:block;width:100%;min-width:34rem;height:auto}text{font-size:15px;fill:var(--dim)}
.grid{stroke:var(--line)}.fault{fill:var(--fault)}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;padding:0;margin:.3rem 0}
.legend i{display:inline-block;width:.8rem;height:.8rem;margin-right:.4rem;border-radius:2px}
"""


class Curves:
    """What the plots need of the event log: stages as sampled, and uplinks by time and fate."""

    def __init__(self) -> None:
        self.stages: dict[str, list[Point]] = {}
        self.uplinks: dict[str, list[int]] = {"heard": [], "lost": []}
        self.span_us = (0, 0)

    def take(self, event: Event) -> None:
        if event["event"] == "sample":
            self.stages.setdefault(event["node"], []).append((event["t"], event["stage_mm"]))
        elif event["event"] == "up":
            self.uplinks["heard" if event["heard"] else "lost"].append(event["t"])
        elif event["event"] == "run":
            self.span_us = (event["t"], event["t"])
        elif event["event"] == "end":
            self.span_us = (self.span_us[0], event["t"])


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
    began = datetime.fromtimestamp(curves.span_us[0] / 1e6, UTC)
    said = "".join(f"<li>{_unbroken(line)}</li>" for line in report.text(told))
    bands = _bands(told["faults"], curves.span_us[1])
    shaded = ", faults shaded" if bands else ""
    body = [
        f"<h1>{title}</h1>",
        f"<p>from {began:%Y-%m-%d %H:%M} UTC</p><ul>{said}</ul>",
        f"<h2>Water level over the gauge zero at the sensors, mm{shaded}</h2>",
        plots.curves(_loudest(curves.stages), curves.span_us, bands) if curves.stages else _none("sampled"),
        f"<h2>Uplinks, by what became of them{shaded}</h2>",
        plots.bars(curves.uplinks, curves.span_us, bands) if any(curves.uplinks.values()) else _none("sent"),
        *_tables(told),
    ]
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style>"
    )
    content = "\n".join(body)
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>\n{content}\n</body></html>\n'


def _unbroken(line: str) -> str:
    """Numbers stay with their units."""
    return escape(line).replace(" %", "&nbsp;%")


def _none(what: str) -> str:
    return f"<p>Nothing was {what}.</p>"


def _loudest(stages: dict[str, list[Point]]) -> dict[str, list[Point]]:
    """The few curves that moved most: more nobody can tell apart."""

    def range_mm(row: tuple[str, list[Point]]) -> float:
        levels = [level for _, level in row[1]]
        return min(levels) - max(levels)

    return dict(sorted(stages.items(), key=range_mm)[: len(plots.COLOURS)])


def _bands(faults: list[dict[str, Any]], end_us: int) -> list[Band]:
    """Each fault from its begin to its end, or to that of the run."""
    bands = []
    for number, row in enumerate(faults):
        if row["what"].endswith(_ENDS):
            continue
        over = {"what": row["what"] + _ENDS, "target": row["target"]}
        ends = (late["t"] for late in faults[number:] if over.items() <= late.items())
        bands.append(Band(f"{row['what']}: {row['target']}", row["t"], next(ends, end_us)))
    return bands


def _tables(told: dict[str, Any]) -> Iterator[str]:
    head = ("node", "sent", "heard", "airtime, s", "duty, %", "mAh")
    nodes = [
        (
            name, row["sent"], row["heard"], f"{row['airtime_us'] / 1e6:.1f}",
            f"{100 * (row['duty'] or 0):.4f}", f"{row['energy_mah']:.3f}",
        )
        for name, row in told["nodes"].items()
    ]  # fmt: skip
    yield "<h2>Nodes</h2>" + _table(head, nodes)
    if told["faults"]:
        faults = [(_moment(row["t"]), row["what"], row["target"]) for row in told["faults"]]
        yield "<h2>Faults</h2>" + _table(("UTC", "what", "target"), faults, "words")


def _moment(at_us: int) -> str:
    return f"{datetime.fromtimestamp(at_us / 1e6, UTC):%Y-%m-%d %H:%M:%S}"


def _table(head: tuple[str, ...], rows: list[tuple[Any, ...]], kind: str = "numbers") -> str:
    heads = "".join(f"<th>{name}</th>" for name in head)
    lines = "".join(
        "<tr>" + "".join(f"<td>{escape(str(value))}</td>" for value in row) + "</tr>" for row in rows
    )
    return f'<div class="wide"><table class="{kind}"><tr>{heads}</tr>{lines}</table></div>'
