"""Becomes /main.py on a board: one wake, then deep sleep. The simulator assembles the same node."""

from codec.compat import const
from firmware import plan
from firmware.node import Node

_AFTER_FAILURE_MS = const(60000)


def assemble(board: "Board", read: "Read") -> Node:
    """The node that config.json and secrets.json describe, on this board; `read` gives their content by name.

    It runs with what of the config is right, and says by its status that some of it is not.
    """
    settled = plan.load(board, read)
    return Node(board, settled, lambda: _sensors(board, settled), lambda: _native_link(board, settled, read))


def _sensors(board: "Board", settled: "dict[str, Any]") -> "list[Sensor]":
    from firmware import sensors

    return [sensors.create(row, board, board.clock()) for row in settled["sensors"]]


def _native_link(board: "Board", settled: "dict[str, Any]", read: "Read") -> "Link":
    """Loaded by the wakes that send; one that only samples does without."""
    from codec.lorawan.regions import REGIONS
    from firmware.link.native import NativeLink
    from firmware.mac import Mac, Options, Otaa

    secrets = read("secrets.json")
    identity = [bytes.fromhex(secrets[name]) for name in ("dev_eui", "join_eui", "app_key")]
    options = Options(settled["data_rate"], True, 0)
    stores = (board.flash(), board.rtc())
    mac = Mac(REGIONS[settled["region"]], Otaa(*identity), stores, board.randrange, options)
    return NativeLink(mac, board.radio(), board.clock(), board.randrange, board.log)


def run(program: "Coroutine[Any, Any, int]") -> int:
    """Drive a coroutine whose awaits all block, as those of a board do; returns what it returns."""
    try:
        program.send(None)
    except StopIteration as stop:
        return stop.value
    raise RuntimeError("a board's clock, radio and buses block, they never yield")


def _read(name: str) -> "dict[str, Any]":
    import json

    with open(name) as file:
        return json.load(file)


def main() -> None:
    import board

    from firmware import hardware

    if hardware.is_held(board):
        return
    here = hardware.Hardware(board)
    while True:  # once where sleep is deep
        try:
            pause_ms = run(assemble(here, _read).wake())
        except Exception as error:  # whatever it is, the next wake may go well, and the workbench can look
            here.log(f"wake failed: {error!r}")
            pause_ms = _AFTER_FAILURE_MS
        here.sleep(pause_ms)


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from firmware.contracts import Board, Link, Sensor

    Read = Callable[[str], dict[str, Any]]

if __name__ == "__main__":
    main()
