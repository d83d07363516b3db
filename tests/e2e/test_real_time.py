"""A gateway in a process of its own: a node simulated in real time joins and reports; faster is refused."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

MESSFUNK = [sys.executable, "-m", "messfunk"]
DEV_EUI = "0200006d66000001"
# This seed's node asks for its join soon after it is switched on.
SCENARIO = f"""
seed = 19
loss = 0.0
interval_s = 30

[[gateway]]
name = "Rathaus"
eui = "aa555a0000000101"
lat = 50.5512
lon = 9.6790

[[node]]
name = "Aue"
dev_eui = "{DEV_EUI}"
lat = 50.5518
lon = 9.6800
mount_mm = 4200
data_rate = 5
"""


def messfunk(*words: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*MESSFUNK, *words], capture_output=True, text=True, input=given, timeout=60)


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    path = tmp_path / "one.toml"
    path.write_text(SCENARIO, encoding="utf-8")
    return path


@pytest.fixture
def udp(tmp_path: Path, scenario: Path) -> Iterator[str]:
    """HOST:PORT of a running `messfunk gateway` that knows the scenario's node."""
    from simulator import scenario as scenarios

    config = tmp_path / "gateway.toml"
    assert messfunk("config", "init", str(config)).returncode == 0
    config.write_text(re.sub(r":\d+\"", ':0"', config.read_text(encoding="utf-8")), encoding="utf-8")
    keys = {"join_eui": "0" * 16, "app_key": scenarios.load(str(scenario)).app_key(DEV_EUI).hex()}
    words = ["device", "add", DEV_EUI, "--keys-file", "-", "--mount-mm", "4200", "--config", str(config)]
    assert messfunk(*words, given=json.dumps(keys)).returncode == 0
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    command = [*MESSFUNK, "gateway", "--config", str(config), "--json"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )
    assert process.stdout
    yield json.loads(process.stdout.readline())["udp"]
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 0, errors


def test_a_node_joins_and_reports_to_a_gateway_in_another_process(
    tmp_path: Path, scenario: Path, udp: str
) -> None:
    run = messfunk("simulate", str(scenario), "--gateway", udp, "--for", "9s", "--json")
    assert run.returncode == 0, run.stderr
    told = json.loads(run.stdout)
    assert told["gateway"] is None and told["unanswered"] == 0
    assert told["air"]["downlinks_heard"] >= 1  # the join-accept came within its window, in real time
    shown = json.loads(
        messfunk("device", "show", DEV_EUI, "--config", str(tmp_path / "gateway.toml"), "--json").stdout
    )
    assert shown["device"]["joined_at"] is not None
    assert {row["quantity"] for row in shown["device"]["last"]} >= {"level", "distance"}


@pytest.mark.parametrize("speed", ["60", "max"])
def test_faster_than_real_time_is_refused_with_the_reason(scenario: Path, speed: str) -> None:
    run = messfunk("simulate", str(scenario), "--gateway", "127.0.0.1:9", "--speed", speed)
    assert run.returncode == 2
    assert "real time" in run.stderr and "--speed" in run.stderr


def test_nobody_there_is_said_with_the_next_step(scenario: Path) -> None:
    run = messfunk("simulate", str(scenario), "--gateway", "127.0.0.1:9", "--for", "10s")
    assert run.returncode == 1
    assert "nobody answers at 127.0.0.1:9: start it first" in run.stderr and "Traceback" not in run.stderr
    assert "answers only the gateways it lists: aa555a00" in run.stderr
