"""A bench for one part: the unmodified firmware's class reads its twin on the simulated board."""

import asyncio
import random
from typing import Any

from firmware import sensors
from simulator import device, parts
from simulator.air import Air, Place
from simulator.board import MemoryStore, SimulatedBoard
from simulator.clock import VirtualClock
from simulator.series import Series
from simulator.site import Sample, Site
from simulator.street import Dust, Noise
from simulator.twins import Wiring
from simulator.weather import Climate, Rain
from simulator.world import HOUR_US, RecordedCreek

MOUNT_MM = 2000
CLIMATE = Climate(-20.0, 0.0, 60.0, 0.0, 987.6, 0.0)


def flat(value: float) -> Series:
    return Series((0,), (value,))


class Bench:
    """PM2.5 21.4 and PM10 65.3 ug/m3, 61.7 dB(A), -20 degC, 60 %, 987.6 hPa, just before a cloudburst."""

    def __init__(self, stage_mm: int = 766, weather: Climate = CLIMATE, noise_db: float = 61.7):
        self.clock = VirtualClock(HOUR_US)
        self.truth: list[Sample] = []
        self.sensed: list[tuple[int, str, dict[str, float]]] = []
        self.site = Site(
            "Aue", Place("Aue", 0, 0), RecordedCreek(flat(stage_mm)), MOUNT_MM, 0.0, random.Random(1),
            self.truth.append,
            street=Dust(1.0, recorded=(flat(21.4), flat(65.3))),
            weather=weather,
            rain=Rain((HOUR_US + 60_000_000,), 30.0),
            sound=lambda: Noise("s", recorded=flat(noise_db)),
            sense=lambda at_us, part, values: self.sensed.append((at_us, part, values)),
        )  # fmt: skip
        self.rtc = MemoryStore()

    def read(self, named: str | dict[str, Any]) -> dict[str, int | str]:
        """One reading by a node that has been powered on just now."""
        row = parts.row_of(named)
        node_clock = device.DeviceClock(self.clock, self.clock.now_us())
        stores = (MemoryStore(), self.rtc)
        wiring = Wiring(self.clock, self.site, [row], random.Random(2), HOUR_US)
        link = Air(self.clock, 1)
        board = SimulatedBoard(self.clock, node_clock, link, self.site, stores, random.Random(3), wiring)
        found: list[dict[str, int | str]] = []
        sensor = sensors.create(row, board, node_clock)

        async def reading() -> int:
            found.append(await sensor.read())
            return 0

        device.run(self.clock, reading(), lambda _: None, lambda: True)
        asyncio.run(self.clock.run(self.clock.now_us() + 180_000_000))
        [values] = found
        return values
