"""A scenario brought to life: clock, world, air, nodes and gateways."""

import math
import random
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from simulator import parts
from simulator.air import Air, Place
from simulator.attack import Attacker
from simulator.clock import VirtualClock
from simulator.eventlog import EventLog
from simulator.faults import Faults
from simulator.fleet import METRES_PER_DEGREE
from simulator.forwarder import Forwarder
from simulator.keyring import Keyring
from simulator.lns import Lns, Queue
from simulator.micropython import MicroPythonNode
from simulator.node import Identity, SimulatedNode, Surroundings
from simulator.power import Battery
from simulator.scenario import BROKER, GatewayRow, NodeRow, Scenario
from simulator.site import Sample, Site
from simulator.station import Station
from simulator.tower import Tower
from simulator.traffic import TrafficNode
from simulator.virtual_board import VirtualBoard
from simulator.virtual_node import VirtualNode
from simulator.vm import Vm
from simulator.world import Water
from simulator.worlds import World

JOIN_EUI = "0000000000000000"
_WATCH_US = 10_000_000  # how often the water is held against the marks


class Watchers(NamedTuple):
    """Where the sessions are kept, and who else than the log is told the truth at each ping."""

    keyring: Keyring
    truth: Callable[[Sample], None] | None = None


class Simulation:
    """`creek` replaces the scenario's own. Nothing happens before `start()` and the clock's `run()`.

    With `machine`, what a board's MicroPython says it runs on, the first node is a virtual `board`. The
    scenario's LNS puts what it is ordered to send into `queue`.
    """

    def __init__(
        self,
        scenario: Scenario,
        clock: VirtualClock,
        creek: Water | None,
        watchers: Watchers,
        machine: str | None = None,
        queue: Queue | None = None,
    ):
        self.air = Air(clock, scenario.seed, scenario.link())
        self.log = EventLog({row.name: row.eui for row in scenario.gateway})
        self.air.watcher = self.log
        self._scenario = scenario
        self._clock = clock
        self._world = World(scenario, clock.now_us(), creek)
        self._rain = self._world.rain()
        self._watchers = watchers
        self._start_us = clock.now_us()
        self._origin = scenario.gateway[0]
        self._attacker = Attacker(clock, self.air, scenario.seed)
        if scenario.fault:
            self.log.followers.append(self._attacker.take)
        self._faults = Faults(clock, self.log, self._attacker)
        self.towers = [self._tower(row) for row in scenario.gateway]
        self.board: VirtualBoard | None = None  # once it is switched on
        self._machine = machine
        self._lns = Lns(scenario.lns, clock, self.log, watchers.keyring, queue) if scenario.lns else None
        if self._lns:
            self._faults.brokers[BROKER] = self._lns
        self._around = Surroundings(clock, self.air, self.log, watchers.keyring, Vm(), scenario.energy)

    async def start(self, server: tuple[str, int]) -> bool:
        """Connect the gateways and switch the nodes on; False when a server does not answer."""
        for tower, row in zip(self.towers, self._scenario.gateway, strict=True):
            if not await tower.start(row.basics_station or server):
                return False
        if self._lns and not await self._lns.start():
            return False
        self._attacker.serve(server)
        self.switch_on()
        return True

    def switch_on(self) -> None:
        """Power for every node, one after another; faults and watches are set."""
        scenario = self._scenario
        self._introduce()
        for number, row in enumerate(scenario.node):
            node = self._node(row)
            self._faults.nodes[row.name] = node
            after_us = number * scenario.stagger_s * 1_000_000 // len(scenario.node)
            self._clock.call_at_us(self._start_us + after_us, node.power_on)
            if row.marks_mm:
                self._watch(node.site, sorted(row.marks_mm))
        self._faults.schedule(scenario.fault, self._start_us)

    async def settle(self) -> None:
        """Let every gateway take what its server has sent it."""
        for tower in self.towers:
            await tower.settle()

    async def stop(self) -> None:
        for tower in self.towers:
            await tower.stop()
        if self._lns:
            await self._lns.stop()
        self._attacker.stop()
        self._around.vm.stop()

    def _introduce(self) -> None:
        tell, scenario = self.log.tell, self._scenario
        for row in scenario.gateway:
            place = self._place(row.name, row.lat, row.lon)
            tell(
                self._start_us, "gateway", name=row.name, eui=row.eui,
                x_m=place.x_m, y_m=place.y_m, lat=row.lat, lon=row.lon,
            )  # fmt: skip
        for node in scenario.node:
            place = self._place(node.name, node.lat, node.lon)
            tell(
                self._start_us, "node", name=node.name, dev_eui=node.dev_eui, x_m=place.x_m, y_m=place.y_m,
                lat=node.lat, lon=node.lon, mount_mm=node.mount_mm, marks_mm=node.marks_mm,
            )  # fmt: skip

    def _tower(self, row: GatewayRow) -> Tower:
        place = self._place(row.name, row.lat, row.lon)
        rng = random.Random(f"{self._scenario.seed}:{row.eui}")
        offset = rng.randrange(1 << 32)
        if row.basics_station:
            tower: Tower = Station(self._clock, self.air, place, row.eui, row.backhaul_ms, 1 + offset % 255)
        else:
            tower = Forwarder(self._clock, self.air, place, row.eui, row.backhaul_ms, offset)
        self._faults.towers[row.name] = tower
        return tower

    def _node(self, row: NodeRow) -> SimulatedNode | TrafficNode | VirtualNode:
        seed = self._scenario.node_seed(row)
        site = Site(
            name=row.name,
            place=self._place(row.name, row.lat, row.lon),
            creek=self._world.water(row),
            mount_mm=row.mount_mm,
            noise_mm=self._scenario.sensor_noise_mm,
            rng=random.Random(f"{seed}:{row.dev_eui}:sensor"),
            truth=self._sampled,
            street=self._world.street,
            weather=self._world.weather,
            rain=self._rain,
            battery=self._battery(row),
            sound=partial(self._world.noise, row),
            sense=partial(self._sensed, row.name),
        )
        if self._machine and self.board is None:
            virtual = VirtualNode(self._clock, self.air, site, self._machine)
            self.board = virtual.board
            return virtual
        identity = Identity(row.dev_eui, JOIN_EUI, self._scenario.app_key(row.dev_eui))
        settings = {
            "interval_s": self._scenario.interval_s,
            "data_rate": row.data_rate,
            "sensors": [parts.row_of(part) for part in row.sensors],
            "marks_mm": [row.mount_mm - mark_mm for mark_mm in row.marks_mm],
        }
        rng = random.Random(f"{seed}:{row.dev_eui}:node")
        if row.tier == "traffic":
            return TrafficNode(self._around, site, identity, settings, rng)
        kind = MicroPythonNode if row.tier == "micropython" else SimulatedNode
        return kind(self._around, site, identity, settings, rng, row.drift_ppm, row.modem)

    def _battery(self, row: NodeRow) -> Battery | None:
        energy = self._scenario.energy
        if not energy.battery_mah:
            return None
        return Battery(energy.battery_mah, row.lat, energy.panel_ma, energy.cloud, energy.charge)

    def _sensed(self, node: str, at_us: int, part: str, values: dict[str, float]) -> None:
        self.log.tell(self._clock.now_us(), "sense", node=node, at=at_us, part=part, **values)

    def _sampled(self, sample: Sample) -> None:
        if self._watchers.truth:
            self._watchers.truth(sample)
        at_us, node, stage_mm, distance_mm = sample
        now_us = self._clock.now_us()  # a sensor that talks on its own is read a little later
        self.log.tell(now_us, "sample", node=node, at=at_us, stage_mm=stage_mm, distance_mm=distance_mm)

    def _watch(self, site: Site, marks_mm: list[int]) -> None:
        """Tell when the water has risen to each mark for the first time."""
        now_us = self._clock.now_us()
        while marks_mm and site.creek.stage_mm(now_us) >= marks_mm[0]:
            self.log.tell(now_us, "crossing", node=site.name, mark_mm=marks_mm[0])
            marks_mm = marks_mm[1:]
        if marks_mm:
            self._clock.call_at_us(now_us + _WATCH_US, lambda: self._watch(site, marks_mm))

    def _place(self, name: str, lat: float, lon: float) -> Place:
        """Metres from the first gateway; flat enough for a district."""
        x_m = (lon - self._origin.lon) * METRES_PER_DEGREE * math.cos(math.radians(self._origin.lat))
        return Place(name, x_m, (lat - self._origin.lat) * METRES_PER_DEGREE)
