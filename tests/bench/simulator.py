"""What the simulator reaches, measured and printed: `make bench-simulator`. Not a test: it takes minutes.

`python -m tests.bench.simulator NAME` runs one of: air, traffic, day, thousand, memory.
"""

import asyncio
import platform
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

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


def nodes_around(count: int, tier: Tier, interval_s: int, stagger_s: int, data_rate: int = 5) -> Scenario:
    row = FleetRow(
        name="n", count=count, first_eui="0200006d66000000", lat=50.0, lon=9.0, radius_m=1500,
        tier=tier, data_rate=data_rate,
    )  # fmt: skip
    return fleet.expand(Scenario(interval_s=interval_s, stagger_s=stagger_s, gateway=[TOWER], fleet=[row]))


def air(hours: int = 12) -> str:
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
    return f"{frames} frames, {network.heard} heard: {frames / spent_s:.0f} frames per CPU-second"


def traffic() -> str:
    """1000 nodes without firmware, one gateway: report, AES, MIC, air, event log, pcap."""
    clock = VirtualClock(START_US)
    watchers = Watchers(Keyring())
    simulation = Simulation(nodes_around(1000, "traffic", 60, 20), clock, None, watchers)
    silence(simulation.air)
    with tempfile.TemporaryFile() as file:
        simulation.log.followers.append(PcapView(file).take)
        simulation.switch_on()
        began = time.process_time()
        asyncio.run(clock.run(START_US + HOUR_US // 2))
        spent_s = time.process_time() - began
        size = file.tell()
    frames = simulation.air.tally.uplinks
    return f"{frames} frames, pcap of {size} bytes: {frames / spent_s:.0f} frames per CPU-second"


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


def day() -> str:
    """A day of 100 nodes with the firmware at 15 minutes, gateway and database in the same process."""
    real_s, cpu_s, stored = played(nodes_around(100, "firmware", 900, 900), 86_400)
    return f"{real_s:.1f} s for a day ({cpu_s:.1f} s of CPU), {stored} uplinks stored"


def thousand() -> str:
    """The scenario `thousand`, three hours with its joins: firmware, four gateways, database, one process."""
    real_s, cpu_s, stored = played(load("thousand"), 3 * 3600)
    pace = f"{3 * 3600 / real_s:.0f}x real time, {3 * 3600 / cpu_s:.0f}x by CPU"
    return f"{real_s:.1f} s for 3 h ({pace}), {stored} uplinks stored"


def memory() -> str:
    """Ten thousand nodes with the firmware, each awake at least once, gateway and database in the process."""
    real_s, cpu_s, _ = played(nodes_around(10_000, "firmware", 3600, 600), 720)
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return f"peak {peak_mib:.0f} MiB ({real_s:.0f} s, {cpu_s:.0f} s of CPU)"


BENCHES: dict[str, Callable[[], str]] = {f.__name__: f for f in (air, traffic, day, thousand, memory)}


def main() -> None:
    print(f"Python {platform.python_version()}, {platform.machine()}")
    for name in sys.argv[1:] or BENCHES:
        print(f"{name:10} {BENCHES[name]()}", flush=True)


if __name__ == "__main__":
    main()
