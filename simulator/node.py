"""A node in the simulator: the unmodified firmware, booted anew on every wake."""

import random
from collections.abc import Callable
from typing import Any, NamedTuple

from firmware import main as firmware_main
from firmware import session as sessions
from simulator import device
from simulator.air import Air
from simulator.board import MemoryStore, SimulatedBoard
from simulator.clock import VirtualClock
from simulator.eventlog import EventLog
from simulator.pcap import SessionKeys
from simulator.site import Site
from simulator.vm import Vm

SENSORS = [{"part": "a02yyuw", "port": 1}, {"part": "sht3x", "port": 0}]
QUANTITIES = ["distance", "temperature"]


class Identity(NamedTuple):
    """EUIs in hex as people read them."""

    dev_eui: str
    join_eui: str
    app_key: bytes


class Surroundings(NamedTuple):
    """What every node of a run shares."""

    clock: VirtualClock
    air: Air
    log: EventLog
    on_session: Callable[[SessionKeys], None]
    vm: Vm


class SimulatedNode:
    """Power on, then wake and sleep until the run ends. `life` counts the times power came back."""

    def __init__(
        self,
        around: Surroundings,
        site: Site,
        identity: Identity,
        settings: dict[str, Any],
        rng: random.Random,
        drift_ppm: float = 0.0,
    ):
        self.site = site
        self._around = around
        self._rng = rng
        self._drift_ppm = drift_ppm
        self._flash = MemoryStore()
        self._rtc = MemoryStore()
        self._power_on_us = around.clock.now_us()
        self._config = {"sensors": SENSORS, "quantities": QUANTITIES, **settings}
        self._secrets = {
            "dev_eui": identity.dev_eui,
            "join_eui": identity.join_eui,
            "app_key": identity.app_key.hex(),
        }
        self._life = 0

    def power_on(self) -> None:
        """With RTC memory empty and flash as it was; what was going on is cut off."""
        self.power_off()
        self._power_on_us = self._around.clock.now_us()
        self._rtc = MemoryStore()
        self._boot(self._life)

    def power_off(self) -> None:
        self._life += 1

    def _boot(self, life: int) -> None:
        if life != self._life:
            return
        clock = self._around.clock
        stores = (self._flash, self._rtc)
        device_clock = device.DeviceClock(clock, self._power_on_us, self._drift_ppm)
        board = SimulatedBoard(clock, device_clock, self._around.air, self.site, stores, self._rng)
        began_us = clock.now_us()
        program = self._program(board)

        def sleep(duration_ms: int) -> None:
            self._tell(board, began_us)
            pause_us = device_clock.true_us(duration_ms * 1000)
            clock.call_at_us(clock.now_us() + pause_us, lambda: self._boot(life))

        device.run(clock, program, sleep, lambda: life == self._life)

    def _program(self, board: SimulatedBoard) -> device.Program:
        return firmware_main.assemble(board, self._config, self._secrets).wake()

    def _tell(self, board: SimulatedBoard, began_us: int) -> None:
        """The wake is over: what it cost, and the session that is in force now."""
        radio = board.radio()
        now_us = self._around.clock.now_us()
        name = self.site.name
        self._around.log.tell(
            now_us, "wake", node=name, start=began_us, tx=dict(radio.tx_us), rx_us=radio.rx_us
        )
        session = sessions.load(self._flash, self._rtc)
        if session is not None:
            self._around.on_session(SessionKeys(session.dev_addr, session.nwk_s_key, session.app_s_key))
