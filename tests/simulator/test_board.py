"""The board in memory: the bytes of its sensors, and what outlives a boot."""

import asyncio
import random

import pytest

from firmware.sensors.a02yyuw import Parser
from simulator import parts
from simulator.air import Place
from simulator.clock import VirtualClock
from simulator.series import Series
from simulator.site import Sample, Site
from simulator.twins import Wiring
from simulator.world import RecordedCreek


def site(truth: list[Sample], noise_mm: float = 0.0) -> Site:
    creek = RecordedCreek(Series((0, 1_000_000), (500, 700)))
    return Site("Aue", Place("Aue", 0, 0), creek, 2000, noise_mm, random.Random(1), truth.append)


def wiring(clock: VirtualClock, where: Site, seed: int = 1) -> Wiring:
    rows = [parts.row_of("a02yyuw"), parts.row_of("sht3x")]
    return Wiring(clock, where, rows, random.Random(seed), 0)


def read_all(clock: VirtualClock, wired: Wiring, polls: int, every_us: int) -> bytes:
    uart = wired.open("uart", 1)
    heard = b""
    for _ in range(polls):
        asyncio.run(clock.run(clock.now_us() + every_us))
        heard += uart.read() or b""
    return heard


def test_the_uart_talks_in_the_sensors_frames_beginning_anywhere() -> None:
    for seed in range(140):
        clock = VirtualClock(200_000)
        heard = read_all(clock, wiring(clock, site([]), seed), 10, 50_000)
        assert Parser().feed(heard)[:3] == [1500, 1500, 1500]
        assert len(heard) in range(16, 25)


def test_the_distance_follows_the_creek_at_the_instant_of_the_ping() -> None:
    truth: list[Sample] = []
    clock = VirtualClock(700_000)
    distances = Parser().feed(read_all(clock, wiring(clock, site(truth)), 16, 50_000))
    assert distances[0] == 1500 and distances[-1] == 1300 and sorted(distances, reverse=True) == distances
    assert {(s.at_us >= 1_000_000, s.stage_mm, s.distance_mm) for s in truth} == {
        (False, 500, 1500),
        (True, 700, 1300),
    }


def test_a_long_unread_uart_keeps_what_its_buffer_holds() -> None:
    clock = VirtualClock(0)
    uart = wiring(clock, site([])).open("uart", 1)
    asyncio.run(clock.run(60_000_000))
    assert len(uart.read() or b"") in range(252, 257)  # a frame may be on its way


def test_the_climate_answers_only_at_its_address() -> None:
    i2c = wiring(VirtualClock(15 * 3_600_000_000), site([])).open("i2c", 0)
    for address in (0x45, 0x76):
        with pytest.raises(OSError, match="19"):
            i2c.writeto(address, b"\x24\x00")
    i2c.writeto(0x44, b"\x24\x00")
    assert len(i2c.readfrom(0x44, 6)) == 6
