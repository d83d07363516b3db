"""The dust sensor's twin: its bytes as the data sheet has them, and a New Year through the whole path."""

import asyncio
import random

from simulator.air import Place
from simulator.clock import VirtualClock
from simulator.plugin import Simulate
from simulator.site import Site
from simulator.street import Dust
from simulator.twins import DustUart
from simulator.world import RecordedCreek

# From the sensor's control protocol: query, sleep and work, each 19 bytes.
QUERY = bytes.fromhex("aab404000000000000000000000000ffff02ab")
SLEEP = bytes.fromhex("aab406010000000000000000000000ffff05ab")
WORK = bytes.fromhex("aab406010100000000000000000000ffff06ab")


def site() -> Site:
    creek = RecordedCreek((0,), (500,))
    place = Place("Markt", 0, 0)
    return Site("Markt", place, creek, 2000, 0.0, random.Random(1), lambda _: None, street=Dust(40.0))


def passed(clock: VirtualClock, seconds: int) -> None:
    asyncio.run(clock.run(clock.now_us() + seconds * 1_000_000))


def test_it_sleeps_works_warms_up_and_answers() -> None:
    clock = VirtualClock(0)
    uart = DustUart(clock, site())
    uart.write(QUERY)
    passed(clock, 5)
    assert uart.read() is None  # asleep
    uart.write(WORK)
    assert uart.read() == bytes.fromhex("aac50601010012344eab")
    passed(clock, 10)
    cold = uart.read() or b""
    assert len(cold) == 100 and cold[:10] == bytes.fromhex("aac000000000123446ab")
    passed(clock, 30)
    warm = (uart.read() or b"")[-10:]
    assert warm[:2] == b"\xaa\xc0" and warm[9] == 0xAB and sum(warm[2:8]) & 0xFF == warm[8]
    pm25, pm10 = int.from_bytes(warm[2:4], "little") / 10, int.from_bytes(warm[4:6], "little") / 10
    assert 30 < pm10 < 80 and 0.3 < pm25 / pm10 < 0.36
    uart.write(SLEEP)
    uart.read()
    passed(clock, 5)
    assert uart.read() is None


def test_a_damaged_command_is_not_obeyed() -> None:
    uart = DustUart(VirtualClock(0), site())
    uart.write(WORK[:-2] + b"\x07\xab")
    assert uart.read() is None


def test_the_new_year_reaches_the_database(messfunk_sim: Simulate) -> None:
    outcome = messfunk_sim("new-year", "8h")
    midnight_ms = outcome.events[0]["t"] // 1000 + 5 * 3_600_000
    pm10 = [(at_ms, value) for _, at_ms, value, _ in outcome.readings("pm10") if value is not None]
    assert max(value for at_ms, value in pm10 if at_ms < midnight_ms) < 60
    assert 650 < max(value for at_ms, value in pm10 if at_ms > midnight_ms) < 900
    assert not [row for row in outcome.readings("pm10") if row[3]]
