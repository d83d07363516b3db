"""Runs a scenario: against the gateway in this process on virtual time, or another one in real time."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from gateway import devices
from gateway.app import App
from simulator.clock import VirtualClock
from simulator.inprocess import GatewayClock, gateway
from simulator.node import SessionKeys
from simulator.pcap import PcapWriter, write_keys
from simulator.scenario import Scenario
from simulator.simulation import JOIN_EUI, Simulation, Watchers
from simulator.summary import Summary
from simulator.world import Creek, Sample


class RunError(Exception):
    """The run cannot begin; the text says what to do."""


@dataclass
class Outputs:
    """What a run leaves behind beside the database; `truth` is the truth log."""

    record: Path | None = None
    keys: Path | None = None
    truth: list[Sample] = field(default_factory=list)
    progress: Callable[[float], None] = lambda _: None


@dataclass(frozen=True)
class Plan:
    """What to run, how long and how fast; `speed` None is as fast as it goes."""

    name: str
    scenario: Scenario
    duration_s: float
    speed: float | None
    creek: Creek | None = None

    @property
    def start_us(self) -> int:
        return round(self.scenario.start.timestamp() * 1e6)


async def in_process(plan: Plan, db: Path, outputs: Outputs) -> Summary:
    """The whole path in this process: nodes, air, UDP, gateway, database."""
    clock = VirtualClock(plan.start_us)
    gateway_clock = GatewayClock(clock)
    async with gateway(gateway_clock, db, plan.scenario.seed) as app:
        register(app, plan.scenario)
        clock.set_speed(plan.speed)
        began = time.monotonic()
        simulation = await _play(plan, clock, app.udp_address, outputs, gateway_clock)
        return _summary(plan, simulation, time.monotonic() - began, app)


async def against(plan: Plan, server: tuple[str, int], outputs: Outputs) -> Summary:
    """The nodes and their forwarders here, the gateway in another process: its deadlines are real time."""
    clock = VirtualClock(plan.start_us, plan.speed)
    began = time.monotonic()
    simulation = await _play(plan, clock, server, outputs, None)
    return _summary(plan, simulation, time.monotonic() - began, None)


def register(app: App, scenario: Scenario) -> None:
    """Tell the gateway's store of every node."""
    for row in scenario.node:
        device = devices.Provisioning(
            dev_eui=row.dev_eui,
            name=row.name,
            lat=row.lat,
            lon=row.lon,
            mount_mm=row.mount_mm,
            keys=devices.OtaaKeys(JOIN_EUI, scenario.app_key(row.dev_eui)),
        )
        devices.add(app.store, device, app.clock.now_ms())


async def _play(
    plan: Plan,
    clock: VirtualClock,
    server: tuple[str, int],
    outputs: Outputs,
    gateway_clock: GatewayClock | None,
) -> Simulation:
    sessions: set[SessionKeys] = set()
    watchers = Watchers(outputs.truth.append, sessions.add)
    simulation = Simulation(plan.scenario, clock, plan.creek, watchers)
    if gateway_clock:
        gateway_clock.settle = simulation.settle
    with ExitStack() as stack:
        if outputs.record:
            simulation.air.on_frame = PcapWriter(stack.enter_context(outputs.record.open("wb"))).write
        stack.callback(simulation.stop)
        if not await simulation.start(server):
            raise RunError(
                f"no gateway answers at {server[0]}:{server[1]}: start it first, then run this again"
            )
        await _pass_time(plan, clock, outputs.progress)
    if outputs.keys:
        write_keys(outputs.keys, list(sessions))
    return simulation


async def _pass_time(plan: Plan, clock: VirtualClock, progress: Callable[[float], None]) -> None:
    """In hundredths, so that there is something to see."""
    for step in range(1, 101):
        await clock.run(plan.start_us + round(plan.duration_s * step * 1e4))
        progress(step / 100)


def _summary(plan: Plan, simulation: Simulation, real_s: float, app: App | None) -> Summary:
    return Summary(
        scenario=plan.name,
        seed=plan.scenario.seed,
        simulated_s=plan.duration_s,
        real_s=round(real_s, 3),
        database=str(app.store.path) if app else None,
        air=simulation.air.tally,
        unanswered=sum(forwarder.udp.unanswered for forwarder in simulation.forwarders),
        gateway=app.counters.as_dict() if app else None,
    )
