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
    return Node(board, settled, lambda: _sensors(board, settled), lambda: open_link(board, settled, read))


def _sensors(board: "Board", settled: "dict[str, Any]") -> "list[Sensor]":
    from firmware import sensors

    return [sensors.create(row, board, board.clock()) for row in settled["sensors"]]


def open_link(board: "Board", settled: "dict[str, Any]", read: "Read") -> "Link":
    """Loaded by the wakes that send, and only the way to the air that this board has."""
    from codec.lorawan.regions import REGIONS

    secrets = read("secrets.json")
    identity = [bytes.fromhex(secrets[name]) for name in ("dev_eui", "join_eui", "app_key")]
    link = __import__("firmware.link." + board.LINK, None, None, ("open_link",))
    return link.open_link(board, REGIONS[settled["region"]], settled, identity)


def run(program: "Coroutine[Any, Any, int]") -> int:
    """Drive a coroutine whose awaits all block, as those of a board do; returns what it returns."""
    try:
        program.send(None)
    except StopIteration as stop:
        return stop.value
    raise RuntimeError("a board blocks")


def _read(name: str) -> "dict[str, Any]":
    import json

    with open(name) as file:
        return json.load(file)


async def _wake(board: "Board", read: "Read") -> int:
    return await assemble(board, read).wake()


def main(program: "Program" = _wake) -> None:
    """Run `program` for each life of the board; it says for how many ms to sleep after it."""
    import board

    from firmware import hardware

    if hardware.is_held(board):
        return
    here = hardware.Hardware(board)
    while True:  # once where sleep is deep
        try:
            pause_ms = run(program(here, _read))
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
    Program = Callable[[Board, Read], Coroutine[Any, Any, int]]

if __name__ == "__main__":
    main()
