"""A scenario brought to life: clock, world, air, nodes and forwarders."""

import math
import random
from collections.abc import Callable
from typing import NamedTuple

from simulator.air import Air, Place
from simulator.clock import VirtualClock
from simulator.forwarder import Forwarder
from simulator.node import Identity, SessionKeys, SimulatedNode
from simulator.scenario import GatewayRow, NodeRow, Scenario
from simulator.world import HOUR_US, Creek, GeneratedCreek, Sample, Site

JOIN_EUI = "0000000000000000"
_METRES_PER_DEGREE = 111_320
_STAGGER_S = 20  # nodes are switched on one after another, not all at once


class Watchers(NamedTuple):
    """Who is told: the truth at each ping, and the keys of each session."""

    truth: Callable[[Sample], None]
    session: Callable[[SessionKeys], None]


class Simulation:
    """`creek` replaces the scenario's own. Nothing happens before `start()` and the clock's `run()`."""

    def __init__(self, scenario: Scenario, clock: VirtualClock, creek: Creek | None, watchers: Watchers):
        self.air = Air(clock, scenario.seed, scenario.loss)
        self._scenario = scenario
        self._clock = clock
        self._creek = creek
        self._watchers = watchers
        self._start_us = clock.now_us()
        self._origin = scenario.gateway[0]
        self.forwarders = [self._forwarder(row) for row in scenario.gateway]

    async def start(self, server: tuple[str, int]) -> bool:
        """Connect the forwarders and switch the nodes on; False when the gateway does not answer."""
        answers = [await forwarder.udp.start(server) for forwarder in self.forwarders]
        if not all(answers):
            return False
        for number, row in enumerate(self._scenario.node):
            node = self._node(row)
            after_us = number * _STAGGER_S * 1_000_000 // len(self._scenario.node)
            self._clock.call_at_us(self._start_us + after_us, node.power_on)
        return True

    async def settle(self) -> None:
        """Let every forwarder take what the gateway has sent it."""
        for forwarder in self.forwarders:
            await forwarder.udp.settle()

    def stop(self) -> None:
        for forwarder in self.forwarders:
            forwarder.udp.stop()

    def _forwarder(self, row: GatewayRow) -> Forwarder:
        place = self._place(row.name, row.lat, row.lon)
        offset = random.Random(f"{self._scenario.seed}:{row.eui}").randrange(1 << 32)
        return Forwarder(self._clock, self.air, place, row.eui, row.backhaul_ms, offset)

    def _node(self, row: NodeRow) -> SimulatedNode:
        site = Site(
            name=row.name,
            place=self._place(row.name, row.lat, row.lon),
            creek=self._creek or self._generated(row),
            mount_mm=row.mount_mm,
            noise_mm=self._scenario.sensor_noise_mm,
            rng=random.Random(f"{self._scenario.seed}:{row.dev_eui}:sensor"),
            truth=self._watchers.truth,
        )
        identity = Identity(row.dev_eui, JOIN_EUI, self._scenario.app_key(row.dev_eui))
        settings = {"interval_s": self._scenario.interval_s, "data_rate": row.data_rate}
        rng = random.Random(f"{self._scenario.seed}:{row.dev_eui}:node")
        node = SimulatedNode(self._clock, self.air, site, identity, settings, rng)
        node.on_session = self._watchers.session
        return node

    def _generated(self, row: NodeRow) -> GeneratedCreek:
        rains_us = tuple(
            self._start_us + round(hour * HOUR_US) + row.travel_min * 60_000_000
            for hour in self._scenario.creek.rain_h
        )
        return GeneratedCreek(row.base_mm, round(self._scenario.creek.peak_mm * row.scale), rains_us)

    def _place(self, name: str, lat: float, lon: float) -> Place:
        """Metres from the first gateway; flat enough for a district."""
        x_m = (lon - self._origin.lon) * _METRES_PER_DEGREE * math.cos(math.radians(self._origin.lat))
        return Place(name, x_m, (lat - self._origin.lat) * _METRES_PER_DEGREE)
