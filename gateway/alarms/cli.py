"""`messfunk alarm`, `messfunk mark` and `messfunk notification`."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.alarms import marks, notifications, records, wording
from gateway.alarms.records import KINDS
from gateway.console import AsJson, ConfigOption, DbOption, commanding, opened, refuse, refusing, tell
from gateway.web.shapes import instant

alarm = typer.Typer(no_args_is_help=True, help="What needs somebody's attention.")
mark = typer.Typer(no_args_is_help=True, help="The values at which an alarm is raised.")
notification = typer.Typer(no_args_is_help=True, help="Who is told of alarms.")

SiteId = Annotated[str, typer.Argument(metavar="SITE", help="From `messfunk site list`.")]


@alarm.command(name="list")
def list_alarms(
    every: Annotated[bool, typer.Option("--all", help="Those that are over, too.")] = False,
    config: ConfigOption = None,
    db: DbOption = None,
    as_json: AsJson = False,
) -> None:
    """The alarms in force, the newest first."""
    with refusing(), opened(config, db) as store:
        read = records.history if every else records.in_force
        found = list(read(store.connection))
    lines = [f"{row['id']:5}  {instant(row['raised_at'])}  {_state(row):34}  {_title(row)}" for row in found]
    tell({"alarms": [_times(row) for row in found]}, as_json, "\n".join(lines) or "no alarm")


@alarm.command()
def acknowledge(
    number: Annotated[int, typer.Argument(metavar="ID", help="From `messfunk alarm list`.")],
    config: ConfigOption = None,
    db: DbOption = None,
    as_json: AsJson = False,
) -> None:
    """Say that you take care of it: nobody further is told."""
    with refusing(), commanding(config, db) as run:
        run("alarm.acknowledge", {"alarm": number})
    tell({"acknowledged": number}, as_json, f"alarm {number}: acknowledged")


@alarm.command()
def drill(site: SiteId, config: ConfigOption = None, db: DbOption = None, as_json: AsJson = False) -> None:
    """Raise an alarm that says everywhere that it is a drill; acknowledging it ends it."""
    with refusing(), commanding(config, db) as run:
        made = run("alarm.drill", {"site_id": site})
    tell(made, as_json, f"alarm {made['alarm']}: a drill; end it: messfunk alarm acknowledge {made['alarm']}")


@mark.command(name="list")
def list_marks(
    site: SiteId, config: ConfigOption = None, db: DbOption = None, as_json: AsJson = False
) -> None:
    """The marks of a site, those that have ended too."""
    with refusing(), opened(config, db) as store:
        found = marks.of_site(store.connection, site)
    rows = [{name: getattr(each, name) for name in each.__dataclass_fields__} for each in found]
    lines = [
        f"{each.id:5}  {each.quantity} {'' if each.measure == 'value' else 'rise '}{each.value:g}"
        f"  {each.name}  from {instant(each.valid_from)}"
        f"{f' to {instant(each.valid_to)}' if each.valid_to is not None else ''}  ({each.source})"
        for each in found
    ]
    tell({"marks": rows}, as_json, "\n".join(lines) or "no mark; `messfunk mark set` sets one")


@mark.command(name="set", epilog='Example: messfunk mark set aue "Meldestufe I" 1800 --source Alarmplan')
def set_mark(
    site: SiteId,
    name: Annotated[str, typer.Argument(metavar="NAME", help="For people, such as Meldestufe I.")],
    value: Annotated[float, typer.Argument(metavar="VALUE", help="In the quantity's unit; levels in mm.")],
    source: Annotated[str, typer.Option(help="Who has set it, and where that is written.")],
    quantity: Annotated[str, typer.Option(help="What is compared with it.")] = "level",
    rise: Annotated[bool, typer.Option("--rise", help="Compare the rise per hour instead.")] = False,
    hysteresis: Annotated[float | None, typer.Option(min=0, help="How far below it the alarm ends.")] = None,
    two_of_three: Annotated[bool, typer.Option("--2of3", help="Two of three samples are to agree.")] = False,
    config: ConfigOption = None,
    db: DbOption = None,
    as_json: AsJson = False,
) -> None:
    """Set a mark from now on; one of the same name and quantity ends."""
    wanted: dict[str, Any] = {"site_id": site, "quantity": quantity, "name": name, "value": value}
    wanted |= {"source": source, "measure": "rise" if rise else "value", "hysteresis": hysteresis}
    wanted["confirm"] = "2of3" if two_of_three else "1"
    with refusing(), commanding(config, db) as run:
        made = run("mark.set", wanted)
    tell(made, as_json, f"mark {made['mark']}: set" + _still_to_tell(made))


@mark.command(name="end")
def end_mark(
    number: Annotated[int, typer.Argument(metavar="ID", help="From `messfunk mark list`.")],
    config: ConfigOption = None,
    db: DbOption = None,
    as_json: AsJson = False,
) -> None:
    """End a mark; its row stays, with the time of its end."""
    with refusing(), commanding(config, db) as run:
        made = run("mark.end", {"mark": number})
    tell(made, as_json, f"mark {number}: ended" + _still_to_tell(made))


@notification.command(name="list")
def list_notifications(config: ConfigOption = None, db: DbOption = None, as_json: AsJson = False) -> None:
    """Who is told of what; without the URLs."""
    with refusing(), opened(config, db) as store:
        found = notifications.all_of_them(store.connection)
    names = [name for name in notifications.Notification.__dataclass_fields__ if name != "url"]
    rows = [{name: getattr(each, name) for name in names} for each in found]
    lines = [
        f"{each.name:20}  {each.language}  {each.kind or 'all kinds'} at {each.site_id or 'all sites'}"
        f"{f', unless acknowledged within {each.after_s} s' if each.after_s else ''}"
        for each in found
    ]
    tell({"notifications": rows}, as_json, "\n".join(lines) or "nobody; `messfunk notification set` adds one")


@notification.command(name="set", epilog="Example: messfunk notification set chief --url-file chief.url")
def set_notification(
    name: Annotated[str, typer.Argument(metavar="NAME", help="a-z, 0-9 and -.")],
    url_file: Annotated[str, typer.Option(metavar="FILE|-", help="Its first line is a URL of apprise.")],
    language: Annotated[str, typer.Option(help="de or en.")] = "de",
    site: Annotated[str | None, typer.Option(help="Of this site only.")] = None,
    kind: Annotated[str | None, typer.Option(help=f"One of {', '.join(KINDS)}; all unless given.")] = None,
    after_s: Annotated[int, typer.Option(min=0, help="Only if nobody acknowledges in time.")] = 0,
    config: ConfigOption = None,
    db: DbOption = None,
    as_json: AsJson = False,
) -> None:
    """Tell somebody. The URL holds a password: it comes from a file or standard input, no argument."""
    wanted: dict[str, Any] = {"name": name, "secret_url": _read_url(url_file), "language": language}
    wanted |= {"site_id": site, "kind": kind, "after_s": after_s}
    with refusing(), commanding(config, db) as run:
        made = run("notification.set", wanted)
    tell(made, as_json, f"{name}: will be told")


@notification.command(name="remove")
def remove_notification(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    config: ConfigOption = None,
    db: DbOption = None,
    as_json: AsJson = False,
) -> None:
    """Tell them no more."""
    with refusing(), commanding(config, db) as run:
        run("notification.remove", {"name": name})
    tell({"removed": name}, as_json, f"{name}: removed")


def _read_url(file: str) -> str:
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        refuse(f"{file}: cannot be read; expected a file with a URL on its first line")
    return text.partition("\n")[0].strip()


def _still_to_tell(made: dict[str, Any]) -> str:
    nodes = made["unconfirmed"]
    return f"; to be told to {', '.join(nodes)}" if nodes else ""


def _title(row: dict[str, Any]) -> str:
    return wording.title("en", row)


def _state(row: dict[str, Any]) -> str:
    if row["cleared_at"] is not None:
        return f"over {instant(row['cleared_at'])}"
    return "acknowledged" if row["acknowledged_at"] is not None else "open"


def _times(row: dict[str, Any]) -> dict[str, Any]:
    return {key: instant(value) if key.endswith("_at") and value else value for key, value in row.items()}
