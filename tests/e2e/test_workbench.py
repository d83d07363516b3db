"""The technician's way with the real mpremote, from an empty board and store to values on the page."""

import json
import re
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from boards.workbench import WorkbenchError, building, catalogue, flashing
from boards.workbench.cli import app
from boards.workbench.port import opened
from tests.boards.virtual import Plugged, plugged_in

README = (Path(__file__).parent.parent.parent / "README.md").read_text(encoding="utf-8")
BOARD = catalogue.find("heltec_v3")


def blocks(language: str) -> list[str]:
    """The lines of the README's blocks on a node."""
    [section] = re.findall(r"^## A node\n(.*?)^## ", README, re.DOTALL | re.MULTILINE)
    return "".join(re.findall(rf"```{language}\n(.*?)```", section, re.DOTALL)).splitlines()


def in_its_place(words: list[str], board: "Plugged", folder: Path, config: Path) -> list[str]:
    """The README's words, with the port, the page and the files of this test."""
    here = {"/dev/pts/3": board.port, "http://127.0.0.1:8080/": board.page, "node.toml": str(config)}
    return [here.get(word, str(folder / word) if word.endswith(".html") else word) for word in words]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "node.toml"
    path.write_text("\n".join(blocks("toml")))
    return path


@pytest.fixture
def board(tmp_path: Path) -> Iterator[Plugged]:
    with plugged_in(tmp_path / "gateway.db") as board:
        yield board


def node(*arguments: str) -> dict[str, Any]:
    result = CliRunner().invoke(app, [*arguments, "--json"])
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert isinstance(told, dict)
    return told


def devices(board: Plugged) -> list[dict[str, Any]]:
    return list(httpx.get(f"{board.page}api/v1/devices").json()["devices"])


def test_three_commands_from_an_empty_store_to_a_reading(
    board: Plugged, config: Path, tmp_path: Path
) -> None:
    assert devices(board) == []
    commands = [line.split()[2:] for line in blocks("sh") if line.startswith("messfunk node ")]
    flash, provision, check = [in_its_place(words, board, tmp_path, config) for words in commands]
    record, label = tmp_path / "record.html", tmp_path / "label.svg"

    flashed = node(*flash)
    provisioned = node(*provision, "--label", str(label))
    checked = node(*check)

    assert flashed["flashed"][0]["files"] == len(flashed["flashed"][0]["written"]) > 40
    assert [one["dev_eui"] for one in devices(board)] == [provisioned["dev_eui"]]
    found = {one["name"]: one["value"] for one in checked["findings"]}
    assert checked["good"] and found["reach"]["margin_db"] >= 10 and found["reach"]["gateways"] == 1
    readings = httpx.get(f"{board.page}api/v1/devices/{provisioned['dev_eui']}/readings").json()["readings"]
    values = {one["quantity"]: one["value"] for one in readings}
    assert values["distance"] == found["sensor a02yyuw"]["distance"]
    assert values["level"] == 3500 - values["distance"]
    assert values["battery"] == found["battery"] / 100
    assert "In Ordnung" in record.read_text() and "3500" in record.read_text()
    its_key_is_nowhere_but_on_the_node_and_at_the_gateway(board, tmp_path)
    by_itself_it_reports_on(board, provisioned["dev_eui"], len(readings))
    a_new_key_keeps_eui_and_history_and_takes_no_old_nonce(board, provisioned["dev_eui"])


def its_key_is_nowhere_but_on_the_node_and_at_the_gateway(board: Plugged, tmp_path: Path) -> None:
    with opened(board.port) as port:
        secrets = json.loads(port.run("print(open('secrets.json').read())"))
    assert len(secrets["app_key"]) == 32
    for path in tmp_path.iterdir():
        if path.suffix in (".html", ".svg", ".toml"):
            assert secrets["app_key"] not in path.read_text().lower()


def by_itself_it_reports_on(board: Plugged, dev_eui: str, heard: int) -> None:
    """The check has let it go: main.py runs, the node says hello, joins and reports, and sleeps deeply."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        answer = httpx.get(f"{board.page}api/v1/devices/{dev_eui}/readings").json()
        if len(answer["readings"]) > heard and 4 in board.on(lambda: board.board.boots):
            return
        time.sleep(0.2)
    raise AssertionError(board.on(lambda: board.board.boots))


def a_new_key_keeps_eui_and_history_and_takes_no_old_nonce(board: Plugged, dev_eui: str) -> None:
    before = nonces(board)
    again = node("provision", "--gateway", board.page, "--port", board.port)
    after = nonces(board)
    checked = node("check", "--port", board.port)
    assert again["dev_eui"] == dev_eui and [one["dev_eui"] for one in devices(board)] == [dev_eui]
    assert httpx.get(f"{board.page}api/v1/devices/{dev_eui}/readings").json()["readings"]
    assert after[1] >= before[1] > 0 and after[2] == 0  # DevNonce goes on, the JoinNonce begins anew
    assert {one["name"]: one["good"] for one in checked["findings"]}["join"]
    other = CliRunner().invoke(app, ["provision", "--gateway", board.page, "--port", board.port, "--json"])
    assert other.exit_code == 0
    with opened(board.port) as port:
        port.run("import os; os.remove('secrets.json')")
    command = ["provision", "--gateway", board.page, "--port", board.port, "--dev-eui", dev_eui]
    taken = CliRunner().invoke(app, command)
    assert taken.exit_code == 1 and f"DevEUI {dev_eui} is taken by" in taken.output


def nonces(board: Plugged) -> tuple[int, ...]:
    """(tag, next DevNonce, last JoinNonce + 1) as firmware/session.py keeps them."""
    with opened(board.port) as port:
        text = port.run("from firmware.store import file_store\nprint(file_store('/').get('nonces').hex())")
    return struct.unpack("<III", bytes.fromhex(text.strip()))


class CutError(Exception):
    """The technician pulled the plug."""


def test_a_flash_cut_in_the_middle_is_finished_by_the_next_and_a_third_does_nothing(
    board: Plugged, config: Path, tmp_path: Path
) -> None:
    tree = tmp_path / "tree"
    files = building.build(BOARD, building.read_config(config, BOARD), tree)

    def cut(name: str, done: int, total: int) -> None:
        if done > total / 2:
            raise CutError

    with pytest.raises(CutError), opened(board.port) as port:
        flashing.flash(port, "virtual", flashing.files_of(tree), cut)
    with opened(board.port) as port:
        assert port.ask("hashes", names=["main.py"]) == []  # what starts the node comes last
        rest = flashing.flash(port, "virtual", flashing.files_of(tree))
    assert rest.files == len(files) and 0 < len(rest.written) < len(files)
    told = node("flash", "--board", "heltec_v3", "--config", str(config), "--port", board.port)
    assert [row["written"] for row in told["flashed"]] == [[]]
    mpremote_itself_finds_the_same_files(board, tree)
    a_check_names_what_is_wrong(board)


def mpremote_itself_finds_the_same_files(board: Plugged, tree: Path) -> None:
    command = [sys.executable, "-m", "mpremote", "connect", board.port, "fs", "sha256sum", ":main.py"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    assert flashing._hex((tree / "main.py").read_bytes()) in done.stdout


def a_check_names_what_is_wrong(board: Plugged) -> None:
    with opened(board.port) as port:
        port.write("config.json", json.dumps({"sensors": [{"part": "a02yyuw", "port": 9}]}).encode())
    result = CliRunner().invoke(app, ["check", "--port", board.port])
    assert result.exit_code == 1
    assert "no UART 9, only [1]" in result.output
    assert "messfunk node provision" in result.output


def test_a_board_of_another_kind_is_not_flashed(tmp_path: Path) -> None:
    with (
        plugged_in(tmp_path / "gateway.db", "t_beam with ESP32") as board,
        pytest.raises(WorkbenchError, match=r"needs MicroPython 1\.27\.0, ESP32_GENERIC_S3-20251209"),
        opened(board.port) as port,
    ):
        flashing.require_fit(port, BOARD)
