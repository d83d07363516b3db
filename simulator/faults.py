"""What goes wrong in a run, and when: lines of the scenario turned into events on the clock."""

from collections.abc import Callable, Iterable
from functools import partial

from simulator.attack import Attacker
from simulator.clock import VirtualClock
from simulator.eventlog import EventLog
from simulator.lns import Lns
from simulator.node import SimulatedNode
from simulator.rows import FaultRow, duration_s
from simulator.tower import Tower
from simulator.traffic import TrafficNode
from simulator.virtual_node import VirtualNode

Node = SimulatedNode | TrafficNode | VirtualNode
Switch = Callable[[bool], None]  # True: the fault begins


class Faults:
    """Knows each fault's target and schedules its begin and end."""

    def __init__(self, clock: VirtualClock, log: EventLog, attacker: Attacker):
        self.nodes: dict[str, Node] = {}
        self.towers: dict[str, Tower] = {}
        self.brokers: dict[str, Lns] = {}
        self._clock = clock
        self._log = log
        self._attacker = attacker

    def schedule(self, rows: list[FaultRow], start_us: int) -> None:
        for row in rows:
            for name in self._names(row) if row.target == "*" else [row.target]:
                begin_us = start_us + duration_s(row.at) * 1_000_000
                self._at(begin_us, row.what, name, True)
                if row.lasts:
                    self._at(begin_us + duration_s(row.lasts) * 1_000_000, row.what, name, False)

    def _names(self, row: FaultRow) -> Iterable[str]:
        if row.what == "broker_off":
            return self.brokers
        return self.towers if row.hits_gateway else self.nodes

    def _at(self, at_us: int, what: str, name: str, begins: bool) -> None:
        def act() -> None:
            self._log.tell(at_us, "fault", what=what if begins else f"{what} ends", target=name)
            self._switch(what, name)(begins)

        self._clock.call_at_us(at_us, act)

    def _switch(self, what: str, name: str) -> Switch:
        if what == "broker_off":
            return partial(setattr, self.brokers[name], "is_cut_off")
        if name in self.towers:
            return self._gateway_switch(what, self.towers[name])
        node = self.nodes[name]
        switches: dict[str, Switch] = {
            "power_off": lambda begins: node.power_off() if begins else node.power_on(),
            "reset": lambda begins: node.power_on() if begins else None,
            "brown_out": lambda begins: node.brown_out() if begins else None,
        }
        return switches.get(what, partial(self._sensor, node, what))

    def _gateway_switch(self, what: str, tower: Tower) -> Switch:
        switches: dict[str, Switch] = {
            "gateway_off": tower.switch,
            "backhaul_off": partial(setattr, tower, "is_cut_off"),
        }
        return switches.get(what, partial(self._attacker.switch, what, tower))

    def _sensor(self, node: Node, what: str, begins: bool) -> None:
        if begins:
            node.site.faults[what] = self._clock.now_us()
        else:
            node.site.faults.pop(what, None)
