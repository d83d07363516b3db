"""The gateway's commands: what they print, where, and with which exit code."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from gateway.cli import app
from gateway.store.ledger import Store

DEV_EUI = "70b3d57ed0000001"
APP_KEY = "2b7e151628aed2a6abf7158809cf4f3c"
OTAA = json.dumps({"join_eui": "0102030405060708", "app_key": APP_KEY})
ABP = json.dumps({"dev_addr": "26011bda", "nwk_s_key": APP_KEY, "app_s_key": "ff" * 16})


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*arguments: str, given: str | None = None, code: int = 0) -> Result:
    done = CliRunner().invoke(app, arguments, input=given)
    assert done.exit_code == code, done.output
    assert APP_KEY not in done.output
    return done


def told(*arguments: str, given: str | None = None) -> Any:
    """The one JSON document."""
    done = run(*arguments, "--json", given=given)
    assert done.stderr == ""
    assert done.stdout.count("\n") == 1
    return json.loads(done.stdout)


@pytest.fixture
def registered() -> str:
    run("device", "add", DEV_EUI, "--keys-file", "-", "--name", "Aue", "--db", "x.db", given=OTAA)
    return DEV_EUI


def test_a_first_configuration_is_written_checked_and_printed() -> None:
    assert told("config", "init") == {"config": "messfunk.toml"}
    kept = {"uplink_days": 0, "reception_days": 400, "downlink_days": 400}
    kept |= {"transmission_days": 400, "delivery_days": 400, "audit_days": 1100}
    assert told("config", "check") == {"config": "messfunk.toml", "ok": True, "retention": kept}
    assert "kept: uplink for ever, reception 400 days" in run("config", "check").stdout
    assert told("config", "print")["retention"] == kept
    printed = told("config", "print")
    assert printed["http"] == {
        "bind": "127.0.0.1:8080",
        "tls_cert_file": None,
        "tls_key_file": None,
        "behind_proxy": False,
        "open_on_loopback": False,
    }
    udp = {"type": "semtech_udp", "bind": "127.0.0.1:1700", "gateways": [], "keepalive_s": 10}
    assert printed["source"] == [udp]
    assert 'net_id = "000000"' in run("config", "print").stdout


def test_an_existing_configuration_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("# mine")
    done = run("config", "init", "mine.toml", code=1)
    assert "mine.toml exists" in done.stderr
    assert (tmp_path / "mine.toml").read_text() == "# mine"


@pytest.mark.parametrize(
    "command", [("config", "check"), ("config", "print"), ("gateway",), ("device", "list")]
)
def test_a_wrong_configuration_is_refused_by_every_command(tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / "messfunk.toml").write_text("[http]\nport = 80")
    done = run(*command, code=2)
    assert done.stdout == ""
    expected = "messfunk.toml: http.port: unknown key, expected one of "
    expected += "bind, tls_cert_file, tls_key_file, behind_proxy, open_on_loopback"
    assert done.stderr == f"messfunk: {expected}\n"


@pytest.mark.parametrize("command", [("gateway",), ("device", "list"), ("config", "check")])
def test_a_missing_configuration_names_the_next_step(command: tuple[str, ...]) -> None:
    assert "messfunk config init" in run(*command, code=2).stderr


def test_a_node_is_registered_shown_and_removed(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text(OTAA)
    place = ("--lat", "50.5", "--lon", "9.7", "--mount-mm", "2600")
    options = ("--keys-file", "keys.json", "--name", "Aue", *place, "--db", "x.db")
    added = told("device", "add", DEV_EUI.upper(), *options)["device"]
    assert added.pop("created_at").endswith("Z")
    assert added == {
        "dev_eui": DEV_EUI,
        "name": "Aue",
        "group": None,
        "activation": "otaa",
        "dev_addr": None,
        "joined_at": None,
        "last_seen": None,
        "fcnt_up": None,
        "last": [],
        "join_eui": "0102030405060708",
        "site": "aue",
        "lat": 50.5,
        "lon": 9.7,
        "mount_mm": 2600,
    }
    assert told("device", "show", DEV_EUI, "--db", "x.db")["device"]["name"] == "Aue"
    assert [each["dev_eui"] for each in told("device", "list", "--db", "x.db")["devices"]] == [DEV_EUI]
    assert f"{DEV_EUI}  otaa" in run("device", "list", "--db", "x.db").stdout
    assert "mounted at mm: 2600" in run("device", "show", DEV_EUI, "--db", "x.db").stdout
    assert told("device", "remove", DEV_EUI, "--db", "x.db") == {"removed": DEV_EUI, "purged": False}
    assert told("device", "list", "--db", "x.db") == {"devices": []}


def test_what_is_told_and_refused_speaks_as_the_locale_says(
    registered: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For programs the document stays as it is."""
    before = told("device", "show", registered, "--db", "x.db")
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    assert told("device", "show", registered, "--db", "x.db") == before
    assert "zuletzt gehört: -" in run("device", "show", registered, "--db", "x.db").stdout
    unknown = run("device", "show", "70b3d57ed0000099", "--db", "x.db", code=1)
    assert unknown.stderr.startswith("messfunk: kein Gerät 70b3d57ed0000099; `messfunk device list`")
    again = run("device", "add", registered, "--keys-file", "-", "--db", "x.db", given=OTAA, code=1)
    assert f"Gerät {registered} ist schon eingetragen" in again.stderr
    assert "schreibt eine erste" in run("device", "list", code=2).stderr
    made = told("backup", "create", "--to", "b", "--db", "x.db")["backup"]
    assert "gut; 1 Geräte, 0 Funkmeldungen" in run("backup", "verify", made, "--db", "x.db").stdout


def test_an_abp_node_has_its_address_at_once() -> None:
    device = told("device", "add", DEV_EUI, "--keys-file", "-", "--db", "x.db", given=ABP)["device"]
    assert (device["activation"], device["dev_addr"], device["name"]) == ("abp", "26011bda", DEV_EUI)
    assert told("device", "reset-session", DEV_EUI, "--db", "x.db") == {"dev_eui": DEV_EUI, "reset": True}


def test_the_database_is_that_of_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "messfunk.toml").write_text("[store]\npath = 'ledger.db'")
    run("device", "add", DEV_EUI, "--keys-file", "-", given=OTAA)
    assert (tmp_path / "ledger.db").exists()
    assert len(told("device", "list", "--config", "messfunk.toml")["devices"]) == 1


@pytest.mark.parametrize("given", ["", "{}", "\x00", OTAA.replace("2b", "xy"), ABP.replace('"26', '"')])
def test_wrong_keys_are_refused(given: str) -> None:
    done = run("device", "add", DEV_EUI, "--keys-file", "-", "--db", "x.db", given=given, code=2)
    assert done.stderr.startswith("messfunk: standard input: ")
    assert "expected" in done.stderr


def test_a_file_of_keys_must_be_there_and_be_text(tmp_path: Path) -> None:
    done = run("device", "add", DEV_EUI, "--keys-file", "none.json", "--db", "x.db", code=2)
    assert "none.json: No such file" in done.stderr
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    assert (
        "not a text" in run("device", "add", DEV_EUI, "--keys-file", "binary", "--db", "x.db", code=2).stderr
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("device", "add", "70b3", "--keys-file", "-", "--db", "x.db"),
        ("device", "add", DEV_EUI, "--db", "x.db"),
        ("device", "add", DEV_EUI, "--keys-file", "-", "--lat", "91", "--db", "x.db"),
        ("device", "list", "--db", "x.db", "--config", "messfunk.toml"),
        ("device", "show", "zz", "--db", "x.db"),
        ("decode", "zz"),
        ("decode", "8"),
        ("decode", "80", "--fport", "256"),
        ("nothing",),
    ],
)
def test_wrong_usage_is_told_by_code_2(arguments: tuple[str, ...]) -> None:
    done = run(*arguments, given=OTAA, code=2)
    assert done.stdout == ""
    assert done.stderr


@pytest.mark.parametrize("command", ["show", "remove", "reset-session"])
def test_an_unknown_node_is_a_failure(registered: str, command: str) -> None:
    done = run("device", command, "70b3d57ed0000099", "--db", "x.db", code=1)
    assert done.stdout == ""
    assert "no device 70b3d57ed0000099; `messfunk device list`" in done.stderr


def test_a_second_registration_is_a_failure(registered: str) -> None:
    done = run("device", "add", registered, "--keys-file", "-", "--db", "x.db", given=OTAA, code=1)
    assert "registered already" in done.stderr


@pytest.mark.parametrize("command", [("list",), ("show", DEV_EUI), ("remove", DEV_EUI)])
def test_only_add_makes_a_database(tmp_path: Path, command: tuple[str, ...]) -> None:
    done = run("device", *command, "--db", "typo.db", code=1)
    assert "typo.db: no such database" in done.stderr
    assert not (tmp_path / "typo.db").exists()


def test_a_database_of_another_program_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("no database" * 100)
    assert "x.db" in run("device", "list", "--db", "x.db", code=1).stderr


def test_a_reset_otaa_node_has_no_session(registered: str, tmp_path: Path) -> None:
    assert told("device", "reset-session", registered, "--db", "x.db") == {
        "dev_eui": registered,
        "reset": False,
    }
    store = Store(tmp_path / "x.db")
    assert store.newest_session(registered, "active") is None
    store.close()


def test_history_is_deleted_only_when_the_eui_is_typed(registered: str) -> None:
    purge = ("device", "remove", registered, "--purge", "--db", "x.db")
    done = run(*purge, given="70b3d57ed0000002\n", code=1)
    assert "nothing was deleted" in done.stderr
    assert told("device", "list", "--db", "x.db")["devices"]
    assert "removed with its history" in run(*purge, given=f"{registered.upper()}\n").stdout
    store = Store(Path("x.db"))
    assert store.registration(registered) == "none"
    store.close()
