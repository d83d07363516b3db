"""The pcapng: opened by tshark, read back, cut and damaged; each sender is an interface of its own."""

import asyncio
import os
import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator import capture, recording
from simulator.run import Outputs, Plan, in_process
from simulator.scenario import load

EUI = "aa555a0000000101"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pcapng")
    records = (folder / "v.pcapng", folder / "v.pcap")
    outputs = Outputs(records, folder / "encryption_keys_lorawan")
    asyncio.run(in_process(Plan("village", load("village"), 5400, None), folder / "v.db", outputs))
    return folder


def test_tshark_names_the_senders_and_decrypts(recorded: Path) -> None:
    tshark = shutil.which("tshark")
    assert tshark, "tshark is missing: make debian"
    fields = [
        "frame.interface_name",
        "lorawan.mhdr.mtype",
        "lorawan.mic.status",
        "lorawan.frmpayload_decrypted",
    ]
    command = [tshark, "-r", str(recorded / "v.pcapng"), "-T", "fields"]
    command += [part for name in fields for part in ("-e", name)]
    environment = {**os.environ, "WIRESHARK_CONFIG_DIR": str(recorded)}
    printed = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    rows = [line.split("\t") for line in printed.splitlines()]
    assert {row[0] for row in rows if row[1] in ("0", "2")} == {node.name for node in load("village").node}
    assert {row[0] for row in rows if row[1] not in ("0", "2")} <= {gw.eui for gw in load("village").gateway}
    uplinks = [row for row in rows if row[1] == "2"]
    assert len(uplinks) >= 15 and {row[2] for row in uplinks} == {"1"} and all(row[3] for row in uplinks)


def test_both_kinds_of_capture_hold_the_same_frames(recorded: Path) -> None:
    ours, plain = (recording.read(recorded / f"v.{kind}", EUI) for kind in ("pcapng", "pcap"))
    assert ours == plain and len(ours) >= 15
    assert all(packet.sender for packet in capture.packets(recorded / "v.pcapng"))


def test_one_that_is_cut_is_played_up_to_there(recorded: Path, tmp_path: Path) -> None:
    whole = (recorded / "v.pcapng").read_bytes()
    count = len(recording.read(recorded / "v.pcapng", EUI))
    for size, before in ((30, 0), (50, 0), (len(whole) - 1, count - 1)):
        (tmp_path / "cut.pcapng").write_bytes(whole[:size])
        found = recording.load(tmp_path / "cut.pcapng", EUI)
        assert len(found.records) == before and found.fault and f"the {before} frames before" in found.fault


def section(order: int = 0x1A2B3C4D) -> bytes:
    return struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, order, 1, 0, -1, 28)


def interface(link: int = 270, options: bytes = b"") -> bytes:
    size = 20 + len(options)
    return struct.pack("<IIHHI", 1, size, link, 0, 0) + options + struct.pack("<I", size)


def packet(number: int, ticks: int, data: bytes) -> bytes:
    size = 32 + len(data)
    head = struct.pack("<IIIIIII", 6, size, number, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data))
    return head + data + struct.pack("<I", size)


def resolution(value: int) -> bytes:
    return struct.pack("<HHB3xHH", 9, 1, value, 0, 0)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "neither"),
        (section(0x4D3C2B1A), "big-endian"),
        (section() + interface(link=1), "link type 1, expected 270"),
        (section() + interface(options=resolution(0x8A)), "powers of two"),
        (section() + packet(0, 1, bytes(16)), "names no interface"),
        (section() + struct.pack("<III", 6, 12, 12), "too short"),
        (section() + struct.pack("<III", 6, 13, 13), "multiple of 4"),
        (section() + interface() + packet(0, 1, bytes(12)), "holds no frame"),
    ],
)
def test_what_is_broken_is_refused_with_its_place(data: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "x.pcapng").write_bytes(data)
    with pytest.raises(recording.RecordingError, match=said):
        recording.read(tmp_path / "x.pcapng", EUI)


def test_other_clocks_and_blocks_of_others_are_understood(tmp_path: Path) -> None:
    comment = struct.pack("<II4xI", 5, 16, 16)
    data = section() + interface(options=resolution(9)) + comment + packet(0, 1_500_000_000, bytes(16))
    (tmp_path / "x.pcapng").write_bytes(data)
    assert [found.at_us for found in capture.packets(tmp_path / "x.pcapng")] == [1_500_000]


@given(st.data())
def test_damage_anywhere_is_refused_or_read_and_nothing_else(recorded: Path, data: st.DataObject) -> None:
    damaged = bytearray((recorded / "v.pcapng").read_bytes()[:600])
    for _ in range(3):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    (recorded / "damaged.pcapng").write_bytes(damaged)
    try:
        list(capture.packets(recorded / "damaged.pcapng"))
    except capture.CaptureError as error:
        assert "damaged.pcapng" in str(error)
