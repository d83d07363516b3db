"""The simulator's commands: demo and simulate; replay has a file of its own."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from rich.console import Console
from rich.progress import Progress

from boards.workbench import WorkbenchError, catalogue
from simulator import demo as demo_scenario
from simulator import plugged, replay_cli, run, scenario, views, world, worlds
from simulator.show import Demo, show, until_ended
from simulator.terminal import (
    ERRORS,
    AsJson,
    Db,
    Server,
    address,
    complete,
    duration_s,
    instant,
    new_database,
    pace,
    refuse,
    tell,
)

app = typer.Typer()

Name = Annotated[str, typer.Argument(metavar="SCENARIO|FILE", help="A shipped scenario or a TOML file.")]
Seed = Annotated[int | None, typer.Option(help="Another seed than the scenario's.")]
Lasts = Annotated[str | None, typer.Option("--for", metavar="6h", help="Simulated time: 90s, 15m, 6h, 3d.")]
Speed = Annotated[str | None, typer.Option(metavar="N|max|real", help="Times real time.")]
Creek = Annotated[Path | None, typer.Option(metavar="CSV", help="A recorded stage in place of the creek.")]
Start = Annotated[str | None, typer.Option(metavar="TIME", help="When the run begins, ISO 8601.")]
Records = Annotated[
    list[Path] | None,
    typer.Option(metavar="F.pcap", help="What happened; the suffix chooses: " + ", ".join(views.SUFFIXES)),
]
Report = Annotated[
    Path | None, typer.Option(metavar="F.html", help="What it came to, as .html, .json or .txt.")
]
Keys = Annotated[Path | None, typer.Option(metavar="F", help="Session keys, for Wireshark.")]
Board = Annotated[
    str | None,
    typer.Option(metavar="BOARD", help="The first node is a board on a pseudo-terminal, until Ctrl-C."),
]
HttpPort = Annotated[
    int, typer.Option(min=0, max=65535, help="Of the page beside a virtual board; 0 takes a free one.")
]


class _Wanted(NamedTuple):
    """What to play, as it was asked for."""

    name: str
    seed: int | None
    lasts: str | None
    speed: str | None
    creek: Path | None
    start: str | None
    gateway: str | None
    db: Path | None

    def database(self) -> Path:
        return self.db or new_database(Path(self.name).stem)


@app.command(epilog="Example: messfunk demo --nodes 3 --speed 10 --no-browser")
def demo(
    nodes: Annotated[int, typer.Option(min=1, max=demo_scenario.MOST_NODES, help="How many gauges.")] = 12,
    speed: Annotated[float, typer.Option(min=0.1, max=3600, help="Times real time.")] = 60,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Of the page; 0 takes a free one.")] = 8080,
    lasts: Annotated[
        str | None, typer.Option("--for", metavar="2m", help="End by itself after this time.")
    ] = None,
    browser: Annotated[bool, typer.Option(help="Open the page in a browser.")] = True,
) -> None:
    """Simulated gauges, gateway and page on this machine; Ctrl-C ends it."""
    options = Demo(nodes, speed, port, duration_s(lasts) if lasts else None, browser, typer.echo)
    complete(show(options, new_database("demo")))


@app.command(
    epilog="Example: messfunk simulate village --for 12h --seed 3 --record village.pcap --keys village.keys"
)
def simulate(
    name: Name,
    seed: Seed = None,
    lasts: Lasts = None,
    speed: Speed = None,
    creek: Creek = None,
    start: Start = None,
    gateway: Server = None,
    db: Db = None,
    record: Records = None,
    report: Report = None,
    keys: Keys = None,
    virtual_board: Board = None,
    http_port: HttpPort = 8080,
    as_json: AsJson = False,
) -> None:
    """Run a scenario: real firmware, an air that loses frames, the whole way to the database."""
    wanted = _Wanted(name, seed, lasts, speed, creek, start, gateway, db)
    if virtual_board is None:
        _play(wanted, tuple(record or ()), report, keys, as_json)
        return
    if record or report or keys:
        refuse("--virtual-board runs without end: leave --record, --report and --keys away")
    now = datetime.now(UTC).isoformat()
    _plug_in(wanted._replace(start=start or now, speed=speed or "real"), virtual_board, http_port, as_json)


app.add_typer(replay_cli.app)


def _play(
    wanted: _Wanted, records: tuple[Path, ...], report: Path | None, keys: Path | None, as_json: bool
) -> None:
    plan = _plan(wanted)
    for path in records:
        try:
            views.suffix_of(path)
        except ValueError as error:
            refuse(f"--record {error}")
    with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True) as progress:
        bar = progress.add_task(wanted.name, total=1.0)

        def advance(share: float) -> None:
            progress.update(bar, completed=share)

        outputs = run.Outputs(records, keys, report, progress=advance)
        if wanted.gateway:
            result = complete(run.against(plan, address(wanted.gateway), outputs))
        else:
            result = complete(run.in_process(plan, wanted.database(), outputs))
    tell(result, as_json)


def _plug_in(wanted: _Wanted, board: str, http_port: int, as_json: bool) -> None:
    plan = _plan(wanted)
    if plan.speed is None:
        refuse("--speed max: a board that a person types to keeps real time; --speed 10 is possible")
    server = address(wanted.gateway) if wanted.gateway else None
    bench = plugged.Bench(plan.scenario, _machine(board), plan.speed, http_port, server, plan.creek)
    complete(_plugged(bench, wanted.database(), plan.duration_s if wanted.lasts else None, as_json))


async def _plugged(bench: plugged.Bench, db: Path, lasts_s: float | None, as_json: bool) -> None:
    async with plugged.plugged(bench, db) as running:
        where = running.where
        typer.echo(json.dumps(where) if as_json else "\n".join(f"{key}: {where[key]}" for key in where))
        await until_ended(running.run(), lasts_s)


def _machine(board: str) -> str:
    """What the MicroPython of such a board says it runs on."""
    try:
        row = catalogue.find(board)
    except WorkbenchError as error:
        refuse(error)
    if row.radio == "rui3":
        refuse(f"--virtual-board {board}: its radio is a modem, of which there is no twin here")
    return f"virtual {row.name} with {row.chip.upper()}"


def _plan(wanted: _Wanted) -> run.Plan:
    try:
        chosen = scenario.load(wanted.name)
        changes: dict[str, Any] = {}
        if wanted.seed is not None:
            changes["seed"] = wanted.seed
        if wanted.start is not None:
            changes["start"] = instant(wanted.start)
        chosen = chosen.model_copy(update=changes)
        recorded = world.read_creek(wanted.creek) if wanted.creek else None
        worlds.World(chosen, 0, recorded)  # its recordings are refused before anything starts
    except (ValueError, *ERRORS) as error:
        refuse(error)
    elsewhere = wanted.gateway is not None or any(row.basics_station for row in chosen.gateway)
    lasts_s = duration_s(wanted.lasts or chosen.duration)
    return run.Plan(wanted.name, chosen, lasts_s, pace(wanted.speed, elsewhere), recorded)
