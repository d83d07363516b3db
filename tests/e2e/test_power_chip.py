"""A T-Beam on the bench: either of its power chips, none that is known, and what a check says of each."""

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from boards.workbench.cli import app
from simulator.twins.power_chip import AXP192, AXP2101, PowerChip
from tests.boards.virtual import Plugged, plugged_in

CONFIG = """
board = "t_beam"
[[sensors]]
part = "a02yyuw"
port = 1
[[sensors]]
part = "sht3x"
port = 0
"""


class AXP202(AXP192):
    number = 0x41


def check(board: Plugged, chip: type[PowerChip]) -> tuple[int, dict[str, Any]]:
    """With another chip soldered on, and power taken away for it."""
    parts: Any = board.board._parts
    board.on(lambda: setattr(parts, "power_chip", chip(lambda: 377)))
    result = CliRunner().invoke(app, ["check", "--port", board.port, "--json"])
    return result.exit_code, {one["name"]: one for one in json.loads(result.stdout)["findings"]}


def test_a_whole_t_beam_node_by_either_chip_and_by_none_that_is_known(tmp_path: Path) -> None:
    config = tmp_path / "node.toml"
    config.write_text(CONFIG)
    with plugged_in(tmp_path / "gateway.db", "t_beam with ESP32") as board:
        for command in (
            ["flash", "--board", "t_beam", "--config", str(config)],
            ["provision", "--gateway", board.page, "--name", "Aue"],
        ):
            result = CliRunner().invoke(app, [*command, "--port", board.port])
            assert result.exit_code == 0, result.output
        for chip in (AXP2101, AXP192):
            code, found = check(board, chip)
            assert code == 0, found
            assert found["battery"]["value"] == 377
            assert found["reach"]["good"] and found["sensor sht3x"]["good"]
        code, found = check(board, AXP202)
        assert code == 1 and found["battery"]["value"] == "sensor_error"
        assert not found["radio"]["good"] and "check its supply" in found["radio"]["value"]
        assert found["sensor a02yyuw"]["good"]
