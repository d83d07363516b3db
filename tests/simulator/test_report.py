"""The report of a run, computed again: airtime and duty from captures alone, the rest from the event log.

Nothing here shares code with the report: captures are read byte by byte, airtime is Semtech's formula again.
"""

import asyncio
import json
import math
import re
import struct
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from simulator.run import Outputs, Plan, in_process
from simulator.scenario import load


@dataclass
class Run:
    told: dict[str, Any]
    pcap: bytes
    pcapng: bytes
    events: list[dict[str, Any]]
    html: str


@pytest.fixture(scope="module", params=["village", "outage"])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("report")
    records = (folder / "r.pcap", folder / "r.events.jsonl", folder / "r.pcapng")
    outputs = Outputs(records, report=folder / "r.html")
    scenario = load(request.param).model_copy(update={"loss": 0.2})
    summary = asyncio.run(in_process(Plan("r", scenario, 9 * 3600, None), folder / "r.db", outputs))
    events = [json.loads(line) for line in records[1].read_text(encoding="utf-8").splitlines()]
    html = (folder / "r.html").read_text(encoding="utf-8")
    return Run(summary.report, records[0].read_bytes(), records[2].read_bytes(), events, html)


def on_air_us(size: int, sf: int, bw_khz: int, crc: int) -> int:
    symbol_us = 2**sf * 1000 // bw_khz
    low = 1 if symbol_us >= 16_000 else 0
    blocks = math.ceil((8 * size - 4 * sf + 28 + 16 * crc) / (4 * (sf - 2 * low)))
    return round((12.25 + 8 + max(blocks * 5, 0)) * symbol_us)


def test_airtime_and_duty_cycle_are_those_of_the_pcap(run: Run) -> None:
    by_band: dict[str, Counter[str]] = {}
    at = 24
    while at < len(run.pcap):
        size = struct.unpack("<I", run.pcap[at + 8 : at + 12])[0]
        packet = run.pcap[at + 16 : at + 16 + size]
        hz, bw_steps, sf = struct.unpack(">IBB", packet[4:10])
        is_up = packet[15] >> 5 in (0, 2, 4)
        band = "868.00-868.60" if 868e6 <= hz < 868.6e6 else "869.40-869.65"
        lasts_us = on_air_us(size - 15, sf, bw_steps * 125, 1 if is_up else 0)
        by_band.setdefault(band, Counter())["up" if is_up else "down"] += lasts_us
        at += 16 + size
    told = run.told["airtime"]
    assert {band: (row["up_us"], row["down_us"]) for band, row in told.items()} == {
        band: (us["up"], us["down"]) for band, us in by_band.items()
    }
    for band, us in by_band.items():
        assert told[band]["share"] == pytest.approx(us.total() / (9 * 3600e6))


def sent_by(pcapng: bytes) -> Iterator[tuple[str, bool, int, int, int]]:
    """(sender, is it an uplink, hz, start, end) of each packet, by the capture's own interfaces."""
    names, at = [], 0
    while at < len(pcapng):
        kind, size = struct.unpack("<II", pcapng[at : at + 8])
        block = pcapng[at : at + size]
        if kind == 1:
            length = struct.unpack("<H", block[18:20])[0]
            names.append(block[20 : 20 + length].decode())
        if kind == 6:
            interface, high, low, length = struct.unpack("<IIII", block[8:24])
            packet = block[28 : 28 + length]
            hz, bw_steps, sf = struct.unpack(">IBB", packet[4:10])
            is_up = packet[15] >> 5 in (0, 2, 4)
            end_us = (high << 32) + low
            lasts_us = on_air_us(length - 15, sf, bw_steps * 125, 1 if is_up else 0)
            yield names[interface], is_up, hz, end_us - lasts_us, end_us
        at += size


def test_each_senders_duty_and_fullest_hour_are_those_of_the_capture_alone(run: Run) -> None:
    """Each hour that ends with a frame, summed anew: who filled one most, and how much."""
    spans: dict[tuple[str, str], list[tuple[int, int]]] = {}
    nodes_us: Counter[str] = Counter()
    for sender, is_up, hz, start_us, end_us in sent_by(run.pcapng):
        band = "868.00-868.60" if 868e6 <= hz < 868.6e6 else "869.40-869.65"
        spans.setdefault((band, sender), []).append((start_us, end_us))
        nodes_us[sender] += (end_us - start_us) * is_up
    worst: dict[str, tuple[int, str]] = {}
    for (band, sender), sent in spans.items():
        fullest = max(
            sum(max(0, min(stop, end) - max(start, end - 3_600_000_000)) for start, stop in sent)
            for _, end in sent
        )
        worst[band] = max(worst.get(band, (0, "")), (fullest, sender))
    told = {band: row["worst_hour"] for band, row in run.told["airtime"].items()}
    assert {band: (row["us"], row["sender"]) for band, row in told.items()} == worst
    assert all(0 < row["duty"] < row["limit"] for row in told.values())
    for name, row in run.told["nodes"].items():
        assert row["airtime_us"] == nodes_us[name] and row["duty"] == pytest.approx(
            nodes_us[name] / (9 * 3600e6)
        )


def test_delivery_is_that_of_the_event_log(run: Run) -> None:
    sent: Counter[str] = Counter(row["node"] for row in run.events if row["event"] == "up")
    heard: Counter[str] = Counter(row["node"] for row in run.events if row["event"] == "up" and row["heard"])
    assert {name: (row["sent"], row["heard"]) for name, row in run.told["nodes"].items()} == {
        name: (sent[name], heard[name]) for name in sent
    }
    uplinks = run.told["uplinks"]
    assert uplinks["delivery"] == pytest.approx(heard.total() / sent.total())
    assert sum(run.told["lost"].values()) == sent.total() - heard.total() > 0


def test_energy_is_that_of_the_event_log(run: Run) -> None:
    currents = run.events[0]["currents"]
    spent: Counter[str] = Counter()
    awake_us: Counter[str] = Counter()
    for row in run.events:
        if row["event"] == "wake":
            lasts_us = row["t"] - row["start"]
            awake_us[row["node"]] += lasts_us
            spent[row["node"]] += lasts_us * currents["awake_ma"] + row["rx_us"] * currents["rx_ma"]
            for dbm, us in row["tx"].items():
                spent[row["node"]] += us * currents["tx_ma"][dbm]
    for name, row in run.told["nodes"].items():
        asleep_us = 9 * 3600e6 - awake_us[name]
        milliampere_hours = (spent[name] + asleep_us * currents["sleep_ma"]) / 3600e6
        assert row["energy_mah"] == pytest.approx(milliampere_hours, abs=1e-5) and milliampere_hours > 0.1


def test_an_alarms_delay_is_that_of_the_event_log(run: Run) -> None:
    crossings = [row for row in run.events if row["event"] == "crossing"]
    assert [(row["node"], row["mark_mm"]) for row in crossings] == [
        ("Steinbrücke", 800),
        ("Steinbrücke", 1200),
    ]
    for crossing, told in zip(crossings, run.told["alarms"], strict=True):
        seen, heard_us = -1, None
        for row in run.events:
            if row.get("node") != crossing["node"]:
                continue
            if row["event"] == "sample" and row["t"] >= crossing["t"]:
                seen = max(seen, row["stage_mm"])
            is_heard = row["event"] == "up" and row["heard"] and row["start"] >= crossing["t"]
            if is_heard and seen >= crossing["mark_mm"]:
                heard_us = row["t"]
                break
        assert heard_us is not None
        assert told["delay_s"] == (heard_us - crossing["t"]) / 1e6


def test_the_page_needs_nobody_else(run: Run) -> None:
    assert run.html.startswith("<!doctype html>") and run.html.count("<svg") == 2
    assert "http://" not in run.html and "https://" not in run.html and "<script" not in run.html
    for name in run.told["nodes"]:
        assert name in run.html


def test_no_key_is_in_the_event_log(run: Run) -> None:
    scenario = load("village")
    text = json.dumps(run.events)
    for row in scenario.node:
        assert scenario.app_key(row.dev_eui).hex() not in text
    assert "key" not in {field for row in run.events for field in row}


def test_the_plots_show_each_curve_both_fates_and_the_faults(run: Run) -> None:
    """Drawn shapes are counted: curves by node, bars up to the number of uplinks, a band for each fault."""
    assert run.html.count("<polyline") == len(run.told["nodes"])
    bars = [int(count) for count in re.findall(r"<title>(\d+) (?:heard|lost)</title>", run.html)]
    assert sum(bars) == run.told["uplinks"]["sent"]
    start_us, open_since, wanted = run.events[0]["t"], {}, []
    for row in run.events:
        if row["event"] == "fault" and row["what"].endswith(" ends"):
            begin_us = open_since.pop((row["what"][:-5], row["target"]))
            wanted.append((begin_us - start_us, row["t"] - begin_us))
        elif row["event"] == "fault":
            open_since[row["what"], row["target"]] = row["t"]
    wanted += [
        (since_us - start_us, start_us + 9 * 3600_000_000 - since_us) for since_us in open_since.values()
    ]
    drawn = re.findall(r'class="fault" x="([\d.]+)" y="12" width="([\d.]+)"', run.html)
    scale_us = 9 * 3600e6 / 786
    found = sorted(((float(x) - 62) * scale_us, float(width) * scale_us) for x, width in drawn)
    assert len(found) == 2 * len(wanted)  # in both plots
    for (begin_us, lasts_us), (x_us, width_us) in zip(sorted(wanted * 2), found, strict=True):
        assert (
            abs(x_us - begin_us) < scale_us and abs(width_us - lasts_us) < 1.1 * scale_us
        )  # one pixel at least
