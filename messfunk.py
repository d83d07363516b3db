"""The command line `messfunk`: composes the rooms' commands, nothing else."""

from importlib.metadata import version

import typer

from boards.workbench import cli as workbench
from gateway import cli as gateway
from simulator import cli as simulator

main = typer.Typer(no_args_is_help=True, pretty_exceptions_show_locals=False)  # locals can hold keys
main.add_typer(gateway.app)
main.add_typer(simulator.app)
main.add_typer(workbench.app)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"messfunk {version('messfunk')}")
        raise typer.Exit


@main.callback()
def options(
    show_version: bool = typer.Option(
        False, "--version", is_eager=True, callback=_show_version, help="Print the version and exit."
    ),
) -> None:
    """LoRaWAN sensor nodes for water level, noise and fine dust."""


if __name__ == "__main__":
    main()
