"""The simulator's commands: demo, simulate, replay."""

import asyncio
import dataclasses
import json
import os
import sys
import tempfile
from collections.abc import Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn, Protocol, TypeVar

import typer
from rich.console import Console
from rich.progress import Progress

from boards.workbench import WorkbenchError, catalogue
from gateway.config import parse_address, parse_eui
from gateway.model import GatewayError
from simulator import demo as demo_scenario
from simulator import (
    eventlog,
    plugged,
    recording,
    replay,
    run,
    scenario,
    views,
    virtual_board,
    vm,
    world,
    worlds,
)
from simulator.rekey import Rekeyed
from simulator.show import Demo, show, until_ended

_FAILED = 1
_USAGE = 2
_ERRORS = (
    run.RunError,
    scenario.ScenarioError,
    world.WorldError,
    recording.RecordingError,
    eventlog.EventLogError,
    vm.VmError,
    virtual_board.VirtualBoardError,
    GatewayError,
    OSError,
)
_NO_FASTER = (
    "a gateway or LNS in another process keeps its deadlines in real time, faster it would answer too late: "
    "leave --speed away, or leave --gateway (basics_station in the scenario) away"
)

app = typer.Typer()

T = TypeVar("T")
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
Server = Annotated[
    str | None, typer.Option(metavar="HOST:PORT", help="A gateway in another process, in real time.")
]
Db = Annotated[Path | None, typer.Option(metavar="FILE", help="The database to write; a new one otherwise.")]


class _Result(Protocol):
    def as_dict(self) -> dict[str, Any]: ...
    def lines(self) -> list[str]: ...


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
    options = Demo(nodes, speed, port, _duration_s(lasts) if lasts else None, browser, typer.echo)
    _run(show(options, _new_database("demo")))


@app.command(
    epilog="Example: messfunk simulate village --for 12h --seed 3 --record village.pcap --keys village.keys"
)
def simulate(
    name: Annotated[str, typer.Argument(metavar="SCENARIO|FILE", help="A shipped scenario or a TOML file.")],
    seed: Annotated[int | None, typer.Option(help="Another seed than the scenario's.")] = None,
    lasts: Annotated[
        str | None, typer.Option("--for", metavar="6h", help="Simulated time: 90s, 15m, 6h, 3d.")
    ] = None,
    speed: Annotated[str | None, typer.Option(metavar="N|max|real", help="Times real time.")] = None,
    creek: Annotated[
        Path | None, typer.Option(metavar="CSV", help="A recorded stage in place of the creek.")
    ] = None,
    start: Annotated[str | None, typer.Option(metavar="TIME", help="When the run begins, ISO 8601.")] = None,
    gateway: Server = None,
    db: Db = None,
    record: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="F.pcap", help="What happened; the suffix chooses: " + ", ".join(views.SUFFIXES)
        ),
    ] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="F.html", help="What it came to, as .html, .json or .txt.")
    ] = None,
    keys: Annotated[Path | None, typer.Option(metavar="F", help="Session keys, for Wireshark.")] = None,
    virtual_board: Annotated[
        str | None,
        typer.Option(metavar="BOARD", help="The first node is a board on a pseudo-terminal, until Ctrl-C."),
    ] = None,
    http_port: Annotated[
        int, typer.Option(min=0, max=65535, help="Of the page beside a virtual board; 0 takes a free one.")
    ] = 8080,
    as_json: AsJson = False,
) -> None:
    """Run a scenario: real firmware, an air that loses frames, the whole way to the database."""
    if virtual_board:
        start, speed = start or datetime.now(UTC).isoformat(), speed or "real"
    plan = _plan(name, seed, lasts, start, creek, speed, gateway)
    if virtual_board:
        if record or report or keys:
            _refuse("--virtual-board runs without end: leave --record, --report and --keys away")
        if plan.speed is None:
            _refuse("--speed max: a board that a person types to keeps real time; --speed 10 is possible")
        server = _address(gateway) if gateway else None
        bench = plugged.Bench(
            plan.scenario, _machine(virtual_board), plan.speed, http_port, server, plan.creek
        )
        lasts_s = plan.duration_s if lasts else None
        _run(_plug_in(bench, db or _new_database(Path(name).stem), lasts_s, as_json))
        return
    records = tuple(record or ())
    for path in records:
        try:
            views.suffix_of(path)
        except ValueError as error:
            _refuse(f"--record {error}")
    with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True) as progress:
        bar = progress.add_task(name, total=1.0)
        outputs = run.Outputs(
            records, keys, report, progress=lambda share: progress.update(bar, completed=share)
        )
        if gateway:
            result = _run(run.against(plan, _address(gateway), outputs))
        else:
            result = _run(run.in_process(plan, db or _new_database(Path(name).stem), outputs))
    _tell(result, as_json)


@app.command(
    name="replay", epilog="Example: messfunk replay gateway_log.jsonl --keys devices.json --db replay.db"
)
def replay_command(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="A pcap, an event log, a CSV, JSON lines of a packet forwarder, ChirpStack or TTS.",
        ),
    ],
    keys: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="The devices and their keys, as JSON or as simulate --keys writes them."
        ),
    ] = None,
    gateway: Server = None,
    gateway_eui: Annotated[
        str, typer.Option(metavar="EUI", help="Who says it heard them.")
    ] = "aa555a0000000301",
    speed: Annotated[str | None, typer.Option(metavar="N|max", help="Times the recording's pace.")] = None,
    db: Db = None,
    start: Annotated[
        str | None, typer.Option(metavar="TIME", help="Play it as if it began then, ISO 8601.")
    ] = None,
    rekey: Annotated[
        bool, typer.Option("--rekey", help="Seal what --keys opens again, under keys of the replay's own.")
    ] = False,
    resets: Annotated[bool, typer.Option(help="reset-session between the recording's runs.")] = True,
    as_json: AsJson = False,
) -> None:
    """Play recorded frames over UDP into a gateway."""
    pace = _speed(speed, gateway is not None)
    try:
        eui = parse_eui(gateway_eui)
        found = recording.load(file, eui)
        known = replay.read_keys(keys) if keys else []
        left_out = None
        if rekey:
            sealing = Rekeyed(known)
            found, known, left_out = sealing.of(found), [], dict(sealing.left_out)
        devices = [*found.devices.values(), *known]
        records = replay.moved(found.records, _time(start)) if start else found.records
    except (ValueError, *_ERRORS) as error:
        _refuse(error)
    if not records:
        _refuse(f"{file}: holds no frame" + (" that --keys opens" if rekey else ""))
    if gateway:
        result = _run(replay.against(file, records, _address(gateway)))
    else:
        options = replay.Options(pace, resets)
        result = _run(replay.in_process(file, records, db or _new_database("replay"), devices, options))
    _tell(dataclasses.replace(result, fault=found.fault, left_out=left_out), as_json)


async def _plug_in(bench: plugged.Bench, db: Path, lasts_s: float | None, as_json: bool) -> None:
    async with plugged.plugged(bench, db) as running:
        where = running.where
        typer.echo(json.dumps(where) if as_json else "\n".join(f"{key}: {where[key]}" for key in where))
        await until_ended(running.run(), lasts_s)


def _machine(board: str) -> str:
    """What the MicroPython of such a board says it runs on."""
    try:
        row = catalogue.find(board)
    except WorkbenchError as error:
        _refuse(error)
    if row.radio == "rui3":
        _refuse(f"--virtual-board {board}: its radio is a modem, of which there is no twin here")
    return f"virtual {row.name} with {row.chip.upper()}"


def _plan(
    name: str,
    seed: int | None,
    lasts: str | None,
    start: str | None,
    creek: Path | None,
    speed: str | None,
    gateway: str | None,
) -> run.Plan:
    try:
        chosen = scenario.load(name)
        changes: dict[str, Any] = {}
        if seed is not None:
            changes["seed"] = seed
        if start is not None:
            changes["start"] = _time(start)
        chosen = chosen.model_copy(update=changes)
        recorded = world.read_creek(creek) if creek else None
        worlds.World(chosen, 0, recorded)  # its recordings are refused before anything starts
    except (ValueError, *_ERRORS) as error:
        _refuse(error)
    elsewhere = gateway is not None or any(row.basics_station for row in chosen.gateway)
    return run.Plan(name, chosen, _duration_s(lasts or chosen.duration), _speed(speed, elsewhere), recorded)


def _time(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _speed(text: str | None, elsewhere: bool) -> float | None:
    """None is as fast as it goes, unless a server `elsewhere` keeps its deadlines in real time."""
    words = {"max": None, "real": 1.0, None: 1.0 if elsewhere else None}
    try:
        speed = words[text] if text in words else float(str(text))
    except ValueError:
        _refuse(f"--speed {text}: expected a number, max or real")
    if speed is not None and not 0 < speed <= 1e6:
        _refuse(f"--speed {text}: expected more than 0 and at most 1000000")
    if elsewhere and (speed is None or speed > 1):
        _refuse(f"--speed {text}: {_NO_FASTER}")
    return speed


def _duration_s(text: str) -> int:
    try:
        return scenario.duration_s(text)
    except ValueError as error:
        _refuse(f"--for {error}")


def _address(text: str) -> tuple[str, int]:
    try:
        return parse_address(text)
    except ValueError as error:
        _refuse(f"--gateway {text}: {error}")


def _new_database(name: str) -> Path:
    descriptor, path = tempfile.mkstemp(prefix=f"messfunk-{name}-", suffix=".db")
    os.close(descriptor)
    return Path(path)


def _run(work: Coroutine[Any, Any, T]) -> T:
    try:
        return asyncio.run(work)
    except _ERRORS as error:
        typer.echo(f"messfunk: {error}", err=True)
        raise typer.Exit(_FAILED) from None
    except KeyboardInterrupt:
        typer.echo("messfunk: ended", err=True)
        raise typer.Exit(_FAILED) from None


def _refuse(error: object) -> NoReturn:
    typer.echo(f"messfunk: {error}", err=True)
    raise typer.Exit(_USAGE)


def _tell(result: _Result, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(result.as_dict(), ensure_ascii=False))
    else:
        typer.echo("\n".join(result.lines()))
