"""What every command of the gateway shares: where the store is, how it answers, how it refuses."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from gateway import local, words
from gateway.access.roles import Principal, Role
from gateway.clock import WallClock
from gateway.commands import Writer
from gateway.composition import COMMANDS
from gateway.config import ConfigError, StoreConfig, load, parse_eui
from gateway.model import GatewayError
from gateway.store.ledger import Store

_FAILED = 1
_USAGE = 2
CONFIG = Path("messfunk.toml")


def _eui(text: str) -> str:
    try:
        return parse_eui(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


DevEui = Annotated[str, typer.Argument(metavar="DEV_EUI", parser=_eui, help="16 hexadecimal digits.")]
DevEuis = Annotated[
    list[str], typer.Argument(metavar="DEV_EUI...", parser=_eui, help="16 hexadecimal digits each.")
]
Run = Callable[[str, dict[str, Any]], dict[str, Any]]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
ConfigOption = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help=f"The gateway's; {CONFIG} unless named.")
]
DbOption = Annotated[Path | None, typer.Option("--db", metavar="FILE", help="The database itself.")]


def database(config: Path | None, db: Path | None, create: bool = False) -> StoreConfig:
    """That of --db, or of the configuration; its path is where the running gateway is met, too."""
    if config and db:
        raise ConfigError(words.said("refusal.oneOfTwo", choices="--config, --db"))
    store = StoreConfig(path=db) if db else load(config or CONFIG).store
    if not create and store.url is None and not store.path.exists():
        raise GatewayError(words.said("refusal.noDatabase", database=str(store.path)))
    return store


@contextmanager
def opened(config: Path | None, db: Path | None, create: bool = False) -> Iterator[Store]:
    """To be read only, beside a gateway that runs."""
    store = Store(database(config, db, create).where)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def commanding(config: Path | None, db: Path | None, create: bool = False) -> Iterator[Run]:
    """Changes go through the one writer: of the running gateway, else of this process alone."""
    named = database(config, db, create)
    with local.reaching(named.path) as reached:
        if isinstance(reached, local.Line):
            yield reached.run
            return
        store = Store(named.where, named.key_file)
        try:
            writer = Writer(store, WallClock(), COMMANDS)
            yield partial(writer.run, Principal(local.user_name(os.getuid()), Role.ADMIN))
        finally:
            store.close()


@contextmanager
def refusing() -> Iterator[None]:
    """The one place where an error of the gateway becomes a line and an exit code."""
    try:
        yield
    except ConfigError as error:
        refuse(error)
    except (GatewayError, OSError) as error:
        fail(error)


def worded(key: str, /, **values: str | float) -> str:
    """A sentence of the catalogues in the language of this command line."""
    return words.say(words.of_environment(os.environ), key, **values)


def spoken(text: object) -> str:
    """What an error or a finding says, in that language as far as it has words of the catalogues."""
    said = text.text if isinstance(text, GatewayError) else text
    return words.told(words.of_environment(os.environ), said)


def refuse(error: object) -> NoReturn:
    typer.echo(f"messfunk: {spoken(error)}", err=True)
    raise typer.Exit(_USAGE)


def fail(error: object) -> NoReturn:
    typer.echo(f"messfunk: {spoken(error)}", err=True)
    raise typer.Exit(_FAILED)


def tell(document: dict[str, Any], as_json: bool, text: str) -> None:
    typer.echo(json.dumps(document, ensure_ascii=False) if as_json else text)
