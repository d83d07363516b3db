"""The command line loads a room when one of its commands is asked for, and knows whose each command is."""

import subprocess
import sys
from importlib import import_module

import pytest
import typer
from typer.main import get_group
from typer.testing import CliRunner

import messfunk

_LOADED = """
import sys
from messfunk import main
try:
    main({words!r})
except SystemExit as end:
    assert not end.code
rooms = {{"boards", "codec", "fastapi", "firmware", "gateway", "simulator"}}
print("loaded:", *sorted(rooms & sys.modules.keys()))
"""


@pytest.mark.parametrize(
    ("words", "loaded"),
    [
        (["--version"], ""),
        (["node", "list"], " boards codec firmware"),
    ],
)
def test_a_command_loads_no_other_room(words: list[str], loaded: str) -> None:
    done = subprocess.run([sys.executable, "-c", _LOADED.format(words=words)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == f"loaded:{loaded}"


def test_each_command_is_looked_for_in_its_room() -> None:
    found = {}
    for room in messfunk._ROOMS:
        around = typer.Typer()
        around.add_typer(import_module(room).app)
        for name in get_group(around).commands:
            assert name not in found, f"{name} is in two rooms"
            found[name] = room
    elsewhere = {name: room for name, room in found.items() if room != messfunk._GATEWAY}
    assert elsewhere == messfunk._ROOM_OF


def test_help_lists_all_and_a_typo_is_put_right() -> None:
    listed = CliRunner().invoke(messfunk.main, ["--help"]).output
    assert all(f" {name} " in listed for name in ("gateway", "simulate", "node"))
    wrong = CliRunner().invoke(messfunk.main, ["simulat"])
    assert wrong.exit_code == 2 and "Did you mean 'simulate'?" in wrong.output
