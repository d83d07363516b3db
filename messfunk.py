"""The command line `messfunk`: composes the rooms' commands, nothing else.

A room is imported when one of its commands is asked for: the version or a simulation need no web server.
"""

from importlib import import_module
from importlib.metadata import version
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_group

# Whose commands are not named here are the gateway's.
_ROOM_OF = {
    "demo": "simulator.cli",
    "simulate": "simulator.cli",
    "replay": "simulator.cli",
    "node": "boards.workbench.cli",
}
_GATEWAY = "gateway.cli"
_ROOMS = (_GATEWAY, *dict.fromkeys(_ROOM_OF.values()))  # as help lists them


class _Rooms(TyperGroup):
    """A group that finds its commands in the rooms."""

    def list_commands(self, ctx: Any) -> list[str]:
        for room in _ROOMS:
            self._enter(room)
        return super().list_commands(ctx)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        self._enter(_ROOM_OF.get(cmd_name, _GATEWAY))
        if cmd_name not in self.commands:
            self.list_commands(ctx)  # a typo is compared with all there are
        return super().get_command(ctx, cmd_name)

    def _enter(self, room: str) -> None:
        around = (
            typer.Typer()
        )  # in it a room with a name is one group, and one without lays its commands down
        around.add_typer(import_module(room).app)
        self.commands.update(get_group(around).commands)


# Locals can hold keys.
main = typer.Typer(cls=_Rooms, no_args_is_help=True, pretty_exceptions_show_locals=False)


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
