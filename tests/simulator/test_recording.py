"""Every view of a run is read back and played; what is damaged is refused with file and place."""

import asyncio
import json
import re
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import messfunk
from simulator import recording, replay, views
from simulator.run import Outputs, Plan, in_process
from simulator.scenario import load

EUI = "aa555a0000000909"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of three hours in all its views, its keys and its database."""
    folder = tmp_path_factory.mktemp("views")
    records = tuple(folder / f"run{suffix}" for suffix in views.SUFFIXES)
    outputs = Outputs(records, folder / "keys")
    asyncio.run(in_process(Plan("run", load("village"), 3 * 3600, None), folder / "run.db", outputs))
    return folder


def payloads(db: Path) -> list[tuple[Any, ...]]:
    query = "SELECT fcnt, payload FROM uplink ORDER BY payload, fcnt"
    return sqlite3.connect(db).execute(query).fetchall()


def played(folder: Path, path: Path, tmp_path: Path) -> tuple[replay.Played, Path]:
    found = recording.load(path, EUI)
    devices = [*found.devices.values(), *([] if found.devices else replay.read_keys(folder / "keys"))]
    db = tmp_path / "played.db"
    options = replay.Options(None)
    return asyncio.run(replay.in_process(path, found.records, db, devices, options)), db


@pytest.mark.parametrize("suffix", views.SUFFIXES)
def test_a_view_played_back_gives_the_uplinks_of_the_run(folder: Path, tmp_path: Path, suffix: str) -> None:
    told, db = played(folder, folder / f"run{suffix}", tmp_path)
    original = payloads(folder / "run.db")
    assert len(original) > 30
    assert set(payloads(db)) >= set(original)
    is_capture = suffix in (".pcap", ".pcapng")  # which have what nobody heard, too
    assert is_capture or payloads(db) == original
    assert told.acknowledged == told.uplinks
    assert told.gateway is not None and set(told.gateway["refused"]) >= {"mic"}
    assert sum(told.gateway["refused"].values()) == told.gateway["refused"]["unknown_device"]  # the joins


def test_receptions_of_all_gateways_survive_where_the_view_knows_them(folder: Path) -> None:
    for suffix in (".events.jsonl", ".rxpk.jsonl", ".chirpstack.jsonl", ".tts.jsonl", ".csv"):
        records = recording.read(folder / f"run{suffix}", EUI)
        assert {row.reception.gateway_id for row in records if row.reception} == {
            "aa555a0000000101",
            "aa555a0000000102",
        }


def test_a_recording_moves_to_another_time_as_a_whole(folder: Path) -> None:
    records = recording.read(folder / "run.pcap", EUI)
    start = datetime(2030, 1, 1, tzinfo=UTC)
    later = replay.moved(records, start)
    assert later[0].at_ms == round(start.timestamp() * 1000)
    assert [b.at_ms - a.at_ms for a, b in zip(records, later, strict=True)] == [
        later[0].at_ms - records[0].at_ms
    ] * len(records)
    assert all(row.reception is None or row.reception.received_at == row.at_ms for row in later)


def damaged(folder: Path, tmp_path: Path, suffix: str, change: Any) -> Path:
    path = tmp_path / f"bad{suffix}"
    lines = (folder / f"run{suffix}").read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(change(lines)), encoding="utf-8")
    return path


TEXTS = [".events.jsonl", ".rxpk.jsonl", ".chirpstack.jsonl", ".tts.jsonl", ".csv"]


@pytest.mark.parametrize("suffix", TEXTS)
def test_a_recording_cut_in_half_is_played_up_to_there_and_says_so(
    folder: Path, tmp_path: Path, suffix: str
) -> None:
    whole = recording.load(folder / f"run{suffix}", EUI).records

    def change(lines: list[str]) -> list[str]:
        half = 2 * len(lines) // 3
        return [*lines[:half], lines[half][: len(lines[half]) // 2]]

    path = damaged(folder, tmp_path, suffix, change)
    number = len(path.read_text().splitlines())
    found = recording.load(path, EUI)
    assert found.fault
    assert re.search(rf"{re.escape(path.name)}:{number}: .*cut off there, the \d+ frames", found.fault)
    assert 10 < len(found.records) < len(whole) and found.records == whole[: len(found.records)]
    assert f"the {len(found.records)} frames before are played" in found.fault


@pytest.mark.parametrize("suffix", TEXTS)
def test_a_line_broken_amid_a_recording_is_refused(folder: Path, tmp_path: Path, suffix: str) -> None:
    def change(lines: list[str]) -> list[str]:
        return [*lines[:40], lines[40][: len(lines[40]) // 2], *lines[41:]]

    with pytest.raises(recording.RecordingError, match=rf"bad{re.escape(suffix)}:4[12]: "):
        recording.load(damaged(folder, tmp_path, suffix, change), EUI)


def test_a_pcap_cut_at_any_byte_is_played_up_to_there(folder: Path, tmp_path: Path) -> None:
    data = (folder / "run.pcap").read_bytes()
    whole = recording.load(folder / "run.pcap", EUI).records
    path = tmp_path / "cut.pcap"
    for size in range(24, 400):
        path.write_bytes(data[:size])
        found = recording.load(path, EUI)
        assert found.records == whole[: len(found.records)]
        assert (found.fault is None) == (size in {24, *ends(data)})


def ends(data: bytes) -> list[int]:
    """Where the records of a pcap end."""
    found, at = [], 24
    while at < len(data):
        at += 16 + int.from_bytes(data[at + 8 : at + 12], "little")
        found.append(at)
    return found


@pytest.mark.parametrize("suffix", [".pcap", ".rxpk.jsonl"])
def test_frames_are_sealed_again_under_keys_of_the_replay_s_own(
    folder: Path, tmp_path: Path, suffix: str
) -> None:
    path, db = folder / f"run{suffix}", tmp_path / "rekeyed.db"
    args = ["replay", str(path), "--keys", str(folder / "keys"), "--rekey", "--db", str(db), "--json"]
    result = CliRunner().invoke(messfunk.main, args)
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert set(payloads(db)) >= set(payloads(folder / "run.db"))
    assert sum(told["gateway"]["refused"].values()) == 0 and set(told["left_out"]) == {"join"}
    phys = [
        {row[0] for row in sqlite3.connect(each).execute("SELECT phy FROM uplink")}
        for each in (db, folder / "run.db")
    ]
    assert not phys[0] & phys[1]


def test_without_their_keys_no_frames_can_be_sealed_again(folder: Path) -> None:
    result = CliRunner().invoke(messfunk.main, ["replay", str(folder / "run.pcap"), "--rekey"])
    assert result.exit_code == 2 and "holds no frame that --keys opens" in result.output


def test_time_that_runs_backwards_is_refused_in_an_event_log(folder: Path, tmp_path: Path) -> None:
    path = damaged(folder, tmp_path, ".events.jsonl", lambda lines: [*lines[:90], lines[0], *lines[90:]])
    with pytest.raises(recording.RecordingError, match=r":91: time runs backwards"):
        recording.load(path, EUI)


def test_a_missing_column_is_named(folder: Path, tmp_path: Path) -> None:
    path = damaged(folder, tmp_path, ".csv", lambda lines: [lines[0].replace("phy", "size"), *lines[1:]])
    with pytest.raises(recording.RecordingError, match=r"bad.csv:1: needs a column phy"):
        recording.load(path, EUI)


def test_a_recording_from_another_region_is_refused(tmp_path: Path) -> None:
    rxpk = {"tmst": 1, "freq": 902.3, "modu": "LORA", "datr": "SF9BW125", "lsnr": 5, "rssi": -90}
    rxpk["data"] = "QPF9vkkAAgABlUN4disR/w0="
    path = tmp_path / "us.jsonl"
    path.write_text(json.dumps({"rxpk": [rxpk]}) + "\n", encoding="utf-8")
    with pytest.raises(recording.RecordingError, match=r"us.jsonl: frame 1: 902300000 Hz .*EU868"):
        recording.load(path, EUI)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ({"deviceInfo": {"devEui": "01"}, "fCnt": 1, "txInfo": {}}, "modulation is missing"),
        ({"end_device_ids": {}, "uplink_message": {}}, "settings is missing"),
        ({"devEUI": "01", "fCnt": 1, "txInfo": {"dr": 77}, "rxInfo": []}, "index out of range"),
        ([1, 2], "not an object"),
    ],
)
def test_an_event_of_the_wrong_shape_is_refused(tmp_path: Path, line: Any, says: str) -> None:
    path = tmp_path / "odd.jsonl"
    path.write_text(json.dumps(line), encoding="utf-8")
    with pytest.raises(recording.RecordingError, match=rf"odd.jsonl:1: .*{says}"):
        recording.load(path, EUI)


def test_chirpstack_events_that_are_no_uplinks_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "status.jsonl"
    path.write_text(json.dumps({"deviceInfo": {"devEui": "01"}, "batteryLevel": 80}), encoding="utf-8")
    assert recording.load(path, EUI).records == []
