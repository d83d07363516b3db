"""Every part of firmware/sensors against its twin: the unmodified firmware reads the truth and each fault."""

import asyncio
import random
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from firmware import sensors
from simulator import parts
from simulator.clock import VirtualClock
from simulator.plugin import Simulate
from simulator.twins import TWINS, Wiring, dust, ranging
from simulator.twins.climate import humidity, pressure_pa, t_fine
from simulator.twins.part import Wired, crc8, sealed
from simulator.world import HOUR_US
from tests.simulator.twins_bench import CLIMATE, Bench

SHT3X = {"temperature": -200, "humidity": 60}
NOISE = {"laeq": 617, "lafmax": 617, "l10": 617, "l90": 617}
FOUR_DUST = {"pm1": 171, "pm25": 214, "pm4": 235, "pm10": 653}

# What the firmware reads of the bench's world, in steps of the registry.
READ: dict[str, dict[str, Any]] = {
    "a02yyuw": {"distance": 1234},
    "jsn_sr04t": {"distance": 1234, **SHT3X},
    "jsn_sr04t_serial": {"distance": 1234, **SHT3X},
    "mb7369": {"distance": 1234},
    "mb7389": {"distance": 1234},
    "current_loop": {"head": 766},
    "modbus_radar": {"distance": 1234},
    "tipping_bucket": {"rain": 0, "rain_total": 0},
    "sds011": {"pm25": 214, "pm10": 653},
    "pms5003": {"pm1": 170, "pm25": 210, "pm10": 650},
    "pms7003": {"pm1": 170, "pm25": 210, "pm10": 650},
    "sps30": FOUR_DUST,
    "sps30_i2c": FOUR_DUST,
    "inmp441": NOISE,
    "ics43434": NOISE,
    "sen0232": NOISE,
    "bme280": {**SHT3X, "pressure": 9876},
    "sht3x": SHT3X,
    "battery": {"battery": 357},
}


def test_every_part_of_the_firmware_has_its_twin() -> None:
    found: set[str] = set()
    for file in Path(sensors.__file__).parent.glob("*.py"):
        if "\nCLASSES = {" in file.read_text():
            found |= set(sensors.module_of(file.stem).CLASSES)
    assert set(TWINS) == set(parts.ROWS) == set(READ) == found
    for part, (bus, _) in TWINS.items():
        assert bus == sensors.module_of(part).BUS


@pytest.mark.parametrize("part", sorted(READ))
def test_the_firmware_reads_what_is_true(part: str) -> None:
    seen = Bench().read(part)
    assert set(seen) == set(READ[part])
    for quantity, step in READ[part].items():
        slack = (
            2 if quantity in NOISE or quantity == "distance" else 1
        )  # dB, and mm of an echo's microseconds
        assert isinstance(seen[quantity], int) and abs(seen[quantity] - step) <= slack, (quantity, seen)


# part, the site's fault, what the firmware says of its first quantity then
SICK = [
    ("a02yyuw", "no_echo", "too_near"), ("a02yyuw", "sensor_off", "no_answer"),
    ("jsn_sr04t", "no_echo", "no_echo"), ("jsn_sr04t", "sensor_off", "no_answer"),
    ("jsn_sr04t_serial", "sensor_off", "no_answer"), ("mb7389", "no_echo", "no_echo"),
    ("mb7389", "sensor_off", "no_answer"), ("current_loop", "sensor_off", "wire_break"),
    ("modbus_radar", "no_echo", "no_echo"), ("modbus_radar", "sensor_off", "no_answer"),
    ("sds011", "sensor_off", "no_answer"), ("pms5003", "sensor_off", "no_answer"),
    ("sps30", "sensor_off", "no_answer"), ("sps30_i2c", "sensor_off", "no_answer"),
    ("inmp441", "sensor_off", "no_answer"), ("sen0232", "sensor_off", "no_answer"),
    ("bme280", "sensor_off", "no_answer"), ("sht3x", "sensor_off", "no_answer"),
    ("battery", "sensor_off", "no_answer"),
]  # fmt: skip


@pytest.mark.parametrize(("part", "fault", "says"), SICK)
def test_the_firmware_names_what_is_wrong(part: str, fault: str, says: str) -> None:
    bench = Bench()
    bench.site.faults[fault] = HOUR_US
    seen = bench.read(part)
    assert seen[next(iter(READ[part]))] == says, seen


@pytest.mark.parametrize(
    ("part", "stage_mm", "says"),
    [
        ("a02yyuw", 1985, "too_near"), ("jsn_sr04t", 1900, "no_echo"), ("mb7389", 1800, "too_near"),
        ("mb7389", -3100, "no_echo"), ("a02yyuw", -2600, "too_near"), ("jsn_sr04t_serial", 1850, "too_near"),
    ],
)  # fmt: skip
def test_in_the_blind_zone_and_beyond_the_range_nothing_is_measured(
    part: str, stage_mm: int, says: str
) -> None:
    assert Bench(stage_mm).read(part)["distance"] == says


def test_a_stuck_humidity_and_a_drift_are_read_as_if_they_were_true() -> None:
    bench = Bench()
    bench.site.faults |= {"stuck_humidity": 0, "drift": HOUR_US - 5 * HOUR_US}
    assert bench.read("sht3x")["humidity"] == 100
    assert bench.read("a02yyuw")["distance"] in range(1280, 1290)  # 10 mm an hour


def test_dust_before_its_fan_has_run_is_zero_and_the_firmware_waits_for_it() -> None:
    bench = Bench()
    wired = wired_to(bench, "sds011")
    uart = dust.SDS011(wired)
    uart.write(WORK)
    uart.read()
    passed(bench.clock, 10)
    cold = uart.read() or b""
    assert len(cold) == 100 and cold[:10] == bytes.fromhex("aac000000000123446ab")
    passed(bench.clock, 30)
    assert (uart.read() or b"")[-10:][:6] == b"\xaa\xc0" + struct.pack("<HH", 214, 653)


def test_a_supply_that_is_switched_is_on_for_the_reading_only() -> None:
    bench = Bench()
    assert bench.read({"part": "a02yyuw", "power": 3})["distance"] == 1234
    assert bench.read({"part": "inmp441", "power": 3, "window_s": 2})["laeq"] in (616, 617, 618)


def test_rain_falls_into_the_bucket_and_is_told_once() -> None:
    bench = Bench()
    bench.read("tipping_bucket")
    passed(bench.clock, 3600)
    assert bench.read("tipping_bucket") == {"rain": 300, "rain_total": 300}
    assert bench.read("tipping_bucket") == {"rain": 0, "rain_total": 300}


def test_sound_is_as_fast_as_the_air_is_warm() -> None:
    """The same echo at -20 and at 40 degC: the firmware knows by its climate part what it means."""
    for degrees in (-20.0, 40.0):
        bench = Bench(weather=replace(CLIMATE, mean_c=degrees))
        assert bench.read("jsn_sr04t")["distance"] in (1233, 1234, 1235)
        assert bench.read("jsn_sr04t_serial")["distance"] in (1233, 1234, 1235)
    bare = bench.read({"part": "jsn_sr04t_serial", "climate": False})["distance"]
    assert isinstance(bare, int) and 1160 < bare < 1190  # 340 m/s taken, 354.7 true


def test_the_truth_log_has_every_sample() -> None:
    bench = Bench()
    for part in READ:
        bench.read(part)
    assert {sample.stage_mm for sample in bench.truth} == {766}
    told = {part: values for _, part, values in bench.sensed}
    assert set(told) >= set(READ) - {"a02yyuw", "mb7369", "mb7389", "modbus_radar", "jsn_sr04t"} - {
        "jsn_sr04t_serial"
    }
    assert told["bme280"] == {"temperature_c": -20.0, "humidity_pct": 60.0, "pressure_hpa": 987.6}
    assert told["sds011"] == {"pm25": 21.4, "pm10": 65.3} and told["inmp441"] == {"noise_db": 61.7}


# Bytes as published or captured: who made them never saw this code.

QUERY = bytes.fromhex("aab404000000000000000000000000ffff02ab")
SLEEP = bytes.fromhex("aab406010000000000000000000000ffff05ab")
WORK = bytes.fromhex("aab406010100000000000000000000ffff06ab")


def passed(clock: VirtualClock, seconds: int) -> None:
    asyncio.run(clock.run(clock.now_us() + seconds * 1_000_000))


def wired_to(bench: Bench, part: str) -> Wired:
    wiring = Wiring(bench.clock, bench.site, [parts.row_of(part)], random.Random(1), HOUR_US)
    return wiring._wired(parts.row_of(part))


def test_frames_are_those_of_the_data_sheets() -> None:
    assert ranging._summed(1953, 0xFF).hex() == "ff07a1a7"  # DFRobot's own example
    assert ranging._summed(224, 0xFF).hex() == "ff00e0df" and ranging._summed(224, 0).hex() == "ff00e0e0"
    assert dust._sds_frame(0xC0, bytes.fromhex("06000600"))[:6].hex() == "aac006000600"
    assert dust._pms_frame(b"\xe4\x00").hex() == "424d0004e4000177"  # an acknowledgement, as captured
    captured = bytes.fromhex("424d001c00000007000700000007000700bd003f002a001b000000009700029f")
    assert dust._pms_frame(captured[4:-2]) == captured
    stuffed = dust._shdlc(bytes([0x7E, 0x7D, 4, 0x11, 0x12, 0x13, 0x14]))  # Sensirion's own test vector
    assert stuffed.hex().startswith("7e7d5e7d5d047d31127d3314")
    assert ranging._modbus_crc(bytes.fromhex("010300000001")).hex() == "840a"
    words = {0xBEEF: 0x92, 0x0000: 0x81, 0x8000: 0xA2, 0x3FD0: 0xAE, 0xA3D7: 0xC0}
    assert {word: crc8(word.to_bytes(2, "big")) for word in words} == words
    assert sealed(0xBEEF) == b"\xbe\xef\x92"


def test_bosch_s_example_comes_out_of_the_calibration() -> None:
    """Data sheet of the BMP280, 3.12: these raw values are 25.08 degC and 100653.27 Pa."""
    fine = t_fine(519888)
    assert fine / 5120 == pytest.approx(25.08, abs=0.01)
    assert pressure_pa(415148, fine) == pytest.approx(100653.27, abs=0.5)
    assert 0 < humidity(30000, fine) < 100


def test_the_dust_uart_sleeps_works_and_answers() -> None:
    bench = Bench()
    uart = dust.SDS011(wired_to(bench, "sds011"))
    uart.write(QUERY)
    passed(bench.clock, 5)
    assert uart.read() is None  # asleep
    uart.write(WORK)
    assert uart.read() == bytes.fromhex("aac50601010012344eab")
    uart.write(SLEEP)
    uart.read()
    passed(bench.clock, 5)
    assert uart.read() is None
    uart.write(WORK[:-2] + b"\x07\xab")  # damaged
    assert uart.read() is None


def test_the_new_year_reaches_the_database(messfunk_sim: Simulate) -> None:
    outcome = messfunk_sim("new-year", "8h")
    midnight_ms = outcome.events[0]["t"] // 1000 + 5 * 3_600_000
    pm10 = [(at_ms, value) for _, at_ms, value, _ in outcome.readings("pm10") if value is not None]
    assert max(value for at_ms, value in pm10 if at_ms < midnight_ms) < 60
    assert 650 < max(value for at_ms, value in pm10 if at_ms > midnight_ms) < 900
    assert not [row for row in outcome.readings("pm10") if row[3]]
