"""`messfunk downlink`: what a person types, on the file itself."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli import app
from tests.gateway.desk import Desk, Node

EUI = "70b3d57ed0000001"


@pytest.fixture
def path(desk: Desk, node: Node, tmp_path: Path) -> Path:
    assert node.dev_eui == EUI
    desk.store.close()
    return tmp_path / "ledger.db"


def run(path: Path, *arguments: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, ["downlink", *arguments, "--db", str(path)])
    assert done.exit_code == code, done.output
    return done.output


def test_orders_are_queued_listed_and_taken_back(path: Path) -> None:
    orders = (
        '[{"order": "interval", "quantity": "distance", "sample_s": 60, "rising_s": 60, "report_s": 900}]'
    )
    assert run(path, "send", EUI, "--orders", orders, "--expires", "3600") == (
        f"{EUI}: downlink 1 waits for an uplink\n"
    )
    assert json.loads(run(path, "send", EUI, "c0ffee", "--fport", "20", "--confirmed", "--json"))["id"] == 2
    newest, oldest = json.loads(run(path, "list", EUI, "--json"))["downlinks"]
    assert (newest["payload"], newest["fport"], newest["confirmed"], newest["state"]) == (
        "c0ffee",
        20,
        True,
        "queued",
    )
    assert (oldest["orders"], oldest["fport"]) == (json.loads(orders), 10)
    assert run(path, "cancel", EUI, "1") == f"{EUI}: downlink 1 is cancelled\n"
    assert run(path, "list", EUI).endswith("}]  cancelled\n")
    assert run(path, "list", "70b3d57ed0000002") == "none\n"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((), "expected this or orders, one of the two"),
        (("00", "--orders", "[]"), "orders"),
        (("--orders", '[{"order": "dance"}]'), "no such order: dance"),
        (("--orders", '[{"order": "interval"}]'), "interval takes quantity, sample_s, rising_s, report_s"),
        (("--orders", '[{"order": "reboot"}]', "--confirmed"), "their answer confirms them"),
        (("xyz",), "payload"),
        (("00" * 243,), "payload"),
    ],
)
def test_what_is_not_possible_is_explained(path: Path, arguments: tuple[str, ...], text: str) -> None:
    assert text in run(path, "send", EUI, *arguments, code=1)
    assert run(path, "list", EUI) == "none\n"


def test_an_unknown_node_or_number_names_the_next_step(path: Path) -> None:
    assert "messfunk device list" in run(path, "send", "70b3d57ed0000099", "00", code=1)
    assert "messfunk downlink list" in run(path, "cancel", EUI, "7", code=1)
    assert "not JSON" in run(path, "send", EUI, "--orders", "[", code=2)


def test_a_node_can_be_told_to_listen_all_the_time(path: Path) -> None:
    assert run(path, "device-class", EUI, "c") == f"{EUI}: class C\n"
    assert "A" in run(path, "device-class", EUI, "B", code=1)
