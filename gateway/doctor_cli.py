"""`messfunk doctor`: what may go wrong where the gateway runs, before it does."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from gateway import doctor as doctoring
from gateway.clock import WallClock
from gateway.config import load
from gateway.console import CONFIG, AsJson, refusing, spoken, tell, worded
from gateway.mqtt.look import look
from gateway.readiness import free

app = typer.Typer()


@app.command()
def doctor(
    config: Annotated[Path, typer.Option("--config", metavar="FILE", help="The gateway's.")] = CONFIG,
    as_json: AsJson = False,
) -> None:
    """Look at clock, disk, master key, database, backup and brokers. Exit code 1 when something is wrong."""
    with refusing():
        now_ms = WallClock().now_ms()
        found = list(doctoring.examine(load(config), now_ms, doctoring.is_synchronized, free, look))
    is_well = all(each.state != "wrong" for each in found)
    marks = {"good": worded("doctor.good"), "look": worded("doctor.look"), "wrong": worded("doctor.wrong")}
    width = max(map(len, marks.values()))
    lines = [f"{marks[each.state]:{width}}  {spoken(each.name)}: {spoken(each.text)}" for each in found]
    tell({"ok": is_well, "findings": [asdict(each) for each in found]}, as_json, "\n".join(lines))
    if not is_well:
        raise typer.Exit(1)
