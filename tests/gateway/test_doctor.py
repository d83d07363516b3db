"""The doctor: each thing that is wrong is found, and what it says can be done."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway import doctor, local
from gateway.cli import app
from gateway.config import load

NOW = 1_700_000_000_000
GB = 10**9

CONFIG = """
[store]
path = "ledger.db"

[backup]
folder = "backups"

[[source]]
type = "chirpstack"
name = "cs"
url = "mqtt://127.0.0.1"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "messfunk.toml").write_text(CONFIG)
    (tmp_path / "backups").mkdir()
    return tmp_path / "messfunk.toml"


def states(
    config: Path, is_synchronized: bool = True, free: tuple[int, int] = (50 * GB, 100 * GB)
) -> dict[str, str]:
    found = doctor.examine(load(config), NOW, lambda: is_synchronized, lambda folder: free)
    return {each.name: each.state for each in found}


def test_clock_and_disk(config: Path) -> None:
    good = states(config)
    assert (good["clock"], good["disk"], good["source cs"]) == ("good", "good", "look")
    assert states(config, is_synchronized=False)["clock"] == "wrong"
    assert states(config, free=(GB // 2, GB))["disk"] == "wrong"
    assert states(config, free=(2 * GB, 100 * GB))["disk"] == "wrong"


def test_the_master_key_must_be_ours_alone(config: Path) -> None:
    key = config.with_name("ledger.db.key")
    assert states(config)["master key"] == "look"
    key.write_text("00" * 64)
    key.chmod(0o644)
    assert states(config)["master key"] == "wrong"
    key.chmod(0o600)
    assert states(config)["master key"] == "good"
    key.write_text("00")
    assert states(config)["master key"] == "wrong"


def test_whether_a_gateway_runs(config: Path) -> None:
    assert states(config)["database lock"] == "look"
    with local.holding(config.with_name("ledger.db")):
        assert states(config)["database lock"] == "good"


def test_the_command_says_what_to_do_and_fails(config: Path) -> None:
    done = CliRunner().invoke(app, ["doctor", "--config", str(config), "--json"])
    told = json.loads(done.output)
    backup = next(each for each in told["findings"] if each["name"] == "backup")
    assert (done.exit_code, told["ok"], backup["state"]) == (1, False, "wrong")
    assert "messfunk backup create --to" in backup["text"]
    said = CliRunner().invoke(app, ["doctor", "--config", str(config)]).output
    assert "wrong  backup: " in said
