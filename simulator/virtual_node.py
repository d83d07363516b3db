"""The node of a scenario that is a virtual board: faults reach its sensors and its RESET button."""

from simulator.air import Air
from simulator.clock import VirtualClock
from simulator.site import Site
from simulator.twins.power_chip import AXP2101
from simulator.virtual_board import VirtualBoard
from simulator.virtual_parts import VirtualParts

_POWER_CHIPS = {"t_beam": AXP2101}


class VirtualNode:
    """Powered by the workbench's cable, so that loss of power is a reset. `machine`: as VirtualBoard."""

    def __init__(self, clock: VirtualClock, air: Air, site: Site, machine: str):
        self.site = site
        name = machine.removeprefix("virtual ").partition(" ")[0]
        self.parts = VirtualParts(clock, air, site, _POWER_CHIPS.get(name))
        self.board = VirtualBoard(clock, self.parts, machine)

    def power_on(self) -> None:
        if self.board.boots:
            self.board.press_reset()

    def power_off(self) -> None:
        """The cable is still there."""

    def brown_out(self) -> None:
        self.power_on()
