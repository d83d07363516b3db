"""Nodes with the real firmware join, report and get downlinks through a Basics Station and our gateway."""

from pathlib import Path
from random import Random
from typing import Any

from gateway.access.roles import Principal, Role
from gateway.addresses import Address
from gateway.app import App
from gateway.config import Config, StationConfig, StoreConfig
from gateway.network import queue
from simulator import scenario as scenarios
from simulator.clock import VirtualClock
from simulator.inprocess import GatewayClock
from simulator.keyring import Keyring
from simulator.run import register
from simulator.scenario import Scenario
from simulator.simulation import Simulation, Watchers
from simulator.station import Station

START_US = 1_772_366_400_000_000
MINUTE_US = 60_000_000
ORDER = {"order": "interval", "quantity": "distance", "sample_s": 300, "rising_s": 60, "report_s": 600}
OPERATOR = Principal("operator", Role.OPERATOR)


def village() -> Scenario:
    """Its first gateway is a station; the links lose nothing by chance."""
    found = scenarios.load("village")
    return found.model_copy(update={"gateway": found.gateway[:1], "loss": 0.0})


def rows(app: App, query: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in app.store.connection.execute(query)]


async def test_a_village_lives_through_a_station(tmp_path: Path) -> None:
    clock = VirtualClock(START_US)
    gateway_clock = GatewayClock(clock)
    config = Config(
        store=StoreConfig(path=tmp_path / "ledger.db", plain_keys=True),
        http=None,
        source=(StationConfig(type="basics_station", bind=Address("127.0.0.1", 0)),),
    )
    async with App(config, gateway_clock, Random(1)) as app:
        app.store.connection.execute("PRAGMA synchronous = OFF")
        scenario = village()
        register(app, scenario)
        tower = scenario.gateway[0].model_copy(update={"basics_station": f"ws://{app.station_address}"})
        scenario = scenario.model_copy(update={"gateway": [tower]})
        simulation = Simulation(scenario, clock, None, Watchers(Keyring()))
        gateway_clock.settle = simulation.settle
        assert await simulation.start(("127.0.0.1", 9))
        await clock.run(START_US + 60 * MINUTE_US)
        dev_euis = sorted(row.dev_eui for row in scenario.node)
        app.writer.run(OPERATOR, "downlink.send", {"dev_eui": dev_euis[0], "orders": [ORDER]})
        await clock.run(START_US + 120 * MINUTE_US)
        assert app.counters.joins >= 3
        assert [row[0] for row in rows(app, "SELECT DISTINCT dev_eui FROM reading ORDER BY 1")] == dev_euis
        assert simulation.air.tally.downlinks == app.counters.downlinks >= 6
        assert app.counters.unanswered == 0
        assert {cause for cause, count in app.counters.refused.items() if count} <= {"transmission"}
        [told] = queue.told(app.store.connection, dev_euis[0])
        assert told["state"] == "answered", told
        station = simulation.towers[0]
        assert isinstance(station, Station) and station.unanswered == 0
        await simulation.stop()
