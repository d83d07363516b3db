"""The pcap and its key file: read back by our reader, opened by tshark, an independent opinion."""

import asyncio
import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from simulator import recording
from simulator.run import Outputs, Plan, in_process
from simulator.scenario import load


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("pcap")
    outputs = Outputs((folder / "village.pcap",), folder / "encryption_keys_lorawan")
    asyncio.run(in_process(Plan("village", load("village"), 7200, None), folder / "village.db", outputs))
    assert outputs.keys
    return outputs.records[0], outputs.keys


def test_keys_are_for_the_owner_alone(recorded: tuple[Path, Path]) -> None:
    assert stat.S_IMODE(recorded[1].stat().st_mode) == 0o600
    assert len(recorded[1].read_text().splitlines()) == 3


def test_tshark_finds_every_mic_good_and_decrypts(recorded: tuple[Path, Path], tmp_path: Path) -> None:
    tshark = shutil.which("tshark")
    assert tshark, "tshark is missing: make debian"
    shutil.copy(recorded[1], tmp_path / "encryption_keys_lorawan")
    fields = ["lorawan.mhdr.mtype", "lorawan.mic.status", "lorawan.frmpayload_decrypted"]
    command = [
        tshark,
        "-r",
        str(recorded[0]),
        "-T",
        "fields",
        *(part for name in fields for part in ("-e", name)),
    ]
    environment = {**os.environ, "WIRESHARK_CONFIG_DIR": str(tmp_path)}
    printed = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    rows = [line.split("\t") for line in printed.splitlines()]
    uplinks = [row for row in rows if row[0] == "2"]
    assert len(uplinks) >= 20
    assert {row[1] for row in uplinks} == {"1"}
    assert all(row[2] for row in uplinks)


def test_our_reader_gives_the_frames_back(recorded: tuple[Path, Path]) -> None:
    records = recording.read(recorded[0], "aa555a0000000101")
    assert sum(record.direction == "up" for record in records) >= 20
    down = [record.phy[0] >> 5 for record in records if record.direction == "down"]
    assert down.count(1) == 3 and set(down) <= {1, 3}  # join-accepts; answers to MAC commands
    assert [record.at_ms for record in records] == sorted(record.at_ms for record in records)


def test_a_pcap_cut_in_its_head_is_refused(recorded: tuple[Path, Path], tmp_path: Path) -> None:
    cut = tmp_path / "cut.pcap"
    for size in (0, 10, 23):
        cut.write_bytes(recorded[0].read_bytes()[:size])
        with pytest.raises(recording.RecordingError, match=r"cut.pcap"):
            recording.read(cut, "aa555a0000000101")


def test_a_pcap_cut_later_is_played_up_to_there_and_says_so(
    recorded: tuple[Path, Path], tmp_path: Path
) -> None:
    whole = recorded[0].read_bytes()
    frames = len(recording.read(recorded[0], "aa555a0000000101"))
    cut = tmp_path / "cut.pcap"
    for size, before in ((30, 0), (41, 0), (60, 0), (len(whole) - 1, frames - 1)):
        cut.write_bytes(whole[:size])
        found = recording.load(cut, "aa555a0000000101")
        assert len(found.records) == before
        assert found.fault and "cut.pcap" in found.fault and f"the {before} frames before" in found.fault
