"""Becomes /main.py on a board: one wake, then deep sleep. The simulator assembles the same node."""

from codec.compat import const
from firmware import config as node_config
from firmware import sensors
from firmware.node import Node

_AFTER_FAILURE_MS = const(60000)


def assemble(board: "Board", given: "dict[str, Any]", secrets: "dict[str, str]") -> Node:
    """The node that `given` (config.json) and `secrets` (secrets.json) describe, on this board.

    It runs with what of the config is right, and says by its status that some of it is not.
    """
    identity = node_config.check_secrets(secrets)
    config, complaints = node_config.read(given)
    rows, parts = [], []
    for row in config["sensors"]:
        try:
            parts.append(sensors.create(row, board, board.clock()))
            rows.append(row)
        except ValueError as error:  # noqa: PERF203
            complaints.append(str(error))
    if not parts:
        raise node_config.ConfigError("; ".join(complaints))
    config["sensors"] = rows
    config["complaints"] = complaints
    return Node(board, lambda: _native_link(board, config, identity), parts, config)


def _native_link(board: "Board", config: "dict[str, Any]", identity: "tuple[bytes, bytes, bytes]") -> "Link":
    """Loaded by the wakes that send; one that only samples does without."""
    from codec.lorawan.regions import REGIONS
    from firmware.link.native import NativeLink
    from firmware.mac import Mac, Options, Otaa

    options = Options(config["data_rate"], True, 0)
    stores = (board.flash(), board.rtc())
    mac = Mac(REGIONS[config["region"]], Otaa(*identity), stores, board.randrange, options)
    return NativeLink(mac, board.radio(), board.clock(), board.randrange, board.log)


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

    from firmware import hardware

    if hardware.is_held(board):
        return
    with open("config.json") as file:
        given = json.load(file)
    with open("secrets.json") as file:
        secrets = json.load(file)
    here = hardware.Hardware(board)
    while True:  # once where sleep is deep
        try:
            pause_ms = run(assemble(here, given, secrets).wake())
        except Exception as error:  # whatever it is, the next wake may go well, and the workbench can look
            here.log(f"wake failed: {error!r}")
            pause_ms = _AFTER_FAILURE_MS
        here.sleep(pause_ms)


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

    from firmware.contracts import Board, Link

if __name__ == "__main__":
    main()
