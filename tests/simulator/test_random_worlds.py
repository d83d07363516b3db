"""Random worlds hold the firmware to what must always be; whatever one finds is replayed from its seed."""

import asyncio
import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from firmware import session as sessions
from simulator.rows import AirRow, FaultRow, GatewayRow, NodeRow, Scenario
from simulator.run import Outputs, Plan, in_process
from tests.simulator import planted

HOURS = 3


def minutes(text: int) -> str:
    return f"{text}m"


faults = st.builds(
    FaultRow,
    what=st.sampled_from(["power_off", "reset", "no_echo", "sensor_off", "gateway_off", "backhaul_off"]),
    target=st.just("*"),
    at=st.integers(1, HOURS * 60).map(minutes),
    lasts=st.none() | st.integers(1, 60).map(minutes),
)
worlds = st.builds(
    Scenario,
    seed=st.integers(0, 2**31),
    loss=st.floats(0, 0.9),
    interval_s=st.integers(60, 1800),
    air=st.builds(AirRow, interference=st.sampled_from(["croce", "goursaud", "lorasim"])),
    gateway=st.just([GatewayRow(name="G", eui="aa555a0000000101", lat=50.5, lon=9.6)]),
    node=st.builds(
        lambda drift, rate: [
            NodeRow(
                name=f"n{number}", dev_eui=f"0200006d6600000{number}", lat=50.505, lon=9.6 + number / 1000,
                drift_ppm=drift, data_rate=rate,
            )
            for number in range(2)
        ],
        st.floats(-50, 50),
        st.integers(0, 5),
    ),
    fault=st.lists(faults, max_size=4),
)  # fmt: skip


def played(world: Scenario) -> tuple[dict[str, Any], str]:
    """The gateway's counters, and the digest of every byte on the air."""
    with tempfile.TemporaryDirectory() as folder:
        outputs = Outputs((Path(folder) / "w.pcap",))
        plan = Plan("world", world, HOURS * 3600, None)
        summary = asyncio.run(in_process(plan, Path(folder) / "w.db", outputs))
        digest = hashlib.sha256(outputs.records[0].read_bytes()).hexdigest()
    return summary.gateway or {}, digest


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(worlds)
def test_whatever_happens_no_counter_is_used_twice_and_no_frame_is_false(world: Scenario) -> None:
    counted, _ = played(world)
    refused = counted["refused"]
    assert refused["replay"] == refused["mic"] == refused["malformed"] == 0
    assert refused["dev_nonce"] == 0


def test_a_bug_that_a_world_finds_comes_again_from_its_seed_to_the_microsecond(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found by random worlds here, played again from its scenario file by another process."""
    log = tmp_path / "found.events.jsonl"

    def shows(world: Scenario) -> bool:
        plan = Plan("found", world, HOURS * 3600, None)
        asyncio.run(in_process(plan, tmp_path / "found.db", Outputs((log,))))
        (tmp_path / "found.db").unlink()
        return planted.reused_us(log) is not None

    search = settings(
        max_examples=40, derandomize=True, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    with monkeypatch.context() as planting:
        planting.setattr(sessions.Session, "take_fcnt", planted.take_fcnt)
        world = find(worlds, shows, settings=search)
        assert shows(world)
    found_us, digest = planted.reused_us(log), hashlib.sha256(log.read_bytes()).hexdigest()
    assert not shows(world), "without the bug the same world is sound"

    (tmp_path / "found.toml").write_text(planted.toml(world), encoding="utf-8")
    again = tmp_path / "found.events.jsonl"
    command = [
        sys.executable,
        "-m",
        "tests.simulator.planted",
        "simulate",
        "found.toml",
        "--record",
        str(again),
    ]
    environment = {"PATH": "", "PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONHASHSEED": "7"}
    subprocess.run(
        [*command, "--record", str(again), "--for", f"{HOURS}h"],
        check=True,
        capture_output=True,
        env=environment,
        cwd=tmp_path,
    )
    assert planted.reused_us(again) == found_us
    assert hashlib.sha256(without_name(again)).hexdigest() == digest


def without_name(log: Path) -> bytes:
    """The run's first event has the name of its file."""
    return log.read_bytes().replace(b'"name":"found.toml"', b'"name":"found"', 1)
