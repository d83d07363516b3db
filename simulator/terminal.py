"""What the simulator's commands share: values out of words, refusals, results."""

import asyncio
import json
import logging
import os
import sys
import tempfile
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn, Protocol, TypeVar

import typer

from gateway import logs
from gateway.config import parse_address
from gateway.model import GatewayError
from simulator import eventlog, recording, run, scenario, virtual_board, vm, world

_FAILED = 1
_USAGE = 2
ERRORS = (
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

T = TypeVar("T")
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
Server = Annotated[
    str | None, typer.Option(metavar="HOST:PORT", help="A gateway in another process, in real time.")
]
Db = Annotated[Path | None, typer.Option(metavar="FILE", help="The database to write; a new one otherwise.")]


class _Result(Protocol):
    def as_dict(self) -> dict[str, Any]: ...
    def lines(self) -> list[str]: ...


def complete(work: Coroutine[Any, Any, T]) -> T:
    """Run it to its end; what goes wrong on the way is one sentence."""
    try:
        with _warned():
            return asyncio.run(work)
    except ERRORS as error:
        typer.echo(f"messfunk: {error}", err=True)
        raise typer.Exit(_FAILED) from None
    except KeyboardInterrupt:
        typer.echo("messfunk: ended", err=True)
        raise typer.Exit(_FAILED) from None


@contextmanager
def _warned() -> Iterator[None]:
    """What the gateway in this process logs as a warning, with its reasons, on standard error."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    logs.configure(logs.LogConfig(level="warning"), sys.stderr)
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)


def refuse(error: object) -> NoReturn:
    typer.echo(f"messfunk: {error}", err=True)
    raise typer.Exit(_USAGE)


def tell(result: _Result, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(result.as_dict(), ensure_ascii=False))
    else:
        typer.echo("\n".join(result.lines()))


def instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def pace(text: str | None, elsewhere: bool) -> float | None:
    """None is as fast as it goes, unless a server `elsewhere` keeps its deadlines in real time."""
    words = {"max": None, "real": 1.0, None: 1.0 if elsewhere else None}
    try:
        speed = words[text] if text in words else float(str(text))
    except ValueError:
        refuse(f"--speed {text}: expected a number, max or real")
    if speed is not None and not 0 < speed <= 1e6:
        refuse(f"--speed {text}: expected more than 0 and at most 1000000")
    if elsewhere and (speed is None or speed > 1):
        refuse(f"--speed {text}: {_NO_FASTER}")
    return speed


def duration_s(text: str) -> int:
    try:
        return scenario.duration_s(text)
    except ValueError as error:
        refuse(f"--for {error}")


def address(text: str) -> tuple[str, int]:
    try:
        return parse_address(text)
    except ValueError as error:
        refuse(f"--gateway {text}: {error}")


def new_database(name: str) -> Path:
    descriptor, path = tempfile.mkstemp(prefix=f"messfunk-{name}-", suffix=".db")
    os.close(descriptor)
    return Path(path)
