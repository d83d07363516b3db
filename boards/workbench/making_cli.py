"""interpreter, build and flash: what gets onto a board."""

import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from boards.workbench import WorkbenchError, building, catalogue, drivers, flashing, images, imaging
from boards.workbench.console import AsJson, BoardName, ConfigFile, Index, say, tell, told
from boards.workbench.port import only_port, opened


def interpreter(
    board: Annotated[
        str | None, typer.Option(metavar="BOARD", help="See `messfunk node list`; all of them unless given.")
    ] = None,
    image: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", exists=True, dir_okay=False, help="The downloaded image: check and install it."
        ),
    ] = None,
    port: Annotated[
        str | None,
        typer.Option(metavar="PATH", help="Serial port of an ESP32; without it, only check."),
    ] = None,
    drive: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where the drive RPI-RP2 is mounted.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Which MicroPython a board needs, and how it gets there; with --image it is checked and put there."""
    with told():
        if board is None:
            if image:
                raise WorkbenchError("--image needs --board: each board has its own")
            _tell_interpreters(as_json)
            return
        row = catalogue.find(board)
        document: dict[str, Any] = {**_interpreter(row), "do": imaging.line(row, port or "PORT", image)}
        lines = [f"MicroPython {catalogue.MICROPYTHON}: {document['url']}", _pin(row)]
        if image:
            document["image_sha256"] = images.check(row, image)
            lines.append(f"       {document['image_sha256']} {image}")
            where = imaging.place(row, port, drive)
            document["installed"] = where is not None
            if where:
                imaging.install(row, image, where)
            lines.append(f"installed by {where}" if where else f"not installed: name {_place_option(row)}")
        tell(document, as_json, "\n".join([*lines, str(document["do"])]))


def _place_option(row: catalogue.Board) -> str:
    return "--port PATH" if row.flash_offset else "--drive FOLDER, or hold BOOTSEL while plugging in"


def _tell_interpreters(as_json: bool) -> None:
    rows = list(catalogue.boards().values())
    lines = [
        f"{row.name:12} {row.image_file:45} {'pinned' if row.pinned else 'hash not known'}" for row in rows
    ]
    tell({"boards": [{"board": row.name, **_interpreter(row)} for row in rows]}, as_json, "\n".join(lines))


def _interpreter(row: catalogue.Board) -> dict[str, Any]:
    pinned = row.pinned
    return {
        "micropython": catalogue.MICROPYTHON,
        "file": row.image_file,
        "url": imaging.url(row),
        "size": pinned.size if pinned else None,
        "sha256": pinned.sha256 if pinned else None,
        "source": pinned.source if pinned else None,
    }


def _pin(row: catalogue.Board) -> str:
    if row.pinned:
        return f"sha256 {row.pinned.sha256} ({row.pinned.source})"
    return "sha256 not known to us: compare what --image prints with what somebody else has loaded"


def build(
    board: BoardName,
    config: ConfigFile,
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="To be filled.")],
    romfs: Annotated[
        bool, typer.Option(help="app.romfs as well, for an interpreter with a ROMFS partition.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Compile a node's tree, its config checked; the radio's driver is left to `flash`."""
    with told():
        row = catalogue.find(board)
        given = building.read_config(config, row)
        files = [str(name) for name in building.build(row, given, out)]
        if romfs:
            (out / "app.romfs").write_bytes(building.romfs(out))
            files.append("app.romfs")
        size = sum((out / name).stat().st_size for name in files)
        document = {"board": board, "out": str(out), "files": files, "bytes": size}
        tell(document, as_json, f"{len(files)} files, {size} bytes in {out}")


class _Trees:
    """The compiled folders, built once however many boards are flashed at a time."""

    def __init__(self, board: catalogue.Board, config: Path, index: str | None, folder: Path):
        self.tree = folder / "tree"
        building.build(board, building.read_config(config, board), self.tree)
        self._board = board
        self._index = index
        self._folder = folder / "drivers"
        self._driver: Path | None = None
        self._lock = Lock()

    def files(self, has_driver: bool) -> dict[str, bytes]:
        """All that goes onto a board; the driver only where the interpreter has none."""
        with self._lock:
            if self._driver is None and not has_driver:
                self._driver = drivers.build(self._board, self._index, self._folder)
        return flashing.files_of(self.tree, *([self._driver] if self._driver and not has_driver else []))


def flash(
    board: BoardName,
    config: ConfigFile,
    port: Annotated[
        list[str] | None,
        typer.Option(metavar="PATH", help="Several times for several boards; found by USB unless named."),
    ] = None,
    index: Index = None,
    as_json: AsJson = False,
) -> None:
    """Build, and copy what changed; several boards at once."""
    columns = (
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total} bytes")
    )  # fmt: skip
    with told(), tempfile.TemporaryDirectory() as folder:
        row = catalogue.find(board)
        trees = _Trees(row, config, index, Path(folder))
        paths = port or [only_port(None)]
        bars = Progress(*columns, console=Console(stderr=True), transient=True)
        with bars, ThreadPoolExecutor(len(paths)) as threads:
            jobs = [threads.submit(_flash_one, path, row, trees, bars) for path in paths]
        failed = [error for job in jobs if (error := job.exception())]
        flashed = [job.result() for job in jobs if not job.exception()]
        text = "\n".join(f"{one.port}: {len(one.written)} of {one.files} files written" for one in flashed)
        if flashed:
            tell({"flashed": [one.as_dict() for one in flashed]}, as_json, text)
        for error in failed:
            if not isinstance(error, WorkbenchError):
                raise error
        if failed:
            raise WorkbenchError("\n".join(str(error) for error in failed))


def _flash_one(path: str, board: catalogue.Board, trees: _Trees, bars: Progress) -> flashing.Flashed:
    task = bars.add_task(path, total=None)

    def show(name: str, done: int, total: int) -> None:
        bars.update(task, description=f"{path} {name}", completed=done, total=total)

    with opened(path, say) as node:
        found = flashing.require_fit(node, board)
        return flashing.flash(node, found.machine, trees.files(found.driver is not None), show)
