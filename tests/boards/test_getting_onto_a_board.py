"""The interpreter and the radio's driver on their way onto boards, and several boards at once."""

import hashlib
import http.server
import json
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from boards.workbench import WorkbenchError, building, catalogue, drivers
from boards.workbench.cli import app
from boards.workbench.port import opened
from tests.boards.virtual import plugged_in

HELTEC, T_BEAM, RP2040 = (catalogue.find(name) for name in ("heltec_v3", "t_beam", "rak11310"))
CONFIG = 'board = "heltec_v3"\n[[sensors]]\npart = "a02yyuw"\nport = 1\n'
PACKAGES = {
    "lora": ("0.2.0", ("lora/__init__.py", "lora/modem.py")),
    "lora-sync": ("0.1.1", ("lora/sync_modem.py",)),
    "lora-sx126x": ("0.1.6", ("lora/sx126x.py",)),
}


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package index in the form of micropython.org/pi/v2, with files of our own under the real names."""
    root = tmp_path / "pi"
    pins = {}
    for package, (version, names) in PACKAGES.items():
        hashes = []
        for name in names:
            source = f'WHERE = "{name}"\n'.encode()
            digest = hashlib.sha256(source).hexdigest()
            pins[name] = digest
            hashes.append([name, digest[:8]])
            file = root / f"file/{digest[:2]}/{digest[:8]}"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(source)
        described = root / f"package/py/{package}/{version}.json"
        described.parent.mkdir(parents=True)
        described.write_text(json.dumps({"v": 1, "version": version, "hashes": hashes}))
    monkeypatch.setattr(drivers, "_SHA256", pins)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return root


@pytest.fixture
def served(mirror: Path) -> Iterator[str]:
    handler = partial(_Quiet, directory=str(mirror))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """The test's own output is enough."""


def test_two_boards_without_a_driver_get_it_from_the_index_at_once_and_only_once(
    served: str, tmp_path: Path
) -> None:
    config = tmp_path / "node.toml"
    config.write_text(CONFIG)
    with plugged_in(tmp_path / "a.db") as one, plugged_in(tmp_path / "b.db") as other:
        for board in (one, other):
            board.on(lambda board=board: board.board.leave_out("lora"))  # type: ignore[misc]
        command = ["flash", "--board", "heltec_v3", "--config", str(config), "--index", served, "--json"]
        command += ["--port", one.port, "--port", other.port]
        first, again = CliRunner().invoke(app, command), CliRunner().invoke(app, command)
        assert first.exit_code == again.exit_code == 0, first.output + again.output
        rows = json.loads(first.stdout)["flashed"]
        assert {row["port"] for row in rows} == {one.port, other.port}
        assert all({"lib/lora/sx126x.mpy", "main.py"} <= set(row["written"]) for row in rows)
        assert [row["written"] for row in json.loads(again.stdout)["flashed"]] == [[], []]
        with opened(other.port) as port:
            assert port.run("from lora import sx126x; print(sx126x.WHERE)").strip() == "lora/sx126x.py"


def test_one_board_of_two_that_fails_is_named_and_the_other_is_flashed(tmp_path: Path) -> None:
    config = tmp_path / "node.toml"
    config.write_text(CONFIG)
    with plugged_in(tmp_path / "a.db") as board:
        command = ["flash", "--board", "heltec_v3", "--config", str(config), "--json"]
        result = CliRunner().invoke(app, [*command, "--port", board.port, "--port", str(tmp_path / "gone")])
    assert result.exit_code == 1 and "gone" in result.stderr
    assert [row["port"] for row in json.loads(result.stdout)["flashed"]] == [board.port]


def test_a_file_that_is_not_the_pinned_one_is_refused(mirror: Path, tmp_path: Path) -> None:
    for file in mirror.glob("file/*/*"):
        file.write_bytes(file.read_bytes() + b"import os\n")
    with pytest.raises(WorkbenchError, match="not the file that was pinned"):
        drivers.build(HELTEC, str(mirror), tmp_path / "out")


def test_without_internet_the_way_round_is_named(tmp_path: Path, mirror: Path) -> None:
    for index, told in (("http://127.0.0.1:9", "--index FOLDER or URL"), (str(tmp_path), "--index")):
        with pytest.raises(WorkbenchError, match=told):
            drivers.build(HELTEC, index, tmp_path / "out")


def test_a_modem_needs_no_driver(tmp_path: Path) -> None:
    drivers.build(catalogue.find("esp32_rui3"), "http://127.0.0.1:9", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_pins_are_those_of_the_versions_the_adapter_was_written_against() -> None:
    stub = (catalogue.ROOT / "firmware/link/driver.pyi").read_text()
    packages = {row for rows in drivers._PACKAGES.values() for row in rows}
    assert all(f"{package} {version}" in stub for package, version in packages)


def test_every_board_has_a_file_of_the_same_release() -> None:
    for board in catalogue.boards().values():
        result = CliRunner().invoke(app, ["interpreter", "--board", board.name, "--json"])
        told = json.loads(result.stdout)
        assert told["url"].endswith(
            f"{board.image}-20251209-v1.27.0.{'bin' if board.flash_offset else 'uf2'}"
        )
        assert "esptool" in told["do"] if board.flash_offset else "BOOTSEL" in told["do"]


def test_romfs_holds_what_the_node_imports(tmp_path: Path) -> None:
    config = tmp_path / "node.toml"
    config.write_text(CONFIG)
    command = [
        "build",
        "--board",
        "heltec_v3",
        "--config",
        str(config),
        "--out",
        str(tmp_path / "o"),
        "--romfs",
    ]
    assert CliRunner().invoke(app, command).exit_code == 0
    image = (tmp_path / "o/app.romfs").read_bytes()
    assert image[:3] == b"\xd2\xcd\x31"  # its magic
    tree = building.build(HELTEC, building.read_config(config, HELTEC), tmp_path / "tree")
    for name in tree:
        if name.parts[0] == "lib":
            assert (tmp_path / "tree" / name).read_bytes() in image
