"""What the workbench's commands share: their options, and how they speak."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from boards.workbench import WorkbenchError
from codec.wire import WireError

AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
PortPath = Annotated[
    str | None, typer.Option("--port", metavar="PATH", help="Serial port; found by USB unless named.")
]
BoardName = Annotated[str, typer.Option("--board", metavar="BOARD", help="See `messfunk node list`.")]
ConfigFile = Annotated[Path, typer.Option("--config", metavar="FILE", help="The node's TOML file.")]
Index = Annotated[
    str | None,
    typer.Option(metavar="URL|FOLDER", help="micropython-lib's package index, or a copy of it."),
]

Latitude = Annotated[float | None, typer.Option(min=-90, max=90, help="Degrees north.")]
Longitude = Annotated[float | None, typer.Option(min=-180, max=180, help="Degrees east.")]
MountMm = Annotated[int | None, typer.Option(help="Height of the sensor over the gauge zero.")]


@contextmanager
def told() -> Iterator[None]:
    """What the technician can mend is told in words, and ends with 1."""
    try:
        yield
    except (WorkbenchError, WireError) as error:
        typer.echo(f"messfunk: {error}", err=True)
        raise typer.Exit(1) from None


def say(text: str) -> None:
    typer.echo(text, err=True)


def tell(document: Any, as_json: bool, text: str) -> None:
    typer.echo(json.dumps(document, ensure_ascii=False) if as_json else text)
