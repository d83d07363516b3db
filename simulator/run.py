"""Runs a scenario: against the gateway in this process on virtual time, or another one in real time."""

import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from gateway import devices
from gateway.app import App
from simulator.clock import VirtualClock
from simulator.eventlog import EventLog
from simulator.inprocess import GatewayClock, GatewayQueue, gateway
from simulator.keyring import Keyring
from simulator.node import Identity
from simulator.page import Curves, has_plots, write_report
from simulator.pcap import write_keys
from simulator.report import Report
from simulator.scenario import Scenario
from simulator.simulation import JOIN_EUI, Simulation, Watchers
from simulator.site import Sample
from simulator.summary import Summary
from simulator.traffic import session_of
from simulator.views import open_view
from simulator.world import Water


class RunError(Exception):
    """The run cannot begin; the text says what to do."""


@dataclass
class Outputs:
    """What a run leaves beside the database; `records` are views, `truth` is filled where it is given."""

    records: tuple[Path, ...] = ()
    keys: Path | None = None
    report: Path | None = None
    truth: list[Sample] | None = None
    progress: Callable[[float], None] = lambda _: None


@dataclass(frozen=True)
class Plan:
    """What to run, how long and how fast; `speed` None is as fast as it goes."""

    name: str
    scenario: Scenario
    duration_s: float
    speed: float | None
    creek: Water | None = None

    @property
    def start_us(self) -> int:
        return round(self.scenario.start.timestamp() * 1e6)


class _Inside(NamedTuple):
    """What a run has of a gateway in its own process."""

    clock: GatewayClock
    queue: GatewayQueue


async def in_process(plan: Plan, db: Path, outputs: Outputs) -> Summary:
    """The whole path in this process: nodes, air, UDP, gateway, database."""
    clock = VirtualClock(plan.start_us)
    gateway_clock = GatewayClock(clock)
    async with gateway(gateway_clock, db, plan.scenario.seed) as app:
        register(app, plan.scenario)
        clock.set_speed(plan.speed)
        began = time.monotonic()
        inside = _Inside(gateway_clock, GatewayQueue(app))
        played = await _play(plan, clock, app.udp_address, outputs, inside)
        return _summary(plan, played, time.monotonic() - began, app)


async def against(plan: Plan, server: tuple[str, int], outputs: Outputs) -> Summary:
    """The nodes and their forwarders here, the gateway in another process: its deadlines are real time."""
    clock = VirtualClock(plan.start_us, plan.speed)
    began = time.monotonic()
    played = await _play(plan, clock, server, outputs, None)
    return _summary(plan, played, time.monotonic() - began, None)


def register(app: App, scenario: Scenario) -> None:
    """Tell the gateway's store of every node."""
    now_ms = app.clock.now_ms()
    for row in scenario.node:
        app_key = scenario.app_key(row.dev_eui)
        otaa = devices.OtaaKeys(JOIN_EUI, app_key)
        device = devices.Provisioning(
            dev_eui=row.dev_eui,
            name=row.name,
            lat=row.lat,
            lon=row.lon,
            mount_mm=row.mount_mm,
            keys=_abp(row.dev_eui, app_key) if row.tier == "traffic" else otaa,
        )
        devices.add(app.store, device, now_ms)


def _abp(dev_eui: str, app_key: bytes) -> devices.AbpKeys:
    session = session_of(Identity(dev_eui, JOIN_EUI, app_key))
    return devices.AbpKeys(f"{session.dev_addr:08x}", session.nwk_s_key, session.app_s_key)


async def _play(
    plan: Plan,
    clock: VirtualClock,
    server: tuple[str, int],
    outputs: Outputs,
    inside: _Inside | None,
) -> tuple[Simulation, Report]:
    keyring = Keyring()
    watchers = Watchers(keyring, None if outputs.truth is None else outputs.truth.append)
    queue = inside.queue if inside else None
    simulation = Simulation(plan.scenario, clock, plan.creek, watchers, queue=queue)
    if inside:
        inside.clock.settle = simulation.settle
    told, curves = Report(), Curves()
    log = simulation.log
    log.followers.append(told.take)
    if outputs.report and has_plots(outputs.report):
        log.followers.append(curves.take)
    async with AsyncExitStack() as stack:
        for path in outputs.records:
            log.followers.append(open_view(path, keyring, stack))
        stack.push_async_callback(simulation.stop)
        _begin(log, plan)
        if not await simulation.start(server):
            raise RunError(
                f"nobody answers at {_servers(plan, server)}: start it first, then run this again; "
                f"one that runs answers only the gateways it lists: {_euis(plan)}"
            )
        await _pass_time(plan, clock, outputs.progress)
        log.tell(clock.now_us(), "end")
    if outputs.keys:
        write_keys(outputs.keys, keyring.sessions())
    if outputs.report:
        write_report(outputs.report, told.as_dict(), curves)
    return simulation, told


def _servers(plan: Plan, server: tuple[str, int]) -> str:
    """Whoever the simulated gateways and their LNS talk to."""
    rows = plan.scenario.gateway
    found = {row.basics_station or f"{server[0]}:{server[1]}" for row in rows}
    lns = plan.scenario.lns
    return " or ".join([*sorted(found), *([lns.broker.url] if lns and lns.broker else [])])


def _euis(plan: Plan) -> str:
    return ", ".join(row.eui for row in plan.scenario.gateway)


def _begin(log: EventLog, plan: Plan) -> None:
    currents = plan.scenario.energy.model_dump()
    seed, duration_s = plan.scenario.seed, plan.duration_s
    log.tell(plan.start_us, "run", name=plan.name, seed=seed, duration_s=duration_s, currents=currents)


async def _pass_time(plan: Plan, clock: VirtualClock, progress: Callable[[float], None]) -> None:
    """In hundredths, so that there is something to see."""
    for step in range(1, 101):
        await clock.run(plan.start_us + round(plan.duration_s * step * 1e4))
        progress(step / 100)


def _summary(plan: Plan, played: tuple[Simulation, Report], real_s: float, app: App | None) -> Summary:
    simulation, told = played
    return Summary(
        scenario=plan.name,
        seed=plan.scenario.seed,
        simulated_s=plan.duration_s,
        real_s=round(real_s, 3),
        database=str(app.store.where) if app else None,
        air=simulation.air.tally,
        unanswered=sum(tower.unanswered for tower in simulation.towers),
        gateway=app.counters.as_dict() if app else None,
        report=told.as_dict(),
    )
