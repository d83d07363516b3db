"""A node in the simulator: the unmodified firmware, booted anew on every wake."""

import random
from typing import Any, NamedTuple

from firmware import main as firmware_main
from firmware import session as sessions
from simulator import device
from simulator.air import Air
from simulator.board import MemoryStore, SimulatedBoard
from simulator.clock import VirtualClock
from simulator.eventlog import EventLog
from simulator.keyring import Keyring
from simulator.modem import Rui3Modem
from simulator.pcap import SessionKeys
from simulator.power import Battery
from simulator.radio import SimulatedRadio
from simulator.rows import EnergyRow
from simulator.site import Site
from simulator.twins import Wiring
from simulator.vm import Vm
from simulator.world import HOUR_US

# What a node reports unless its scenario says otherwise: all but humidity, which few ask for.
_QUANTITIES = [
    "distance", "head", "temperature", "pressure", "pm1", "pm25", "pm4", "pm10",
    "laeq", "lafmax", "l10", "l90", "rain", "rain_total",
]  # fmt: skip
_BROWN_OUT = 6  # a place in RESET_CAUSES of codec/desk/words.py
_REVIVED = 0.02  # of its charge


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
    keyring: Keyring
    vm: Vm
    energy: EnergyRow


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
        has_modem: bool = False,
    ):
        self._has_modem = has_modem
        self.site = site
        self._around = around
        self._rng = rng
        self._drift_ppm = drift_ppm
        self._flash = MemoryStore()
        self._rtc = MemoryStore()
        self._power_on_us = around.clock.now_us()
        self._files: dict[str, dict[str, Any]] = {
            "config.json": {"quantities": _QUANTITIES, **settings},
            "secrets.json": {
                "dev_eui": identity.dev_eui,
                "join_eui": identity.join_eui,
                "app_key": identity.app_key.hex(),
            },
        }
        self._modem: Rui3Modem | None = None
        self._modem_flash = MemoryStore()
        self._life = 0
        self._drained_us = around.clock.now_us()

    def power_on(self) -> None:
        """With RTC memory empty and flash as it was; what was going on is cut off."""
        self.power_off()
        self._power_on_us = self._around.clock.now_us()
        self._rtc = MemoryStore()
        self._modem = self._plug_in() if self._has_modem else None
        self._boot(self._life)

    def _plug_in(self) -> Rui3Modem:
        around, files = self._around, self._files
        told = files["secrets.json"]
        identity = (
            bytes.fromhex(told["dev_eui"]),
            bytes.fromhex(told["join_eui"]),
            bytes.fromhex(told["app_key"]),
        )
        data_rate = files["config.json"]["data_rate"]
        flash, rng = self._modem_flash, self._rng
        return Rui3Modem(around.clock, around.air, self.site, flash, identity, rng, data_rate)

    def power_off(self) -> None:
        self._life += 1
        if self._modem:
            self._modem.is_on = False

    def brown_out(self) -> None:
        """The supply sags for a moment: the wake is cut off and the node begins anew, its RTC memory kept."""
        self._life += 1
        self._boot(self._life, _BROWN_OUT)

    def _boot(self, life: int, cause: int | None = None) -> None:
        if life != self._life:
            return
        clock = self._around.clock
        stores = (self._flash, self._rtc)
        device_clock = device.DeviceClock(clock, self._power_on_us, self._drift_ppm)
        rows = self._files["config.json"]["sensors"]
        wiring = Wiring(clock, self.site, rows, self._rng, self._power_on_us)
        board = SimulatedBoard(
            clock, device_clock, self._around.air, self.site, stores, self._rng, wiring, cause, self._modem
        )
        board.radio().begin()
        began_us = clock.now_us()
        program = self._program(board)

        def sleep(duration_ms: int) -> None:
            self._tell(board, began_us)
            pause_us = device_clock.true_us(duration_ms * 1000)
            clock.call_at_us(clock.now_us() + pause_us, lambda: self._boot(life))

        device.run(clock, program, sleep, lambda: life == self._life)

    def _program(self, board: SimulatedBoard) -> device.Program:
        return firmware_main.assemble(board, self._files.__getitem__).wake()

    def _tell(self, board: SimulatedBoard, began_us: int) -> None:
        """The wake is over: what it cost, and the session that is in force now."""
        session = sessions.load(*(self._modem.stores if self._modem else (self._flash, self._rtc)))
        if session is not None:
            keys = SessionKeys(session.dev_addr, session.nwk_s_key, session.app_s_key)
            self._around.keyring.add(self.site.name, keys)
        radio = board.radio()
        now_us = self._around.clock.now_us()
        name = self.site.name
        if self.site.battery:
            self._drain(self.site.battery, radio, began_us)
        self._around.log.tell(now_us, "wake", node=name, start=began_us, tx=radio.tx_us, rx_us=radio.rx_us)

    def _drain(self, battery: Battery, radio: SimulatedRadio, began_us: int) -> None:
        """What this wake and the sleep before it took; an empty battery ends the node until the sun comes."""
        energy, now_us = self._around.energy, self._around.clock.now_us()
        tx_us = sum(us * energy.tx_ma[dbm] for dbm, us in radio.tx_us.items())
        milliampere_us = (now_us - began_us) * energy.awake_ma + radio.rx_us * energy.rx_ma + tx_us
        milliampere_us += (began_us - self._drained_us) * energy.sleep_ma
        battery.shine(self._drained_us, now_us)
        self._drained_us = now_us
        battery.spend(milliampere_us / HOUR_US)
        if battery.charge <= 0:
            self._around.log.tell(now_us, "fault", what="battery_empty", target=self.site.name)
            self.power_off()
            self._around.clock.call_at_us(now_us + HOUR_US, lambda: self._revive(battery))

    def _revive(self, battery: Battery) -> None:
        """Brown-out ends where the charge suffices for a while, not at the first ray."""
        now_us = self._around.clock.now_us()
        battery.shine(self._drained_us, now_us)
        self._drained_us = now_us
        if battery.charge >= _REVIVED:
            self._around.log.tell(now_us, "fault", what="battery_empty ends", target=self.site.name)
            self.power_on()
        else:
            self._around.clock.call_at_us(now_us + HOUR_US, lambda: self._revive(battery))
