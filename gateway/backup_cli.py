"""`messfunk backup`: a copy of the ledger, whether it is good, and the way back."""

from pathlib import Path
from typing import Annotated

import typer

from gateway import local
from gateway.clock import WallClock
from gateway.console import AsJson, ConfigOption, DbOption, database, refusing, tell, worded
from gateway.model import GatewayError
from gateway.store import backup
from gateway.web.shapes import instant
from gateway.words import said

app = typer.Typer(no_args_is_help=True, help="Copies of the ledger, without the master key.")

BackupFile = Annotated[Path, typer.Argument(metavar="BACKUP")]
_OPENS = {None: "cli.keysNone", True: "cli.keysOpen", False: "cli.keysShut"}


@app.command()
def create(
    to: Annotated[Path, typer.Option("--to", metavar="FOLDER", help="Where it goes.")],
    config: ConfigOption = None,
    db: DbOption = None,
    as_json: AsJson = False,
) -> None:
    """Copy the ledger, also beside a gateway that runs."""
    with refusing():
        made = backup.create(database(config, db).where, to, WallClock().now_ms())
    tell({"backup": str(made)}, as_json, str(made))


@app.command()
def verify(
    file: BackupFile, config: ConfigOption = None, db: DbOption = None, as_json: AsJson = False
) -> None:
    """Read all of a backup, and say whether the present master key opens it."""
    with refusing():
        seen = backup.verify(file, database(config, db, create=True).key_file)
    text = worded(
        "cli.verified",
        file=str(file),
        devices=seen.devices,
        uplinks=seen.uplinks,
        newest="-" if seen.newest_ms is None else instant(seen.newest_ms),
        keys=worded(_OPENS[seen.opens]),
    )
    tell({"backup": str(file), **seen._asdict()}, as_json, text)


@app.command()
def restore(
    file: BackupFile, config: ConfigOption = None, db: DbOption = None, as_json: AsJson = False
) -> None:
    """Put a backup in the ledger's place; the gateway must be stopped. Downlink counters jump ahead."""
    with refusing():
        store = database(config, db, create=True)
        if store.url is not None:
            raise GatewayError(said("cli.pgRestore"))
        seen = backup.verify(file, store.key_file)
        with local.holding(store.path):
            former = backup.restore(file, store.path)
    text = worded("cli.restored", file=str(store.path))
    if former:
        text = worded("cli.restoredOver", file=str(store.path), former=str(former))
    if seen.opens is False:
        text += "; " + worded("cli.keysShut")
    told = {"database": str(store.path), "former": former and str(former), "opens": seen.opens}
    tell(told, as_json, text)
