"""What the simulator reaches, as a table with targets and verdicts: `make bench-simulator`, some minutes.

`python -m tests.bench.simulator NAME...` runs some of: air, traffic, day, thousand, memory; each in a process
of its own. CPU seconds stand beside wall seconds, with the load of the machine: other work slows both.
"""

import asyncio
import json
import logging
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from simulator import fleet
from simulator.air import Air, Channel, Link, Transmission
from simulator.clock import VirtualClock
from simulator.keyring import Keyring
from simulator.pcap import PcapView
from simulator.rows import FleetRow, GatewayRow, Scenario, Tier
from simulator.run import Outputs, Plan, in_process
from simulator.scenario import load
from simulator.simulation import Simulation, Watchers
from tests.simulator import lorasim

START_US = 1_772_366_400_000_000
HOUR_US = 3_600_000_000
TOWER = GatewayRow(name="Turm", eui="aa555a0000000101", lat=50.0, lon=9.0)


class Row(NamedTuple):
    """What one bench found: `reached` against `target`, the more the better unless `less`."""

    what: str
    target: str
    reached: str
    is_met: bool
    detail: str


def nodes_around(count: int, tier: Tier, interval_s: int, stagger_s: int, data_rate: int = 5) -> Scenario:
    row = FleetRow(
        name="n", count=count, first_eui="0200006d66000000", lat=50.0, lon=9.0, radius_m=1500,
        tier=tier, data_rate=data_rate,
    )  # fmt: skip
    return fleet.expand(Scenario(interval_s=interval_s, stagger_s=stagger_s, gateway=[TOWER], fleet=[row]))


def air(hours: int = 12) -> Row:
    """Pre-built frames of 1600 nodes on one channel, every effect on."""
    network = lorasim.Network(Link(loss=0.01), 2000.0, 1)
    moments: list[tuple[int, int, Transmission]] = []
    for number, place in enumerate(network.places(1600)):
        sf = 7 + number % 6
        channel = Channel(lorasim.HZ, sf, 125_000)
        lasts_us = lorasim.airtime_us(sf, 125_000, 1)
        at_us = round(network.rng.expovariate(1 / lorasim.MEAN_US))
        while at_us < hours * HOUR_US:
            sent = Transmission(place, bytes(33), channel, 14, at_us, at_us + lasts_us)
            moments += [(sent.start_us, 1, sent), (sent.end_us, 0, sent)]
            at_us = sent.end_us + round(network.rng.expovariate(1 / lorasim.MEAN_US))
    moments.sort(key=lambda moment: moment[:2])
    begin, end, on_air = network.air.begin, network.air.end, {}
    began = time.process_time()
    for _, begins, sent in moments:
        if begins:
            on_air[id(sent)] = begin(sent)
        else:
            end(sent, on_air.pop(id(sent)))
    spent_s = time.process_time() - began
    frames = len(moments) // 2
    return _rate(
        "air and one gateway, 1600 nodes on one channel", 50_000, frames / spent_s, f"{frames} frames"
    )


def _rate(what: str, target: int, found: float, detail: str) -> Row:
    return Row(what, f">= {target:,} frames/CPU-s", f"{found:,.0f}", found >= target, detail)


def traffic() -> Row:
    """1000 nodes without firmware, one gateway: report, AES, MIC, air, event log, pcap; best of three."""
    rates, size = [], 0
    for _ in range(3):
        clock = VirtualClock(START_US)
        simulation = Simulation(nodes_around(1000, "traffic", 60, 20), clock, None, Watchers(Keyring()))
        silence(simulation.air)
        with tempfile.TemporaryFile() as file:
            simulation.log.followers.append(PcapView(file).take)
            simulation.switch_on()
            began = time.process_time()
            asyncio.run(clock.run(START_US + HOUR_US // 2))
            rates.append(simulation.air.tally.uplinks / (time.process_time() - began))
            size = file.tell()
    told = ", ".join(f"{rate:,.0f}" for rate in rates)
    return _rate("traffic tier with AES, MIC and pcap", 15_000, max(rates), f"{told}; pcap of {size:,} bytes")


def silence(air: Air) -> None:
    """Receptions end at the antenna: no gateway is asked."""
    for antenna in air._antennas:
        antenna.hear = lambda _: None


def played(scenario: Scenario, duration_s: int) -> tuple[float, float, int]:
    """(real seconds, CPU seconds, uplinks stored) of a run through the whole path."""
    began_s = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        plan = Plan("bench", scenario, duration_s, None)
        summary = asyncio.run(in_process(plan, Path(folder) / "bench.db", Outputs()))
    assert summary.gateway
    return summary.real_s, time.process_time() - began_s, summary.gateway["uplinks"]


def day() -> Row:
    """A day of 100 nodes with the firmware at 15 minutes, gateway and database in the same process."""
    real_s, cpu_s, stored = played(nodes_around(100, "firmware", 900, 900), 86_400)
    detail = f"{cpu_s:.1f} s of CPU, {stored:,} uplinks stored"
    return Row("a day of 100 firmware nodes", "<= 60 s", f"{real_s:.1f} s", real_s <= 60, detail)


def thousand() -> Row:
    """The scenario `thousand`, three hours with its joins: firmware, four gateways, database, one process."""
    lasts_s = 3 * 3600
    real_s, cpu_s, stored = played(load("thousand"), lasts_s)
    detail = f"{lasts_s / cpu_s:.0f}x by CPU ({cpu_s:.1f} s), {stored:,} uplinks stored"
    pace = lasts_s / real_s
    return Row("1,000 firmware nodes at 10 minutes", ">= 150x real time", f"{pace:.0f}x", pace >= 150, detail)


def memory() -> Row:
    """Ten thousand nodes with the firmware, each awake at least once, gateway and database in the process."""
    real_s, cpu_s, _ = played(nodes_around(10_000, "firmware", 3600, 600), 720)
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    detail = f"{real_s:.0f} s, {cpu_s:.0f} s of CPU"
    return Row("10,000 firmware nodes", "<= 1,536 MiB", f"{peak_mib:.0f} MiB", peak_mib <= 1536, detail)


BENCHES: dict[str, Callable[[], Row]] = {f.__name__: f for f in (air, traffic, day, thousand, memory)}


def main(names: list[str]) -> None:
    """The table; `--row NAME` is one bench in this process, as JSON."""
    if names[:1] == ["--row"]:
        logging.disable(logging.WARNING)  # a gateway that is loaded on purpose refuses some downlinks
        print(json.dumps(BENCHES[names[1]]()))
        return
    where = f"Python {platform.python_version()}, {os.cpu_count()} cores"
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {where}, load {os.getloadavg()[0]:.1f} at the begin\n")
    print("| what | wanted | reached | verdict | beside |\n|---|---|---|---|---|", flush=True)
    missed = 0
    for name in names or BENCHES:
        command = [sys.executable, "-m", "tests.bench.simulator", "--row", name]
        printed = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
        row = Row(*json.loads(printed.splitlines()[-1]))
        missed += not row.is_met
        verdict = "met" if row.is_met else "MISSED"
        print(
            f"| `{name}`: {row.what} | {row.target} | {row.reached} | {verdict} | {row.detail} |", flush=True
        )
    print(f"\nload {os.getloadavg()[0]:.1f} at the end")
    sys.exit(bool(missed))


if __name__ == "__main__":
    main(sys.argv[1:])
