"""`messfunk node`: from an empty board to a node that has been checked."""

import hashlib
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from boards.workbench import WorkbenchError, building, catalogue, checking, flashing, label, provisioning
from boards.workbench.port import only_port, opened, usb_ports

app = typer.Typer(name="node", no_args_is_help=True, help="Build, flash, provision, check and watch nodes.")

_JSON = typer.Option(False, "--json", help="One JSON document on standard output.")
_PORT = typer.Option(None, "--port", help="Serial port; found by USB unless named.")
_BOARD = typer.Option(..., "--board", help="See `messfunk node list`.")
_CONFIG = typer.Option(..., "--config", help="The node's TOML file.")


@contextmanager
def _told() -> Iterator[None]:
    """What the technician can mend is told in words, and ends with 1."""
    try:
        yield
    except WorkbenchError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from None


def _say(text: str) -> None:
    typer.echo(text, err=True)


def _print(document: Any, as_json: bool, text: str) -> None:
    typer.echo(json.dumps(document) if as_json else text)


@app.command("list")
def list_(as_json: bool = _JSON) -> None:
    """The boards there are, and those that are plugged in."""
    known = catalogue.boards().values()
    ports = usb_ports()
    document = {
        "boards": [
            {"name": board.name, "title": board.title, "run_on_hardware": board.run_on_hardware}
            for board in known
        ],
        "ports": [{"port": path, "description": text} for path, text in ports],
    }
    lines = [f"{board.name:12} {board.title}" for board in known]
    lines += ["", "plugged in:"] + ([f"  {path}  {text}" for path, text in ports] or ["  nothing"])
    _print(document, as_json, "\n".join(lines))


@app.command()
def interpreter(
    board: str = _BOARD,
    image: Path | None = typer.Option(
        None, "--image", help="The downloaded image, to be checked.", exists=True
    ),
    port: str = typer.Option("PORT", "--port"),
    as_json: bool = _JSON,
) -> None:
    """Which MicroPython the board needs, and how it gets there."""
    with _told():
        row = catalogue.find(board)
        digest = hashlib.sha256(image.read_bytes()).hexdigest() if image else None
        command = row.interpreter(port, str(image or row.image_pattern))
        document = {
            "micropython": catalogue.MICROPYTHON, "file": row.image_pattern, "sha256": digest, "do": command
        }  # fmt: skip
        text = f"MicroPython {catalogue.MICROPYTHON}: {row.image_pattern}\n{command}"
        _print(
            document,
            as_json,
            text + (f"\nsha256 {digest}: hold it against micropython.org" if digest else ""),
        )


@app.command()
def build(
    board: str = _BOARD,
    config: Path = _CONFIG,
    out: Path = typer.Option(..., "--out", help="Folder to fill."),
    as_json: bool = _JSON,
) -> None:
    """Compile a node's tree, its config checked."""
    with _told():
        row = catalogue.find(board)
        files = building.build(row, building.read_config(config, row), out)
        size = sum((out / name).stat().st_size for name in files)
        document = {"board": board, "out": str(out), "files": [str(name) for name in files], "bytes": size}
        _print(document, as_json, f"{len(files)} files, {size} bytes in {out}")


@app.command()
def flash(
    board: str = _BOARD,
    config: Path = _CONFIG,
    port: list[str] = typer.Option([], "--port", help="Several times for several boards."),
    as_json: bool = _JSON,
) -> None:
    """Build, and copy what changed."""
    with _told(), tempfile.TemporaryDirectory() as folder:
        row = catalogue.find(board)
        tree = Path(folder) / "tree"
        building.build(row, building.read_config(config, row), tree)
        flashed = [_flash_one(path, row, tree) for path in port or [only_port(None)]]
        text = "\n".join(f"{one.port}: {len(one.written)} of {one.files} files written" for one in flashed)
        _print({"flashed": [one.as_dict() for one in flashed]}, as_json, text)


def _flash_one(path: str, board: catalogue.Board, tree: Path) -> flashing.Flashed:
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total} bytes"),
    )
    with opened(path, _say) as node, Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(path)

        def show(name: str, done: int, total: int) -> None:
            bar.update(task, description=f"{path} {name}", completed=done, total=total)

        return flashing.flash(node, board, tree, show)


@app.command()
def provision(
    export: Path = typer.Option(..., "--export", help="File the network's side is imported from; made 0600."),
    port: str | None = _PORT,
    dev_eui: str | None = typer.Option(None, "--dev-eui", help="Locally administered unless given."),
    join_eui: str | None = typer.Option(None, "--join-eui", help="Zero unless given."),
    name: str | None = typer.Option(None, "--name", help="For people."),
    qr: Path | None = typer.Option(None, "--label", help="PNG or SVG with the TR005 code."),
    profile: str = typer.Option(
        label.UNLISTED_PROFILE, "--profile", help="Vendor and profile id, 8 hex digits."
    ),
    as_json: bool = _JSON,
) -> None:
    """Give a node its identity. The key goes to the node and to the export, and is shown nowhere."""
    with _told():
        identity = provisioning.make(dev_eui, join_eui, provisioning.exported(export))
        with opened(only_port(port), _say) as node:
            provisioning.write_to_node(node, identity)
        provisioning.export(export, identity, name or identity.dev_eui)
        text = label.tr005(identity.dev_eui, identity.join_eui, profile)
        if qr:
            label.write(qr, text)
        document = {
            "dev_eui": identity.dev_eui,
            "join_eui": identity.join_eui,
            "export": str(export),
            "label": text,
        }
        _print(document, as_json, f"DevEUI {identity.dev_eui}\nlabel  {text}\nkeys   in {export}")


@app.command()
def check(
    port: str | None = _PORT,
    record: Path | None = typer.Option(None, "--record", help="Commissioning record, .json or .html."),
    lat: float | None = typer.Option(None, "--lat"),
    lon: float | None = typer.Option(None, "--lon"),
    mount_mm: int | None = typer.Option(None, "--mount-mm", help="Height over the gauge zero."),
    photo: str | None = typer.Option(None, "--photo", help="File name of the photo."),
    as_json: bool = _JSON,
) -> None:
    """Look at everything the node can say of itself before leaving it."""
    with _told():
        site = {"lat": lat, "lon": lon, "mount_mm": mount_mm, "photo": photo}
        with opened(only_port(port), _say) as node:
            found = checking.check(node, {key: value for key, value in site.items() if value is not None})
        if record:
            as_page = record.suffix == ".html"
            record.write_text(checking.page(found) if as_page else json.dumps(found.as_dict(), indent=1))
        lines = [f"{'ok' if one.good else 'NO':3} {one.name:18} {one.value}" for one in found.findings]
        _print(found.as_dict(), as_json, "\n".join(lines))
        if not found.good:
            raise typer.Exit(1)


@app.command()
def monitor(
    port: str | None = _PORT,
    seconds: float = typer.Option(0, "--for", help="Stop after so many seconds; 0 goes on until Ctrl-C."),
    as_json: bool = _JSON,
) -> None:
    """What the node prints, line by line."""
    import serial

    with _told():
        path = only_port(port)
        end = time.monotonic() + seconds if seconds else None
        try:
            with serial.Serial(path, 115200, timeout=0.5) as line_in:
                while end is None or time.monotonic() < end:
                    line = line_in.readline().decode("utf-8", "replace").rstrip()
                    if line:
                        _print({"port": path, "line": line}, as_json, line)
                        sys.stdout.flush()
        except (serial.SerialException, OSError) as error:
            raise WorkbenchError(f"{path}: {error}") from None
        except KeyboardInterrupt:
            return
