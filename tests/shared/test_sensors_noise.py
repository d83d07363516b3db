"""The chain from samples to levels, in bytecode; tests/firmware/sensors has the native twin."""

from array import array

from firmware.sensors.a_weighting import RATES_HZ, Weighting, sections
from firmware.sensors.i2s_microphone import ICS43434, INMP441
from firmware.sensors.sen0232 import SEN0232
from firmware.sensors.sound_levels import NAMES, Levels
from tests.shared.sensor_bench import ADC, Clock, run
from tests.shared.sounds import Microphone, sine, weighted_db

FIVE_PER_CENT = 419430  # of full scale, as a direct component


def test_1_khz_at_minus_26_dbfs_is_94_db():
    samples = sine(24000, 200, 1000, 94, FIVE_PER_CENT)
    assert abs(weighted_db(Weighting(24000), 24000, samples, 100) - 94) < 0.05


def listened(samples, offset_ddb=0, part=ICS43434):
    sensor = part(Microphone(samples), Clock(), 24000, 1, offset_ddb, Weighting)
    return run(sensor.read()), sensor


def test_a_microphone_reports_four_levels():
    values, sensor = listened(sine(24000, 25, 1000, 94, FIVE_PER_CENT), -7)
    assert values["laeq"] in (932, 933, 934)
    assert values["lafmax"] in (932, 933, 934)
    for name in ("l10", "l90"):
        assert abs(values[name] - 933) <= 2
    assert not sensor.at_floor
    assert sensor.duty_pct == 100


def test_what_its_own_noise_shares_in_is_flagged():
    quiet = sine(24000, 25, 1000, 41)
    assert listened(quiet, 0, INMP441)[1].at_floor
    assert not listened(quiet, 0, ICS43434)[1].at_floor


def test_dead_lines_and_clipped_sound_are_faults():
    assert set(listened(array("i", bytes(4000)))[0].values()) == {"no_answer"}
    assert set(listened(array("i", [-256] * 1000))[0].values()) == {"stuck"}
    loud = array("i", [0x7FFFFF00 if place % 24 < 12 else -0x7FFFFF00 for place in range(600)])
    assert set(listened(loud)[0].values()) == {"overload"}


def levels_of(squares):
    levels = Levels(0.0)
    for square in squares:
        levels.add(square)
    return levels.result()


def test_steady_sound_has_one_level():
    assert levels_of([1.01e6] * 2000) == {"laeq": 600, "lafmax": 600, "l10": 601, "l90": 601}


def test_laeq_is_a_mean_of_energy():
    # Half the time 60 dB, half 80 dB: 77.03 dB, while the mean of the decibels would be 70.
    values = levels_of([1e6] * 125 + [1e6] * 5000 + [1e8] * 5000)
    assert values["laeq"] == 770
    assert abs(values["lafmax"] - 800) <= 1
    assert abs(values["l10"] - 800) <= 1
    assert abs(values["l90"] - 600) <= 1


def test_nothing_heard_is_no_level():
    assert set(levels_of([1e6] * 200).values()) == {"not_ready"}
    assert sorted(levels_of([])) == sorted(NAMES)


def test_levels_beyond_what_a_report_carries():
    assert levels_of([1e-3] * 400)["laeq"] == "out_of_range"
    assert levels_of([1e14] * 400)["lafmax"] == "out_of_range"


def analogue(volts):
    sensor = SEN0232(ADC([int(1e6 * volt) for volt in volts]), Clock(), 2, 0)
    return run(sensor.read())


def test_the_analogue_meter_is_50_db_a_volt():
    values = analogue([1.2])
    assert values["laeq"] == values["lafmax"] == 600
    assert abs(values["l10"] - 600) <= 1
    loud_for_a_quarter = analogue([1.2] * 12 + [1.6] * 4)
    assert loud_for_a_quarter["laeq"] == 741
    assert loud_for_a_quarter["lafmax"] == 800
    assert abs(loud_for_a_quarter["l90"] - 600) <= 1


def test_the_analogue_meters_faults():
    for volt, fault in ((0.0, "no_answer"), (0.5, "out_of_range"), (3.1, "overload")):
        assert set(analogue([1.2, 1.2, volt]).values()) == {fault}


def test_the_filter_blocks_what_does_not_change():
    for rate_hz in RATES_HZ:
        assert abs(sum(sections(rate_hz)[0][:3])) < 1e-6
