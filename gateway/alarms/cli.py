"""`messfunk alarm`, `messfunk mark` and `messfunk notification`."""

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway import words
from gateway.alarms import marks, notifications, records, wording
from gateway.alarms.records import KINDS
from gateway.alarms.rules import Mark
from gateway.console import AsJson, ConfigOption, DbOption, commanding, opened, refuse, refusing, tell, worded
from gateway.web import quantities
from gateway.web.shapes import instant
from gateway.words import said

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
    tell({"alarms": [_times(row) for row in found]}, as_json, "\n".join(lines) or worded("alarms.none"))


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
    tell({"acknowledged": number}, as_json, worded("cli.acknowledged", id=str(number)))


@alarm.command()
def drill(site: SiteId, config: ConfigOption = None, db: DbOption = None, as_json: AsJson = False) -> None:
    """Raise an alarm that says everywhere that it is a drill; acknowledging it ends it."""
    with refusing(), commanding(config, db) as run:
        made = run("alarm.drill", {"site_id": site})
    tell(made, as_json, worded("cli.drill", id=str(made["alarm"])))


@mark.command(name="list")
def list_marks(
    site: SiteId, config: ConfigOption = None, db: DbOption = None, as_json: AsJson = False
) -> None:
    """The marks of a site, those that have ended too."""
    with refusing(), opened(config, db) as store:
        found = marks.of_site(store.connection, site)
    rows = [{name: getattr(each, name) for name in each.__dataclass_fields__} for each in found]
    lines = [f"{each.id:5}  {_what(each)}  {each.name}  {_validity(each)}  ({each.source})" for each in found]
    tell({"marks": rows}, as_json, "\n".join(lines) or worded("cli.noMark"))


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
    tell(made, as_json, worded("cli.markSet", id=str(made["mark"])) + _still_to_tell(made))


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
    tell(made, as_json, worded("cli.markEnded", id=str(number)) + _still_to_tell(made))


@notification.command(name="list")
def list_notifications(config: ConfigOption = None, db: DbOption = None, as_json: AsJson = False) -> None:
    """Who is told of what; without the URLs."""
    with refusing(), opened(config, db) as store:
        found = notifications.all_of_them(store.connection)
    names = [name for name in notifications.Notification.__dataclass_fields__ if name != "url"]
    rows = [{name: getattr(each, name) for name in names} for each in found]
    lines = [
        f"{each.name:20}  {each.language}  {_kind(each.kind)}, {each.site_id or worded('settings.allSites')}"
        + (worded("cli.unlessWithin", count=each.after_s) if each.after_s else "")
        for each in found
    ]
    tell({"notifications": rows}, as_json, "\n".join(lines) or worded("cli.nobody"))


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
    tell(made, as_json, worded("cli.willBeTold", name=name))


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
    tell({"removed": name}, as_json, worded("cli.removed", name=name))


def _read_url(file: str) -> str:
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        refuse(said("refusal.noUrl", file=file))
    return text.partition("\n")[0].strip()


def _still_to_tell(made: dict[str, Any]) -> str:
    nodes = made["unconfirmed"]
    return worded("cli.toBeTold", nodes=", ".join(nodes)) if nodes else ""


def _what(mark: Mark) -> str:
    name = worded(f"quantity.{mark.quantity}")
    value = quantities.text(words.of_environment(os.environ), mark.quantity, mark.value, fine=True)
    return f"{name} {value}{'' if mark.measure == 'value' else '/h'}"


def _validity(mark: Mark) -> str:
    first = instant(mark.valid_from)
    if mark.valid_to is None:
        return worded("orientation.from", first=first)
    return worded("orientation.fromTo", first=first, last=instant(mark.valid_to))


def _kind(kind: str | None) -> str:
    return worded(f"kind.{kind}") if kind else worded("settings.allKinds")


def _title(row: dict[str, Any]) -> str:
    return wording.title(words.of_environment(os.environ), row)


def _state(row: dict[str, Any]) -> str:
    if row["cleared_at"] is not None:
        return worded("cli.over", moment=instant(row["cleared_at"]))
    return worded("alarms.acknowledged" if row["acknowledged_at"] is not None else "cli.open")


def _times(row: dict[str, Any]) -> dict[str, Any]:
    return {key: instant(value) if key.endswith("_at") and value else value for key, value in row.items()}
