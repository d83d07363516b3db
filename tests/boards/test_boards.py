"""The device modules of boards/: complete, no pin twice, and the README's table says what they say."""

import ast
from pathlib import Path
from typing import Any

import pytest

from boards.workbench import catalogue
from codec.desk import words

ROOT = Path(__file__).parent.parent.parent
MODULES = sorted(path for path in (ROOT / "boards").glob("*.py") if path.stem != "__init__")
# GPIOs that an ESP32 uses for its flash, and those that are inputs only (ESP32 datasheet 2.2).
FLASH = {"esp32": set(range(6, 12)), "esp32s3": set(range(26, 33)), "rp2040": set()}
INPUT_ONLY = {"esp32": {34, 35, 36, 39}, "esp32s3": set(), "rp2040": set()}


def constants(path: Path) -> dict[str, Any]:
    """What a module says, read without running it."""
    found = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            found[node.targets[0].id] = ast.literal_eval(node.value)
    return found


def pins(said: dict[str, Any]) -> list[int]:
    radio = [pin for name, pin in said["RADIO"].items() if name in PIN_NAMES]
    buses = [pin for table in (said["UARTS"], said["I2CS"]) for pair in table.values() for pin in pair]
    battery = [said["BATTERY"]["pin"]] if "pin" in said["BATTERY"] else []
    return radio + buses + battery


PIN_NAMES = {"sck", "mosi", "miso", "cs", "reset", "busy", "dio0", "dio1", "tx", "rx"}


def test_there_are_the_eight_boards_under_their_numbers_on_the_wire() -> None:
    assert [words.BOARDS[constants(path)["NUMBER"]] for path in MODULES] == [path.stem for path in MODULES]
    assert {path.stem for path in MODULES} == set(words.BOARDS) - {"simulator"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_a_board_names_its_source_and_uses_no_pin_twice(path: Path) -> None:
    said = constants(path)
    assert said["NAME"] == path.stem
    assert "Pins:" in (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "")
    used = pins(said)
    assert len(used) == len(set(used))
    assert not FLASH[said["CHIP"]] & set(used)
    drives = [said["RADIO"].get(name) for name in ("sck", "mosi", "cs", "reset", "tx")]
    drives += [tx for tx, _ in said["UARTS"].values()] + [
        pin for pair in said["I2CS"].values() for pin in pair
    ]
    assert not INPUT_ONLY[said["CHIP"]] & set(drives)


def test_the_table_of_the_readme_is_that_of_the_modules() -> None:
    assert catalogue.table() in (ROOT / "boards/README.md").read_text(encoding="utf-8")


def test_nobody_claims_hardware_that_has_not_been_run() -> None:
    assert [board.run_on_hardware for board in catalogue.boards().values()] == [None] * len(MODULES)
