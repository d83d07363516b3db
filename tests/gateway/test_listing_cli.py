"""`messfunk device import|export|group|qr`: what they print, write and leave in the audit log."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from codec.desk import device_files, label
from gateway.app import App
from gateway.clock import WallClock
from gateway.store.ledger import Store
from tests.gateway.test_cli import APP_KEY, DEV_EUI, run, told
from tests.gateway.test_local import settings, typed

CSV = f"dev_eui;name;join_eui;app_key;group\n{DEV_EUI};Aue;0102030405060708;{APP_KEY};Nord\n"
CSV += f"70b3d57ed0000002;Wehr;0102030405060708;{APP_KEY};Süd\n"


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "list.csv").write_text(CSV, encoding="utf-8")


def listed(*options: str) -> list[str]:
    return [each["dev_eui"] for each in told("device", "list", *options, "--db", "x.db")["devices"]]


def audit(path: Path) -> list[dict[str, Any]]:
    store = Store(path)
    rows = [dict(row) for row in store.connection.execute("SELECT * FROM audit ORDER BY id")]
    store.close()
    return rows


def test_a_list_is_looked_at_and_then_taken_over() -> None:
    done = run("device", "import", "list.csv", "--db", "x.db")
    assert done.stdout.splitlines() == [
        f"new  {DEV_EUI}  Aue",
        "new  70b3d57ed0000002  Wehr",
        "list.csv (messfunk): 2 new, 0 as they were",
    ]
    Path("list.csv").write_text(CSV.replace("Wehr", "Am Wehr"), encoding="utf-8")
    would = told("device", "import", "list.csv", "--dry-run", "--db", "x.db")
    assert (would["changed"], would["same"], would["dry_run"]) == (1, 1, True)
    assert would["changes"][0]["fields"] == {"name": ["Wehr", "Am Wehr"]}
    said = run("device", "import", "list.csv", "--dry-run", "--db", "x.db").stdout
    assert (
        "changed  70b3d57ed0000002  Am Wehr  name Wehr -> Am Wehr\n" in said and "would be 1 changed" in said
    )
    assert told("device", "show", "70b3d57ed0000002", "--db", "x.db")["device"]["name"] == "Wehr"
    run("device", "import", "list.csv", "--db", "x.db")
    assert told("device", "show", "70b3d57ed0000002", "--db", "x.db")["device"]["name"] == "Am Wehr"


def test_lists_and_stations_are_told_in_the_language_of_the_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    said = run("device", "import", "list.csv", "--db", "x.db").stdout.splitlines()
    assert said[0].startswith("neu  ") and said[-1] == "list.csv (messfunk): 2 neu, 0 wie zuvor"
    assert run("device", "import", "list.csv", "--dry-run", "--db", "x.db").stdout == (
        "list.csv (messfunk): nichts ändert sich, 2 wie zuvor\n"
    )
    shown = run("site", "show", "aue", "--db", "x.db").stdout.splitlines()
    assert "Sichtbarkeit: nicht veröffentlicht" in shown
    assert shown[-1] == f"{DEV_EUI}  von Anfang an bis jetzt  Höhe unbekannt"


def test_a_dry_run_makes_no_database() -> None:
    assert (
        "no such database" in run("device", "import", "list.csv", "--dry-run", "--db", "x.db", code=1).stderr
    )
    assert not Path("x.db").exists()


def test_a_wrong_list_is_refused_with_its_place() -> None:
    Path("list.csv").write_text(CSV.replace(f"{APP_KEY};Süd", f"{APP_KEY}0;Süd"), encoding="utf-8")
    done = run("device", "import", "list.csv", "--db", "x.db", code=2)
    expected = "messfunk: list.csv: line 3, column 4: app_key: expected 32 hexadecimal digits\n"
    assert done.stderr == expected
    assert not Path("x.db").exists()
    Path("list.csv").write_text(CSV, encoding="cp1252")
    assert "CSV UTF-8" in run("device", "import", "list.csv", "--db", "x.db", code=2).stderr
    for arguments in (
        ("none.csv",),
        ("list.csv", "--format", "other"),
        ("list.csv", "--format", "chirpstack"),
    ):
        assert run("device", "import", *arguments, "--db", "x.db", code=2).stderr


def test_keys_go_out_only_when_asked_into_a_private_file_and_the_audit_log(tmp_path: Path) -> None:
    run("device", "import", "list.csv", "--db", "x.db")
    run("device", "export", "shy.json", "--db", "x.db")
    assert APP_KEY not in Path("shy.json").read_text()
    before = len(audit(tmp_path / "x.db"))
    run("device", "export", "all.csv", "--keys", "--format", "tts", "--db", "x.db")
    assert Path("all.csv").read_text().count(APP_KEY.upper()) == 2
    assert {stat.S_IMODE(Path(name).stat().st_mode) for name in ("shy.json", "all.csv")} == {0o600}
    rows = audit(tmp_path / "x.db")
    assert [row["command"] for row in rows[before:]] == ["device.export_keys"]
    assert APP_KEY not in json.dumps(rows)
    assert "all.csv exists" in run("device", "export", "all.csv", "--keys", "--db", "x.db", code=1).stderr
    done = run("device", "export", "x.csv", "--format", "chirpstack", "--db", "x.db", code=2)
    assert "chirpstack has no CSV" in done.stderr
    assert not Path("x.csv").exists()


@pytest.mark.parametrize("kind", ["messfunk", "chirpstack", "tts"])
def test_from_one_gateway_to_the_other(kind: str) -> None:
    run("device", "import", "list.csv", "--db", "x.db")
    run("device", "export", "moved.json", "--keys", "--format", kind, "--db", "x.db")
    assert told("device", "import", "moved.json", "--db", "y.db")["new"] == 2
    assert told("device", "import", "moved.json", "--db", "x.db")["same"] == 2
    groups = told("device", "groups", "--db", "y.db")["groups"]
    assert [each["name"] for each in groups] == ["Nord", "Süd"]


async def test_the_gateway_that_runs_takes_it_over(tmp_path: Path) -> None:
    async with App(settings(tmp_path / "x.db"), WallClock()) as app:
        said = await typed(app, "device", "import", "list.csv", "--json")
        assert json.loads(said)["new"] == 2
        assert len(app.store.devices()) == 2
        await typed(app, "device", "export", "out.json", "--keys")
        assert len(device_files.parse((tmp_path / "out.json").read_text()).entries) == 2
        commands = [row["command"] for row in app.store.connection.execute("SELECT command FROM audit")]
        assert commands == ["device.import", "device.import", "device.export_keys"]


def test_groups_narrow_the_list() -> None:
    run("device", "import", "list.csv", "--db", "x.db")
    assert listed("--group", "Süd") == ["70b3d57ed0000002"]
    run("device", "group", DEV_EUI, "70b3d57ed0000002", "--to", "Fulda", "--db", "x.db")
    assert "Fulda: 2" in run("device", "groups", "--db", "x.db").stdout
    run("device", "group", DEV_EUI, "--none", "--db", "x.db")
    assert listed("--group", "Fulda") == ["70b3d57ed0000002"]
    assert run("device", "group", DEV_EUI, "--db", "x.db", code=2).stderr


def test_the_label_of_a_node_names_no_key() -> None:
    run("device", "import", "list.csv", "--db", "x.db")
    said = told("device", "qr", DEV_EUI, "--label", "aue.svg", "--serial", "a7", "--db", "x.db")
    assert said["label"] == label.tr005(DEV_EUI, "0102030405060708", serial="a7")
    assert Path("aue.svg").read_text().startswith("<?xml")
    assert "8 hex digits" in run("device", "qr", DEV_EUI, "--profile", "x", "--db", "x.db", code=2).stderr
    run("device", "add", "70b3d57ed0000009", "--lns", "--db", "x.db")
    assert "JoinEUI" in run("device", "qr", "70b3d57ed0000009", "--db", "x.db", code=1).stderr
