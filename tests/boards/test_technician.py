"""The technician's page: both languages say the same, and what they name exists and is said."""

import re
import shlex
from pathlib import Path

import pytest
import typer.main

from boards import workbench
from boards.workbench.cli import app

PAGE = (Path(workbench.__file__).parent.parent / "TECHNICIAN.md").read_text(encoding="utf-8")
ENGLISH, GERMAN = PAGE.split("# Ein Messknoten")
ROOT = Path(workbench.__file__).parent.parent.parent
SAID = "".join(
    path.read_text(encoding="utf-8")
    for room in ("boards/workbench", "gateway", "firmware")
    for path in (ROOT / room).rglob("*.py")
)


def named(text: str) -> list[str]:
    """What stands in backticks, whatever its line breaks."""
    return [" ".join(found.split()) for found in re.findall(r"`([^`]+)`", text)]


def test_both_languages_name_the_same_things_in_the_same_order() -> None:
    assert named(ENGLISH) == named(GERMAN)
    assert ENGLISH.count("|") == GERMAN.count("|")


def test_each_command_and_option_exists() -> None:
    group = typer.main.get_command(app)
    lines = [line for line in named(PAGE) if line.startswith("messfunk node ")]
    assert len(lines) == 10
    for line in lines:
        _, _, name, *words = shlex.split(line)
        command = group.commands[name]  # type: ignore[attr-defined]
        options = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= options, line


@pytest.mark.parametrize(
    "words",
    [
        "no REPL",
        "which board?",
        "needs MicroPython",
        "is taken",
        "is taken by",
        "cannot wake",
        "does not know you",
        "does not answer",
        "no_answer",
        "reach",
        "join",
    ],
)
def test_what_it_says_when_it_says_no_is_what_it_says(words: str) -> None:
    assert words in named(PAGE) and words in SAID
