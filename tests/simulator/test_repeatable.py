"""The same seed, the same bytes: over processes and tiers; and one node's seed is nobody else's business."""

import asyncio
import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from simulator import recording
from simulator.run import Outputs, Plan, in_process
from simulator.scenario import Scenario, load

HOUR_S = 3600
GATEWAY = "aa555a0000000101"


def pcap_of(folder: Path, scenario: Scenario, name: str, duration_s: int) -> Path:
    outputs = Outputs((folder / f"{name}.pcap",))
    asyncio.run(in_process(Plan(name, scenario, duration_s, None), folder / f"{name}.db", outputs))
    return outputs.records[0]


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def tiers(scenario: Scenario, tier: str) -> Scenario:
    return scenario.model_copy(
        update={"node": [row.model_copy(update={"tier": tier}) for row in scenario.node]}
    )


def test_two_processes_record_the_same_bytes(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("one.pcap", "two.pcap")]
    for number, file in enumerate(files):
        command = [
            sys.executable,
            "-m",
            "messfunk",
            "simulate",
            "village",
            "--for",
            "2h",
            "--record",
            str(file),
        ]
        environment = {"PATH": "", "PYTHONHASHSEED": str(number), "TMPDIR": str(tmp_path)}
        subprocess.run(command, check=True, capture_output=True, env=environment)
    assert digest(files[0]) == digest(files[1])
    assert files[0].stat().st_size > 1000


def test_firmware_in_the_micropython_vm_sends_byte_identical_uplinks(tmp_path: Path) -> None:
    village = load("village")
    here = pcap_of(tmp_path, village, "here", 2 * HOUR_S)
    in_vm = pcap_of(tmp_path, tiers(village, "micropython"), "vm", 2 * HOUR_S)
    uplinks = [
        [(row.at_ms, row.phy) for row in recording.read(file, GATEWAY) if row.direction == "up"]
        for file in (here, in_vm)
    ]
    assert len(uplinks[0]) > 20
    assert uplinks[0] == uplinks[1]
    assert digest(here) == digest(in_vm)


@pytest.mark.parametrize("tier", ["firmware", "traffic"])
def test_with_collisions_off_one_nodes_seed_leaves_the_others_frames_as_they_are(
    tmp_path: Path, tier: str
) -> None:
    village = tiers(load("village"), tier)
    quiet = village.model_copy(update={"air": village.air.model_copy(update={"interference": "none"})})
    last = quiet.node[-1]
    other = quiet.model_copy(update={"node": [*quiet.node[:-1], last.model_copy(update={"seed": 99})]})
    frames = []
    for name, scenario in (("as it was", quiet), ("another", other)):
        file = pcap_of(tmp_path, scenario, f"{tier} {name}", 3 * HOUR_S)
        frames.append(
            [(row.at_ms, row.phy) for row in recording.read(file, GATEWAY) if row.direction == "up"]
        )
    changed = set(frames[0]) ^ set(frames[1])
    assert changed
    address = {phy[1:5] for _, phy in changed if phy[0] >> 5}
    unchanged = set(frames[0]) & set(frames[1])
    assert len(address) == 1
    its_own = [phy for _, phy in unchanged if phy[0] >> 5 and phy[1:5] in address]
    assert len(its_own) <= 1  # what it sends right after its join owes nothing to chance
    assert len({phy[1:5] for _, phy in unchanged if phy[0] >> 5} - address) == 2
