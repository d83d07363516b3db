"""Becomes /main.py on a board: one wake, then deep sleep. The simulator assembles the same node."""

from codec.lorawan.regions import REGIONS
from firmware import config as node_config
from firmware import sensors
from firmware.link.native import NativeLink
from firmware.mac import Mac
from firmware.node import Node


def assemble(board: "Board", given: "dict[str, Any]", secrets: "dict[str, str]") -> Node:
    """The node that `given` (config.json) and `secrets` (secrets.json) describe, on this board."""
    config = node_config.check(given)
    stores = (board.flash(), board.rtc())
    mac = Mac(REGIONS[config["region"]], node_config.check_secrets(secrets), stores, board.randrange)
    link = NativeLink(mac, board.radio(), board.clock(), config["data_rate"], board.randrange)
    return Node(board, link, [sensors.create(row, board, board.clock()) for row in config["sensors"]], config)


def run(program: "Coroutine[Any, Any, int]") -> int:
    """Drive a coroutine whose awaits all block, as those of a board do; returns what it returns."""
    try:
        program.send(None)
    except StopIteration as stop:
        return stop.value
    raise RuntimeError("a board's clock, radio and buses block, they never yield")


def main() -> None:
    import json

    import board

    with open("config.json") as file:
        given = json.load(file)
    with open("secrets.json") as file:
        secrets = json.load(file)
    board.deep_sleep(run(assemble(board, given, secrets).wake()))


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

    from firmware.contracts import Board

if __name__ == "__main__":
    main()
