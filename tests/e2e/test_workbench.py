"""The technician's way with the real mpremote: an empty board flashed, cut, flashed, provisioned, checked."""

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from boards.workbench import WorkbenchError, building, catalogue, flashing
from boards.workbench.cli import app
from boards.workbench.port import opened
from simulator.virtual_board import VirtualBoard

CONFIG = """
board = "heltec_v3"
marks_mm = [1500, 1200]
[[sensors]]
part = "a02yyuw"
port = 1
[[sensors]]
part = "sht3x"
port = 0
"""
BOARD = catalogue.find("heltec_v3")


def test_from_an_empty_board_to_a_checked_node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One board, in this order."""
    config = tmp_path / "node.toml"
    config.write_text(CONFIG)
    with VirtualBoard() as board:
        a_flash_cut_in_the_middle_is_finished_by_the_next_and_a_third_does_nothing(board, config, tmp_path)
        mpremote_itself_finds_the_same_files(board)
        a_node_is_provisioned_and_its_key_is_shown_nowhere(board, tmp_path)
        the_check_reads_every_sensor_and_leaves_a_record(board, tmp_path)
        a_check_names_what_is_wrong(board)
        a_board_of_another_kind_is_not_flashed(board, monkeypatch)


def node(*arguments: str) -> dict[str, object]:
    result = CliRunner().invoke(app, [*arguments, "--json"])
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert isinstance(told, dict)
    return told


class CutError(Exception):
    """The technician pulled the plug."""


def a_flash_cut_in_the_middle_is_finished_by_the_next_and_a_third_does_nothing(
    board: VirtualBoard, config: Path, tmp_path: Path
) -> None:
    tree = tmp_path / "tree"
    files = building.build(BOARD, building.read_config(config, BOARD), tree)

    def cut(name: str, done: int, total: int) -> None:
        if done > total / 2:
            raise CutError

    with pytest.raises(CutError), opened(board.port) as port:
        flashing.flash(port, BOARD, tree, cut)
    with opened(board.port) as port:
        assert port.sha256("main.py") is None  # what starts the node comes last
        rest = flashing.flash(port, BOARD, tree)
    assert rest.files == len(files) and 0 < len(rest.written) < len(files)
    told = node("flash", "--board", "heltec_v3", "--config", str(config), "--port", board.port)
    assert [row["written"] for row in told["flashed"]] == [[]]  # type: ignore[attr-defined]


def mpremote_itself_finds_the_same_files(board: VirtualBoard) -> None:
    command = [
        sys.executable,
        "-m",
        "mpremote",
        "connect",
        board.port,
        "resume",
        "fs",
        "sha256sum",
        ":main.py",
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    with opened(board.port) as port:
        digest = port.sha256("main.py")
    assert digest is not None and digest.hex() in done.stdout


def a_node_is_provisioned_and_its_key_is_shown_nowhere(board: VirtualBoard, tmp_path: Path) -> None:
    export, label = tmp_path / "export.json", tmp_path / "label.svg"
    result = CliRunner().invoke(
        app, ["provision", "--port", board.port, "--export", str(export), "--label", str(label), "--json"]
    )
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    (row,) = json.loads(export.read_text())["devices"]
    assert row["dev_eui"] == told["dev_eui"] and int(told["dev_eui"][:2], 16) & 0b11 == 0b10
    assert stat.S_IMODE(export.stat().st_mode) == 0o600
    assert len(row["app_key"]) == 32 and row["app_key"] not in (result.output + label.read_text()).lower()
    with opened(board.port) as port:
        on_node = json.loads(port.run("print(open('secrets.json').read())"))
    assert on_node == {key: row[key] for key in ("dev_eui", "join_eui", "app_key")}


def the_check_reads_every_sensor_and_leaves_a_record(board: VirtualBoard, tmp_path: Path) -> None:
    record = tmp_path / "record.html"
    told = node("check", "--port", board.port, "--record", str(record), "--mount-mm", "3000")
    found = {row["name"]: row["value"] for row in told["findings"]}  # type: ignore[attr-defined]
    assert told["good"] is True
    assert found["sensor a02yyuw"] == {"distance": 2000}
    assert found["sensor sht3x"] == {"temperature": 250, "humidity": 40}
    assert found["battery"] == 374  # 0.73 V behind 412 over 100 kohm
    assert "3000" in record.read_text() and "In Ordnung" in record.read_text()


def a_check_names_what_is_wrong(board: VirtualBoard) -> None:
    with opened(board.port) as port:
        saved = port.run("print(open('config.json').read())")
        port.write("config.json", json.dumps({"sensors": [{"part": "a02yyuw", "port": 9}]}).encode())
    try:
        result = CliRunner().invoke(app, ["check", "--port", board.port])
        assert result.exit_code == 1
        assert "the board has no UART 9" in result.output
    finally:
        with opened(board.port) as port:
            port.write("config.json", saved.encode())


def a_board_of_another_kind_is_not_flashed(board: VirtualBoard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flashing, "_VIRTUAL", "no such machine")
    with (
        pytest.raises(WorkbenchError, match=r"needs MicroPython 1\.27\.0, ESP32_GENERIC_S3"),
        opened(board.port) as port,
    ):
        flashing.require_fit(port, BOARD)
