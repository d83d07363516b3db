"""What keeps a node reachable, on the virtual board: the window at power-on, BOOT, watchdog, reset."""

import os
import termios
import time
from collections.abc import Callable, Iterator

import pytest

from boards.workbench import WorkbenchError, building, catalogue, flashing
from boards.workbench.port import opened
from simulator.virtual_board import POWER_ON, WATCHDOG
from tests.boards.virtual import Plugged, plugged_in

HELTEC = catalogue.find("heltec_v3")
CONFIG = 'board = "heltec_v3"\n[[sensors]]\npart = "a02yyuw"\nport = 1\n'
# The firmware's own window and BOOT pin, and a sleep that does not end within a test.
SLEEPER = b"""
import board, machine
from firmware import hardware
if not hardware.is_held(board):
    machine.deepsleep(100000000)
"""
HANGS = b"import machine, time\nmachine.WDT(timeout=4000)\ntime.sleep(1000)\n"


@pytest.fixture(scope="module")
def flashed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plugged]:
    folder = tmp_path_factory.mktemp("board")
    config = folder / "node.toml"
    config.write_text(CONFIG)
    building.build(HELTEC, building.read_config(config, HELTEC), folder / "tree")
    with plugged_in(folder / "gateway.db", speed=20) as board:
        with opened(board.port) as port:
            flashing.flash(port, "virtual", flashing.files_of(folder / "tree"))
            port.write("main.py", SLEEPER)
        yield board


@pytest.fixture
def board(flashed: Plugged) -> Iterator[Plugged]:
    """One that sleeps deeply."""
    sleeps_deeply(flashed)
    yield flashed
    flashed.on(lambda: setattr(flashed.board, "wakes_on_open", True))


@pytest.fixture
def deaf(board: Plugged) -> Plugged:
    """Without reset lines: to open its port does nothing to it."""
    board.on(lambda: setattr(board.board, "wakes_on_open", False))
    return board


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def sleeps_deeply(board: Plugged) -> None:
    until(lambda: board.on(lambda: board.board.state) == "asleep")


def test_a_node_that_sleeps_deeply_is_reached_by_a_reset(board: Plugged) -> None:
    with opened(board.port) as port:
        assert port.run("import machine; print(machine.reset_cause())").strip() == str(POWER_ON)


def test_one_that_has_no_reset_lines_is_told_about_in_words(
    deaf: Plugged, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("boards.workbench.port._QUIET_S", 0.2)
    said: list[str] = []
    with pytest.raises(WorkbenchError, match="Hold BOOT, press RESET"), opened(deaf.port, said.append):
        pass
    assert [line.rpartition(", ")[2] for line in said] == [
        f"resetting it ({number} of 4)" for number in (1, 2, 3, 4)
    ]


def test_the_reset_button_opens_a_window_in_which_a_sleeper_is_caught(
    deaf: Plugged, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first try meets a board that sleeps, a later one that was just reset."""
    monkeypatch.setattr("boards.workbench.port._QUIET_S", 2.0)
    monkeypatch.setattr("boards.workbench.port._reset", lambda transport: deaf.on(deaf.board.press_reset))
    said: list[str] = []
    with opened(deaf.port, said.append) as port:
        assert port.run("print(6 * 7)").strip() == "42"
    assert 1 <= len(said) < 4


def test_boot_held_at_power_on_leaves_the_node_in_the_repl(board: Plugged) -> None:
    board.on(lambda: setattr(board.board, "is_boot_held", True))
    try:
        board.on(board.board.press_reset)
        until(lambda: board.on(lambda: board.board.state) == "idle")
        time.sleep(0.5)  # ten seconds of its time: it stays there
        assert board.on(lambda: board.board.state) == "idle"
    finally:
        board.on(lambda: setattr(board.board, "is_boot_held", False))
        board.on(board.board.press_reset)


def test_a_program_that_hangs_is_ended_by_the_watchdog_and_still_reachable(board: Plugged) -> None:
    with opened(board.port) as port:
        port.write("main.py", HANGS)
    until(lambda: WATCHDOG in board.on(lambda: board.board.boots))
    with opened(board.port) as port:
        port.write("main.py", SLEEPER)


def test_a_program_that_fails_leaves_the_repl_and_says_why(board: Plugged) -> None:
    with opened(board.port) as port:
        port.write("main.py", b"raise ValueError('corrupt')\n")
    with opened(board.port) as port:
        port.write("main.py", SLEEPER)
        with pytest.raises(WorkbenchError, match="ZeroDivisionError"):
            port.run("1 / 0")


def test_what_is_typed_to_one_that_sleeps_is_lost(deaf: Plugged) -> None:
    descriptor = os.open(deaf.port, os.O_RDWR | os.O_NOCTTY)
    try:
        termios.tcflush(descriptor, termios.TCIFLUSH)  # as every serial program begins
        os.write(descriptor, b"print('heard')\r\n")
        time.sleep(0.3)
        os.set_blocking(descriptor, False)
        with pytest.raises(BlockingIOError):
            os.read(descriptor, 100)
    finally:
        os.close(descriptor)


def test_a_port_that_another_program_holds_is_named(board: Plugged) -> None:
    with (
        opened(board.port),
        pytest.raises(WorkbenchError, match="Is another program using it"),
        opened(board.port),
    ):
        pass
