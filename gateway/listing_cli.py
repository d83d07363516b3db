"""`messfunk device import|export|group|groups|qr`: many nodes at once, and the label of one."""

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress

from codec.desk import device_files, label
from codec.desk.device_files.entry import Entry
from codec.wire import WireError
from gateway import devices, importing
from gateway.config import Config, load
from gateway.console import (
    CONFIG,
    AsJson,
    ConfigOption,
    DbOption,
    DevEui,
    DevEuis,
    Run,
    commanding,
    fail,
    opened,
    refuse,
    refusing,
    tell,
    worded,
)
from gateway.store import queries
from gateway.words import said

_AT_ONCE = 100  # so many are compared in one go; between them a running gateway does its own work
_SHOWN = 20
_STATES = ("new", "back", "changed")
_KINDS = ", ".join(device_files.KINDS)


def import_devices(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="JSON or CSV, UTF-8.")],
    kind: Annotated[str | None, typer.Option("--format", help=f"{_KINDS}; recognised unless given.")] = None,
    lns: Annotated[bool, typer.Option("--lns", help="An LNS has the keys that are not in it.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    config: ConfigOption = None,
    db: DbOption = None,
    as_json: AsJson = False,
) -> None:
    """Register the nodes of a list, and correct those that are registered: all of them, or none.

    What the list does not say of a node stays as it is, and so do nodes that are not in it.
    """
    listing = _read(file, kind)
    rows = [entry.said() for entry in listing.entries]
    asked = {"lns": lns, "foreign": listing.kind != "messfunk"}
    with refusing(), commanding(config, db, create=not dry_run) as run:
        changes = _compare(run, rows, asked)
        if not dry_run and changes:
            with Console(stderr=True).status(f"writing {len(changes)} devices"):
                run("device.import", {"devices": rows, **asked})
    counts = {state: sum(each["state"] == state for each in changes) for state in _STATES}
    counts["same"] = len(rows) - len(changes)
    told = {"file": str(file), "format": listing.kind, "dry_run": dry_run, **counts, "changes": changes}
    tell(told, as_json, _text(told))


def export_devices(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="To be made: .json or .csv.")],
    kind: Annotated[str, typer.Option("--format", help=f"{_KINDS}.")] = "messfunk",
    keys: Annotated[bool, typer.Option("--keys", help="With their keys; the audit log says so.")] = False,
    config: ConfigOption = None,
    db: DbOption = None,
    as_json: AsJson = False,
) -> None:
    """Write all nodes into a file that only you can read, for another gateway or another network."""
    if kind not in device_files.KINDS:
        refuse(said("refusal.format", name=str(kind), names=_KINDS))
    with refusing():
        region = (Config() if db else load(config or CONFIG)).network.region
        found = _with_keys(config, db) if keys else _without(config, db)
        write = device_files.to_csv if file.suffix.lower() == ".csv" else device_files.to_json
        try:
            text = write(found, kind, region)
        except WireError as error:
            refuse(error)
        _make(file, text)
    told = {"file": str(file), "format": kind, "devices": len(found), "keys": keys}
    tell(
        told,
        as_json,
        worded("cli.exportedKeys" if keys else "cli.exported", file=str(file), number=len(found)),
    )


def group(
    dev_euis: DevEuis,
    to: Annotated[str | None, typer.Option(metavar="NAME", help="Such as a district or a project.")] = None,
    none: Annotated[bool, typer.Option("--none", help="Take them out of their groups.")] = False,
    config: ConfigOption = None,
    db: DbOption = None,
    as_json: AsJson = False,
) -> None:
    """Put nodes into a group; a node is in one at most."""
    if (to is None) != none:
        refuse(said("refusal.toOrNone"))
    with refusing(), commanding(config, db) as run:
        for dev_eui in dev_euis:
            run("device.change", {"dev_eui": dev_eui, "changes": {"group": to}})
    names = ", ".join(dev_euis)
    text = worded("cli.grouped", names=names, group=to) if to else worded("cli.ungrouped", names=names)
    tell({"group": to, "devices": dev_euis}, as_json, text)


def groups(config: ConfigOption = None, db: DbOption = None, as_json: AsJson = False) -> None:
    """The groups, each with how many nodes are in it."""
    with refusing(), opened(config, db) as store:
        found = queries.groups(store.connection)
    lines = [f"{each['name']}: {each['devices']}" for each in found]
    tell({"groups": found}, as_json, "\n".join(lines) or worded("cli.noGroup"))


def qr(
    dev_eui: DevEui,
    file: Annotated[
        Path | None, typer.Option("--label", metavar="F.svg", help="The code as .png or .svg, for printing.")
    ] = None,
    profile: Annotated[
        str, typer.Option(metavar="ID", help="Vendor and profile id, 8 hex digits.")
    ] = label.UNLISTED_PROFILE,
    serial: Annotated[str | None, typer.Option(help="Serial number, letters and digits.")] = None,
    config: ConfigOption = None,
    db: DbOption = None,
    as_json: AsJson = False,
) -> None:
    """The text of a node's label by TR005, which other networks scan. It holds no key."""
    with refusing():
        with opened(config, db) as store:
            device = devices.find(store, dev_eui)
        if device.join_eui is None:
            fail(said("refusal.noJoin", name=dev_eui))
        try:
            text = label.tr005(dev_eui, device.join_eui, profile, serial)
            if file:
                label.write(file, text)
        except WireError as error:
            refuse(error)
    tell({"dev_eui": dev_eui, "label": text, "file": str(file) if file else None}, as_json, text)


def _read(file: Path, kind: str | None) -> device_files.Listing:
    """Errors name the place and never quote the text: it holds keys."""
    if kind not in (None, *device_files.KINDS):
        refuse(said("refusal.format", name=str(kind), names=_KINDS))
    try:
        return device_files.parse(file.read_text("utf-8"), kind)
    except OSError as error:
        refuse(f"{file}: {error.strerror}")
    except UnicodeDecodeError:
        refuse(said("refusal.notUtf8", file=str(file)))
    except WireError as error:
        refuse(f"{file}: {error}")


def _compare(run: Run, rows: list[dict[str, Any]], asked: dict[str, bool]) -> list[dict[str, Any]]:
    changes: list[dict[str, Any]] = []
    console = Console(stderr=True)
    with Progress(console=console, disable=not sys.stderr.isatty(), transient=True) as progress:
        bar = progress.add_task("comparing", total=len(rows))
        for start in range(0, len(rows), _AT_ONCE):
            some = rows[start : start + _AT_ONCE]
            changes += run("device.import", {"devices": some, **asked, "dry": True})["changes"]
            progress.advance(bar, len(some))
    return changes


def _text(told: dict[str, Any]) -> str:
    lines = [
        f"{_state(each['state'])}  {each['dev_eui']}  {each['name']}  {_fields(each)}".rstrip()
        for each in told["changes"]
    ]
    if len(lines) > _SHOWN:
        lines[_SHOWN:] = [worded("cli.more", number=len(lines) - _SHOWN)]
    counted = ", ".join(f"{told[state]} {_state(state)}" for state in _STATES if told[state])
    key = "cli.importedNone"
    if counted:
        key = "cli.wouldImport" if told["dry_run"] else "cli.imported"
    summary = worded(key, file=told["file"], kind=told["format"], counted=counted, same=told["same"])
    return "\n".join([*lines, summary])


def _state(name: str) -> str:
    return worded(f"cli.import.{name}")


def _fields(change: dict[str, Any]) -> str:
    return ", ".join(
        name if name == "keys" else f"{name} {'-' if before is None else before} -> {after}"
        for name, (before, after) in change["fields"].items()
    )


def _with_keys(config: Path | None, db: Path | None) -> list[Entry]:
    with commanding(config, db) as run:
        return [Entry(**row) for row in run("device.export_keys", {})["devices"]]


def _without(config: Path | None, db: Path | None) -> list[Entry]:
    with opened(config, db) as store:
        return list(importing.entries(store, with_keys=False))


def _make(file: Path, text: str) -> None:
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        fail(said("refusal.fileThere", file=str(file)))
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as made:
        made.write(text)
