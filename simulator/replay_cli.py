"""`messfunk replay`: recorded frames into a gateway."""

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from gateway.config import parse_eui
from simulator import recording, replay
from simulator.rekey import Rekeyed
from simulator.terminal import (
    ERRORS,
    AsJson,
    Db,
    Server,
    address,
    complete,
    instant,
    new_database,
    pace,
    refuse,
    tell,
)

app = typer.Typer()


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
    speed_times = pace(speed, gateway is not None)
    try:
        eui = parse_eui(gateway_eui)
        found = recording.load(file, eui)
        known = replay.read_keys(keys) if keys else []
        left_out = None
        if rekey:
            sealing = Rekeyed(known)
            found, known, left_out = sealing.of(found), [], dict(sealing.left_out)
        devices = [*found.devices.values(), *known]
        records = replay.moved(found.records, instant(start)) if start else found.records
    except (ValueError, *ERRORS) as error:
        refuse(error)
    if not records:
        refuse(f"{file}: holds no frame" + (" that --keys opens" if rekey else ""))
    if gateway:
        result = complete(replay.against(file, records, address(gateway)))
    else:
        options = replay.Options(speed_times, resets)
        result = complete(replay.in_process(file, records, db or new_database("replay"), devices, options))
    tell(dataclasses.replace(result, fault=found.fault, left_out=left_out), as_json)
