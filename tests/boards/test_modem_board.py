"""An ESP32 with a RUI3 modem on the bench: its DevEUI comes from the module, and a check goes through it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from boards.workbench.cli import app
from boards.workbench.port import opened
from tests.boards import tls
from tests.boards.virtual import Plugged, plugged_in
from tests.shared.rui3_modem import Modem

CONFIG = 'board = "esp32_rui3"\n[[sensors]]\npart = "a02yyuw"\nport = 1\n'
ITS_OWN = "ac1f09fffe000001"
MODEM_UART = 2


class Wired(Modem):
    """The modem in memory on a UART of the virtual board: its clock is the simulator's."""

    def __init__(self, clock: Any) -> None:
        super().__init__(self)  # type: ignore[no-untyped-call]
        self._simulated = clock

    @property
    def ms(self) -> int:
        return int(self._simulated.now_us()) // 1000

    def any(self) -> int:
        self.tick(self.ms)  # type: ignore[no-untyped-call]
        return int(super().any())  # type: ignore[no-untyped-call]

    def read(self, nbytes: int = -1) -> bytes | None:
        self.tick(self.ms)  # type: ignore[no-untyped-call]
        said: bytes | None = super().read(nbytes)  # type: ignore[no-untyped-call]
        return said


@pytest.fixture(scope="module")
def flashed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Plugged, Wired]]:
    folder = tmp_path_factory.mktemp("modem")
    (folder / "node.toml").write_text(CONFIG)
    with plugged_in(folder / "gateway.db", "esp32_rui3 with ESP32") as board:
        parts: Any = board.board._parts
        modem = Wired(parts._clock)

        def open_uart(port: int, baudrate: int) -> int:
            parts._uarts[port] = modem if port == MODEM_UART else parts._open("a02yyuw", port)
            return port

        board.on(lambda: parts._answers.update(uart=open_uart))
        command = ["flash", "--board", "esp32_rui3", "--config", str(folder / "node.toml")]
        result = CliRunner().invoke(app, [*command, "--port", board.port])
        assert result.exit_code == 0, result.output
        yield board, modem


def provision(board: Plugged, file: Path, *options: str) -> Any:
    command = ["provision", "--export", str(file), "--port", board.port, "--json", *options]
    return CliRunner().invoke(app, command)


@pytest.mark.parametrize(("asleep", "echo"), [(0, False), (3, False), (0, True)])
def test_the_deveui_is_the_modules_own_also_when_it_sleeps_or_echoes(
    flashed: tuple[Plugged, Wired], tmp_path: Path, asleep: int, echo: bool
) -> None:
    board, modem = flashed
    modem.asleep, modem._echo = asleep, echo
    for options in ((), ("--dev-eui", "module")):
        result = provision(board, tmp_path / "keys.json", *options)
        assert json.loads(result.stdout)["dev_eui"] == ITS_OWN, result.output
    modem._echo = False
    with opened(board.port) as port:
        assert json.loads(port.run("print(open('secrets.json').read())"))["dev_eui"] == ITS_OWN
    [row] = json.loads((tmp_path / "keys.json").read_text())["devices"]
    assert row["dev_eui"] == ITS_OWN


def test_a_modem_that_does_not_answer_is_told_in_words(
    flashed: tuple[Plugged, Wired], tmp_path: Path
) -> None:
    board, modem = flashed
    modem.mute = 1000
    try:
        result = provision(board, tmp_path / "keys.json", "--dev-eui", "module")
    finally:
        modem.mute = 0
    assert result.exit_code == 1 and "no modem answers AT+DEVEUI" in result.output
    assert not (tmp_path / "keys.json").exists()


def test_a_gateway_with_a_private_authority_is_believed_by_its_certificate(
    flashed: tuple[Plugged, Wired], tmp_path: Path
) -> None:
    board, _ = flashed
    ca = tls.authority(tmp_path, "town")
    with tls.served(tls.certificate(tmp_path, ca, "127.0.0.1")) as gateway:
        gateway.answers["GET"] = (404, {"detail": "unknown"})
        command = ["provision", "--gateway", gateway.url.replace("http:", "https:"), "--port", board.port]
        refused = CliRunner().invoke(app, command)
        assert refused.exit_code == 1 and "does not answer" in refused.output and gateway.heard == []
        result = CliRunner().invoke(app, [*command, "--ca", str(ca), "--name", "Aue"])
        assert result.exit_code == 0, result.output
        assert [(method, path) for method, path, _, _ in gateway.heard] == [
            ("GET", f"/api/v1/devices/{ITS_OWN}"), ("POST", "/api/v1/devices")
        ]  # fmt: skip
        key = gateway.heard[1][3]["keys"]["app_key"]
    with opened(board.port) as port:
        assert json.loads(port.run("print(open('secrets.json').read())"))["app_key"] == key
    assert key not in result.output


def test_a_check_goes_through_the_modem(flashed: tuple[Plugged, Wired], tmp_path: Path) -> None:
    board, modem = flashed
    assert provision(board, tmp_path / "keys.json").exit_code == 0
    result = CliRunner().invoke(app, ["check", "--port", board.port, "--json"])
    found = {one["name"]: one for one in json.loads(result.stdout)["findings"]}
    assert result.exit_code == 0, found
    assert found["battery"]["value"] == 330 and found["join"]["good"]
    assert found["reach"]["value"] == {"data_rate": "modem", "margin_db": 21, "gateways": 2}
    assert modem.values["DEVEUI"].lower() == ITS_OWN and modem.sent
