"""One file per sensor part: its bytes parsed sans-IO, beside a class that talks to the bus.

A part's name in the config is its file; only the parts a node has are imported.
"""


def create(row: "dict[str, Any]", board: "Board", clock: "Clock") -> "Sensor":
    """The sensor of a row such as {"part": "a02yyuw", "port": 1}; ValueError for an unknown part."""
    part, port = row["part"], row["port"]
    if part == "a02yyuw":
        from firmware.sensors.a02yyuw import A02YYUW

        return A02YYUW(board.uart(port, 9600), clock)
    if part == "sht3x":
        from firmware.sensors.sht3x import SHT3x

        return SHT3x(board.i2c(port), clock)
    raise ValueError(f"unknown sensor part {part!r}: known are a02yyuw, sht3x")


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from firmware.contracts import Board, Clock, Sensor
