"""The board in memory: the bytes of its sensors, and what outlives a boot."""

import asyncio
import random

from firmware.sensors.a02yyuw import Parser
from simulator.air import Place
from simulator.clock import VirtualClock
from simulator.site import Sample, Site
from simulator.twins import ClimateI2C, UltrasonicUart
from simulator.world import RecordedCreek


def site(truth: list[Sample], noise_mm: float = 0.0) -> Site:
    creek = RecordedCreek((0, 1_000_000), (500, 700))
    return Site("Aue", Place("Aue", 0, 0), creek, 2000, noise_mm, random.Random(1), truth.append)


def read_all(clock: VirtualClock, uart: UltrasonicUart, polls: int, every_us: int) -> bytes:
    heard = b""
    for _ in range(polls):
        asyncio.run(clock.run(clock.now_us() + every_us))
        heard += uart.read() or b""
    return heard


def test_the_uart_talks_in_the_sensors_frames_beginning_anywhere() -> None:
    for phase_us in range(0, 100_000, 700):
        truth: list[Sample] = []
        clock = VirtualClock(200_000)
        uart = UltrasonicUart(clock, site(truth), phase_us)
        heard = read_all(clock, uart, 10, 50_000)
        assert Parser().feed(heard)[:3] == [1500, 1500, 1500]
        assert len(heard) in range(16, 25)


def test_the_distance_follows_the_creek_at_the_instant_of_the_ping() -> None:
    truth: list[Sample] = []
    clock = VirtualClock(900_000)
    uart = UltrasonicUart(clock, site(truth), 0)
    distances = Parser().feed(read_all(clock, uart, 8, 50_000))
    assert distances == [1500, 1300, 1300, 1300]
    assert {(s.at_us >= 1_000_000, s.stage_mm, s.distance_mm) for s in truth} == {
        (False, 500, 1500),
        (True, 700, 1300),
    }


def test_a_long_unread_uart_keeps_what_its_buffer_holds() -> None:
    clock = VirtualClock(0)
    uart = UltrasonicUart(clock, site([]), 0)
    asyncio.run(clock.run(60_000_000))
    assert len(uart.read() or b"") in range(252, 257)  # a frame may be on its way


def test_the_climate_answers_only_at_its_address() -> None:
    i2c = ClimateI2C(VirtualClock(15 * 3_600_000_000), site([]))
    for address in (0x45, 0x76):
        try:
            i2c.writeto(address, b"\x24\x00")
        except OSError:
            continue
        raise AssertionError("an absent part answered")
    i2c.writeto(0x44, b"\x24\x00")
    assert len(i2c.readfrom(0x44, 6)) == 6
