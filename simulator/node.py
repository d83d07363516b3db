"""A node in the simulator: the unmodified firmware, booted anew on every wake."""

import random
from collections.abc import Callable
from typing import NamedTuple

from firmware import main as firmware_main
from firmware import session as sessions
from simulator import device
from simulator.air import Air
from simulator.board import MemoryStore, SimulatedBoard
from simulator.clock import VirtualClock
from simulator.world import Site

_SENSORS = [{"part": "a02yyuw", "port": 1}, {"part": "sht3x", "port": 0}]
_QUANTITIES = ["distance", "temperature"]


class Identity(NamedTuple):
    """EUIs in hex as people read them."""

    dev_eui: str
    join_eui: str
    app_key: bytes


class SessionKeys(NamedTuple):
    """What opens a node's frames; for the key file that Wireshark reads, and for nothing else."""

    dev_addr: int
    nwk_s_key: bytes
    app_s_key: bytes


class SimulatedNode:
    """Power on, then wake and sleep until the run ends."""

    def __init__(
        self,
        clock: VirtualClock,
        air: Air,
        site: Site,
        identity: Identity,
        settings: dict[str, int],
        rng: random.Random,
    ):
        self._clock = clock
        self._air = air
        self._site = site
        self._rng = rng
        self._flash = MemoryStore()
        self._rtc = MemoryStore()
        self._power_on_us = clock.now_us()
        self._config = {"sensors": _SENSORS, "quantities": _QUANTITIES, **settings}
        self._secrets = {
            "dev_eui": identity.dev_eui,
            "join_eui": identity.join_eui,
            "app_key": identity.app_key.hex(),
        }
        self.on_session: Callable[[SessionKeys], None] = lambda _: None

    def power_on(self) -> None:
        self._power_on_us = self._clock.now_us()
        self._rtc = MemoryStore()
        self._boot()

    def _boot(self) -> None:
        stores = (self._flash, self._rtc)
        board = SimulatedBoard(self._clock, self._air, self._site, self._power_on_us, stores, self._rng)
        program = firmware_main.assemble(board, self._config, self._secrets)
        device.run(self._clock, program.wake(), self._sleep)

    def _sleep(self, duration_ms: int) -> None:
        session = sessions.load(self._flash, self._rtc)
        if session is not None:
            self.on_session(SessionKeys(session.dev_addr, session.nwk_s_key, session.app_s_key))
        self._clock.call_at_us(self._clock.now_us() + duration_ms * 1000, self._boot)
