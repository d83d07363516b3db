"""`messfunk redecode`: what history says through the present codec, shown before it replaces anything."""

from typing import Annotated, Any

import typer

from gateway.console import AsJson, ConfigOption, DbOption, commanding, refusing, tell, worded
from gateway.web.shapes import instant

app = typer.Typer()


@app.command(epilog="Example: messfunk redecode --device 70b3d57ed0000001, then the same with --apply")
def redecode(
    device: Annotated[
        str | None, typer.Option("--device", metavar="DEV_EUI", help="All unless named.")
    ] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Replace what differs.")] = False,
    config: ConfigOption = None,
    db: DbOption = None,
    as_json: AsJson = False,
) -> None:
    """Decode what nodes sent once more, and show what would change."""
    with refusing(), commanding(config, db) as run:
        told = run("redecode", {"dev_eui": device, "apply": apply})
    lines = [_line(each) for each in told["first"]]
    more = told["readings"] - len(lines)
    lines += [worded("cli.more", number=more)] if more else []
    key = "cli.replaced" if apply else "cli.differ"
    lines.append(worded(key, readings=told["readings"], uplinks=told["uplinks"]))
    tell(told, as_json, "\n".join(lines))


def _line(each: dict[str, Any]) -> str:
    time = instant(each["time"])
    return f"{each['dev_eui']}  {time}  {each['quantity']}: {each['before']} -> {each['after']}"
