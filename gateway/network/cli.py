"""`messfunk downlink`: send something to a node, see what became of it, take it back."""

import json
from typing import Annotated, Any

import typer

from gateway.console import (
    AsJson,
    ConfigOption,
    DbOption,
    DevEui,
    commanding,
    opened,
    refuse,
    refusing,
    tell,
    worded,
)
from gateway.network import queue
from gateway.web.shapes import instant
from gateway.words import said

app = typer.Typer(no_args_is_help=True, help="What is to go down to the nodes, and what they answered.")


@app.command(epilog="""Example: messfunk downlink send 70b3d57ed0000001 --orders '[{"order": "reboot"}]'""")
def send(
    dev_eui: DevEui,
    payload: Annotated[str | None, typer.Argument(metavar="HEX", help="Unless --orders is given.")] = None,
    orders: Annotated[
        str | None, typer.Option(metavar="JSON", help="A list, in the words of `messfunk encode`.")
    ] = None,
    fport: Annotated[int | None, typer.Option(min=1, max=223, help="10 unless given.")] = None,
    confirmed: Annotated[bool, typer.Option("--confirmed", help="The node must acknowledge it.")] = False,
    priority: Annotated[int, typer.Option(help="The highest goes first.")] = 0,
    expires: Annotated[int | None, typer.Option(metavar="SECONDS", help="Then it is dropped.")] = None,
    config: ConfigOption = None,
    db: DbOption = None,
    as_json: AsJson = False,
) -> None:
    """Queue a downlink; it goes out after the node's next uplink."""
    arguments = {
        "dev_eui": dev_eui,
        "payload": payload,
        "orders": _orders(orders),
        "fport": fport,
        "confirmed": confirmed,
        "priority": priority,
        "expires_s": expires,
    }
    with refusing(), commanding(config, db) as run:
        number = run("downlink.send", arguments)["id"]
    tell(
        {"id": number, "dev_eui": dev_eui}, as_json, worded("cli.downlinkWaits", name=dev_eui, id=str(number))
    )


@app.command(name="list")
def list_downlinks(
    dev_eui: DevEui, config: ConfigOption = None, db: DbOption = None, as_json: AsJson = False
) -> None:
    """Those of a node, the newest first."""
    with refusing(), opened(config, db) as store:
        found = list(queue.told(store.connection, dev_eui))
    tell({"downlinks": found}, as_json, "\n".join(map(_line, found)) or worded("cli.none"))


@app.command()
def cancel(
    dev_eui: DevEui,
    number: Annotated[int, typer.Argument(metavar="ID", help="As `messfunk downlink list` shows it.")],
    config: ConfigOption = None,
    db: DbOption = None,
    as_json: AsJson = False,
) -> None:
    """Take back what waits."""
    with refusing(), commanding(config, db) as run:
        run("downlink.cancel", {"dev_eui": dev_eui, "id": number})
    tell({"cancelled": number}, as_json, worded("cli.downlinkCancelled", name=dev_eui, id=str(number)))


@app.command()
def device_class(
    dev_eui: DevEui,
    name: Annotated[str, typer.Argument(metavar="A|C", help="C listens all the time.")],
    config: ConfigOption = None,
    db: DbOption = None,
    as_json: AsJson = False,
) -> None:
    """When a node listens: after its uplinks (A), or always (C)."""
    with refusing(), commanding(config, db) as run:
        run("downlink.device_class", {"dev_eui": dev_eui, "name": name.upper()})
    tell(
        {"dev_eui": dev_eui, "class": name.upper()},
        as_json,
        worded("cli.class", name=dev_eui, kind=name.upper()),
    )


def _orders(text: str | None) -> Any:
    try:
        return None if text is None else json.loads(text)
    except ValueError as error:
        refuse(said("refusal.notJson", error=str(error)))


def _line(row: dict[str, Any]) -> str:
    what = json.dumps(row["orders"]) if row["orders"] else row["payload"]
    came_of_it = ", ".join(row["results"] or ()) or row["reason"] or ""
    state = worded(f"downlink.{row['state']}")
    head = f"{row['id']:5}  {instant(row['created_at'])}  FPort {row['fport']}  {what}"
    return f"{head}  {state}  {came_of_it}".rstrip()
