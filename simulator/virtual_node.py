"""The node of a scenario that is a virtual board: faults reach its sensors and its RESET button."""

from simulator.air import Air
from simulator.clock import VirtualClock
from simulator.site import Site
from simulator.virtual_board import VirtualBoard
from simulator.virtual_parts import VirtualParts


class VirtualNode:
    """Powered by the workbench's cable, so that loss of power is a reset. `machine`: as VirtualBoard."""

    def __init__(self, clock: VirtualClock, air: Air, site: Site, machine: str):
        self.site = site
        self.board = VirtualBoard(clock, VirtualParts(clock, air, site), machine)

    def power_on(self) -> None:
        if self.board.boots:
            self.board.press_reset()

    def power_off(self) -> None:
        """The cable is still there."""

    def brown_out(self) -> None:
        self.power_on()
