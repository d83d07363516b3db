"""The workbench without a board: configs refused by name, builds, labels, identities, plain words."""

import json
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner

from boards.workbench import WorkbenchError, building, catalogue, exporting, provisioning
from boards.workbench.cli import app
from boards.workbench.port import only_port
from codec.desk import device_files, label
from codec.wire import WireError
from simulator import replay

HELTEC = catalogue.find("heltec_v3")
GOOD = 'board = "heltec_v3"\n[[sensors]]\npart = "a02yyuw"\nport = 1\n'


def config(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "node.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("sensors = ", "node.toml"),
        (GOOD.replace("heltec_v3", "t3_s3"), "board is 't3_s3'"),
        (GOOD.replace("a02yyuw", "a02"), "unknown sensor part 'a02'"),
        (GOOD.replace("port = 1", "port = 5"), "sensors: a02yyuw: heltec_v3 has no uart 5, only [1]"),
        (GOOD + '[[sensors]]\npart = "sds011"\nport = 1\n', "sds011: uart 1 is taken by a02yyuw"),
        ("interval_s = 5\n" + GOOD, "interval_s must be a whole number from 10 to 604800, not 5"),
        ("intervall_s = 900\n" + GOOD, "unknown key 'intervall_s'"),
        ("marks_mm = [1, 2, 3, 4, 5, 6, 7, 8]\n" + GOOD, "up to 7 distances"),
        ('board = "heltec_v3"\n', "sensors is empty"),
    ],
)
def test_a_wrong_config_is_refused_with_file_key_and_what_is_expected(
    tmp_path: Path, text: str, told: str
) -> None:
    with pytest.raises(WorkbenchError) as error:
        building.read_config(config(tmp_path, text), HELTEC)
    assert "node.toml" in str(error.value) and told in str(error.value)


def test_every_board_builds_a_level_node(tmp_path: Path) -> None:
    for board in catalogue.boards().values():
        port = board.uarts[0]
        text = f'board = "{board.name}"\n[[sensors]]\npart = "a02yyuw"\nport = {port}\n'
        given = building.read_config(config(tmp_path, text), board)
        names = {path.as_posix() for path in building.build(board, given, tmp_path / board.name)}
        assert {"main.py", "board.mpy", "config.json", "lib/firmware/main.mpy"} <= names
        assert ("lib/firmware/link/rui3.mpy" in names) == (board.radio == "rui3")
        assert not [name for name in names if "desk" in name or "sds011" in name]


def test_certification_commands_are_in_a_build_that_asks_for_them_and_in_no_other(tmp_path: Path) -> None:
    for wanted in (True, False):
        text = f"certification = {str(wanted).lower()}\n" + GOOD
        out = tmp_path / str(wanted)
        building.build(HELTEC, building.read_config(config(tmp_path, text), HELTEC), out)
        assert (out / "lib/firmware/certification.mpy").exists() == wanted
        assert ("certification" in (out / "main.py").read_text()) == wanted
    text = "certification = true\n" + GOOD.replace("heltec_v3", "esp32_rui3")
    with pytest.raises(WorkbenchError, match="CERTIF"):
        building.read_config(config(tmp_path, text), catalogue.find("esp32_rui3"))


def test_a_modem_needs_no_mac_of_ours(tmp_path: Path) -> None:
    modem = catalogue.find("esp32_rui3")
    given = building.read_config(config(tmp_path, GOOD.replace("heltec_v3", "esp32_rui3")), modem)
    names = {path.as_posix() for path in building.build(modem, given, tmp_path / "modem")}
    assert "lib/firmware/link/rui3.mpy" in names and "lib/firmware/mac/machine.mpy" not in names


def test_a_tree_is_not_built_over_something_else(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("x")
    with pytest.raises(WorkbenchError, match="something else"):
        building.build(HELTEC, building.read_config(config(tmp_path, GOOD), HELTEC), tmp_path)
    assert (tmp_path / "precious").exists()


def test_the_checksum_of_a_label_is_the_published_one() -> None:
    assert label.crc16(b"123456789") == 0x4B37  # CRC-16/MODBUS, the catalogue's check value


def test_a_label_is_tr005_and_fits_the_alphanumeric_code(tmp_path: Path) -> None:
    text = label.tr005("0200006d66000001", "0" * 16, serial="a7")
    assert text.startswith("LW:D0:0000000000000000:0200006D66000001:FFFF0000:SA7:C")
    label.write(tmp_path / "label.png", text)
    assert (tmp_path / "label.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(WireError, match="letters and digits"):
        label.tr005("0200006d66000001", "0" * 16, serial="a:7")
    with pytest.raises(WireError, match=r"\.png"):
        label.write(tmp_path / "label.gif", text)


def test_identities_are_local_unique_and_shy() -> None:
    made = [provisioning.make(None, None, ()) for _ in range(50)]
    assert len({one.dev_eui for one in made}) == len({one.app_key for one in made}) == 50
    assert {int(one.dev_eui[:2], 16) & 0b11 for one in made} == {0b10}
    assert made[0].app_key.hex() not in repr(made[0]) and str(made[0].app_key) not in repr(made[0])
    with pytest.raises(WorkbenchError, match="taken"):
        provisioning.make("02-00-00-6D-66-00-00-01", None, {"0200006d66000001"})
    with pytest.raises(WorkbenchError, match="16 hex digits"):
        provisioning.make("0200", None, ())


@pytest.mark.parametrize("kind", device_files.KINDS)
def test_an_export_grows_is_private_and_a_foreign_file_is_left_alone(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "export.json"
    for dev_eui in ("0200006d66000001", "0200006d66000002", "0200006d66000002"):
        exporting.export(path, kind, provisioning.make(dev_eui, None, ()), "Aue", "EU868")
    assert len(set(exporting.exported(path, kind))) == 2
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    foreign = tmp_path / "foreign.json"
    foreign.write_text("[]")
    with pytest.raises(WorkbenchError, match="no export"):
        exporting.exported(foreign, kind)


def test_the_exports_are_what_their_networks_take(tmp_path: Path) -> None:
    identity = provisioning.make("0200006d66000001", "70b3d57ed0000000", ())
    key = identity.app_key.hex()
    for kind in device_files.KINDS:
        exporting.export(tmp_path / kind, kind, identity, "Aue", "EU868")
    [tts] = [json.loads(line) for line in (tmp_path / "tts").read_text().splitlines()]
    # The fields that The Things Stack's JSON file reference shows for an OTAA device.
    assert tts["ids"] == {
        "device_id": "eui-0200006d66000001", "dev_eui": "0200006D66000001", "join_eui": "70B3D57ED0000000"
    }  # fmt: skip
    assert tts["root_keys"]["app_key"]["key"] == key.upper() and tts["supports_join"] is True
    assert {"lorawan_version", "lorawan_phy_version", "frequency_plan_id", "name"} <= tts.keys()
    [chirpstack] = [json.loads(line) for line in (tmp_path / "chirpstack").read_text().splitlines()]
    assert chirpstack["device"]["devEui"] == chirpstack["deviceKeys"]["devEui"] == identity.dev_eui
    assert chirpstack["deviceKeys"]["nwkKey"] == key  # its field for a LoRaWAN 1.0 AppKey
    [ours] = json.loads((tmp_path / "messfunk").read_text())["devices"]
    assert replay.read_keys(tmp_path / "messfunk")[0].dev_eui == ours["dev_eui"] == identity.dev_eui


def test_a_label_that_was_scanned_names_both_euis() -> None:
    text = label.tr005("0200006d66000001", "70b3d57ed0000000", serial="a7")
    assert provisioning.read_label(text) == ("70b3d57ed0000000", "0200006d66000001")
    assert provisioning.make(text, None, ()).join_eui == "70b3d57ed0000000"
    with pytest.raises(WorkbenchError, match="checksum"):
        provisioning.read_label(text.replace("6D66", "6D67"))
    with pytest.raises(WorkbenchError, match="no LoRaWAN label"):
        provisioning.read_label("LW:D1:00")


def test_what_fails_is_said_in_words_and_ends_with_1(tmp_path: Path) -> None:
    for arguments, told in (
        (["build", "--board", "x", "--config", "n", "--out", "o"], "no board is called 'x'"),
        (["check", "--port", str(tmp_path / "ttyUSB7")], "messfunk node list"),
    ):
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == 1 and told in result.output and "Traceback" not in result.output


def test_without_a_port_there_must_be_one_board(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("boards.workbench.port.usb_ports", lambda: [("/dev/a", "x"), ("/dev/b", "y")])
    with pytest.raises(WorkbenchError, match="/dev/a, /dev/b"):
        only_port(None)
    monkeypatch.setattr("boards.workbench.port.usb_ports", lambda: [("/dev/a", "x")])
    assert only_port(None) == "/dev/a"


def test_the_interpreter_of_each_board_is_named_with_what_to_type() -> None:
    for name in catalogue.boards():
        result = CliRunner().invoke(app, ["interpreter", "--board", name, "--port", "/dev/x", "--json"])
        told = json.loads(result.stdout)
        assert "1.27.0" in told["file"] and ("/dev/x" in told["do"] or "BOOTSEL" in told["do"])
