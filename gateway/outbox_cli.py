"""`messfunk outbox`: what the sinks are owed, and what they have refused for good."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from gateway.clock import WallClock
from gateway.console import AsJson, ConfigOption, DbOption, commanding, opened, refusing, tell, worded
from gateway.store import outbox
from gateway.web.shapes import instant

app = typer.Typer(no_args_is_help=True, help="What the sinks are owed, and what they have refused.")

SinkOption = Annotated[str | None, typer.Option("--sink", metavar="NAME", help="All of them unless named.")]


@app.command(name="list")
def list_sinks(config: ConfigOption = None, db: DbOption = None, as_json: AsJson = False) -> None:
    """How far each sink is behind, and why."""
    with refusing(), opened(config, db) as store:
        lags = outbox.lags(store.connection)
    lines = [_lag(lag, WallClock().now_ms()) for lag in lags]
    tell({"sinks": [asdict(lag) for lag in lags]}, as_json, "\n".join(lines) or worded("cli.noSink"))


@app.command()
def dead(
    sink: SinkOption = None, config: ConfigOption = None, db: DbOption = None, as_json: AsJson = False
) -> None:
    """The uplinks that a sink has refused for good, and its reasons."""
    with refusing(), opened(config, db) as store:
        letters = list(outbox.dead(store.connection, sink))
    lines = [
        f"{each.sink}  {each.id}  {each.dev_eui}  FCnt {each.fcnt}  {instant(each.added_at)}  {each.reason}"
        for each in letters
    ]
    tell({"dead": [asdict(each) for each in letters]}, as_json, "\n".join(lines) or worded("cli.none"))


@app.command()
def retry(
    sink: SinkOption = None, config: ConfigOption = None, db: DbOption = None, as_json: AsJson = False
) -> None:
    """Offer once more what was refused, once its cause is gone. A running gateway takes it up in seconds."""
    with refusing(), commanding(config, db) as run:
        count = run("outbox.retry", {"sink": sink})["count"]
    tell({"retried": count}, as_json, worded("cli.offeredAgain", count=count))


@app.command()
def drop(
    sink: Annotated[str, typer.Argument(metavar="NAME", help="A sink that is no longer configured.")],
    config: ConfigOption = None,
    db: DbOption = None,
    as_json: AsJson = False,
) -> None:
    """Let go what a sink was owed. The uplinks themselves stay in the store."""
    with refusing(), commanding(config, db) as run:
        count = run("outbox.drop", {"sink": sink})["count"]
    tell({"sink": sink, "dropped": count}, as_json, worded("cli.owedNoMore", name=sink, count=count))


def _lag(lag: outbox.Lag, now: int) -> str:
    state = worded("cli.works")
    if lag.error:
        state = worded("cli.since", moment=instant(lag.since), error=lag.error)
    values: dict[str, Any] = {"name": lag.name, "depth": lag.depth, "dead": lag.dead, "state": state}
    if lag.oldest_at is None:
        return worded("cli.lag", **values)
    return worded("cli.lagSince", age=(now - lag.oldest_at) // 1000, **values)
