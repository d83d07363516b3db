"""Faults are lines of a scenario: each does what it says, is logged, and ends when it should."""

import sqlite3

import pytest

from codec import message
from codec.desk import words
from simulator.plugin import Simulate
from tests.simulator.test_scenario import GOOD

HOUR_US = 3_600_000_000


def faulty(what: str, target: str, at: str, lasts: str | None = None) -> str:
    line = f'\n[[fault]]\nwhat = "{what}"\ntarget = "{target}"\nat = "{at}"\n'
    return "loss = 0.0\ninterval_s = 300\n" + GOOD + line + (f'lasts = "{lasts}"\n' if lasts else "")


def test_a_gateway_without_power_hears_nothing_until_it_is_back(messfunk_sim: Simulate) -> None:
    outcome = messfunk_sim(faulty("gateway_off", "*", "2h", "1h"), "5h")
    start_us = outcome.events[0]["t"]
    ups = [row for row in outcome.events if row["event"] == "up"]
    during = [row for row in ups if 2 * HOUR_US <= row["t"] - start_us < 3 * HOUR_US]
    assert during and not any(row["heard"] for row in during)
    assert all(row["heard"] for row in ups if row not in during)
    assert outcome.report["lost"] == {"gateway_off": len(during)}


def test_a_dead_backhaul_loses_what_was_heard(messfunk_sim: Simulate) -> None:
    outcome = messfunk_sim(faulty("backhaul_off", "*", "2h", "1h"), "5h")
    heard = outcome.report["uplinks"]["heard"]
    assert outcome.gateway["uplinks"] + outcome.gateway["joins"] <= heard - 10


def test_power_loss_forgets_rtc_but_not_the_session(messfunk_sim: Simulate) -> None:
    outcome = messfunk_sim(faulty("power_off", "*", "2h", "1h"), "5h")
    start_us = outcome.events[0]["t"]
    hours = {(row["t"] - start_us) // HOUR_US for row in outcome.events if row["event"] == "up"}
    assert hours == {0, 1, 3, 4}
    assert outcome.gateway["joins"] == 1  # flash kept the session, with its counters
    assert sum(outcome.gateway["refused"].values()) == 0


def test_a_brown_out_keeps_rtc_memory_and_the_hello_names_it(messfunk_sim: Simulate) -> None:
    outcome = messfunk_sim(faulty("brown_out", "*", "2h"), "5h")
    with sqlite3.connect(outcome.database) as db:
        hellos = db.execute("SELECT payload FROM uplink WHERE fport = 4 ORDER BY received_at").fetchall()
    said = [message.decode(payload) for (payload,) in hellos]
    assert [words.RESET_CAUSES[hello.reset_cause] for hello in said] == ["power_on", "brown_out"]
    assert outcome.gateway["joins"] == 1
    numbers = [value for _, _, value, _ in outcome.readings("number")]
    assert numbers == sorted(numbers), "the open page of the journal was kept"


@pytest.mark.parametrize(
    ("what", "fault"), [("no_echo", {"no_echo", "out_of_range", "too_near"}), ("sensor_off", {"no_answer"})]
)
def test_a_broken_sensor_is_a_fault_and_never_a_level(
    messfunk_sim: Simulate, what: str, fault: set[str]
) -> None:
    outcome = messfunk_sim(faulty(what, "*", "2h"), "4h")
    begins_ms = outcome.events[0]["t"] // 1000 + 2 * 3_600_000
    after = [row for row in outcome.readings("level") if row[1] > begins_ms + 5000]
    assert len(after) > 10
    assert all(value is None and named in fault for _, _, value, named in after)
    assert all(value is not None for _, at_ms, value, _ in outcome.readings("level") if at_ms < begins_ms)


def test_a_drifting_sensor_drifts(messfunk_sim: Simulate) -> None:
    outcome = messfunk_sim(
        faulty("drift", "*", "1h").replace("[[gateway]]", "creek.peak_mm = 0\n[[gateway]]", 1), "10h"
    )
    errors = [sample.distance_mm - (3500 - sample.stage_mm) for sample in outcome.truth]
    assert errors[0] == 0 and 85 <= errors[-1] <= 95


def test_a_humidity_sensor_sticks(messfunk_sim: Simulate) -> None:
    text = faulty("stuck_humidity", "*", "1h")
    outcome = messfunk_sim(text, "3h")
    assert [row["what"] for row in outcome.report["faults"]] == ["stuck_humidity"]


def test_attacks_change_nothing_that_is_stored(messfunk_sim: Simulate) -> None:
    outcome = messfunk_sim("attack", "5h", loss=0.0)
    assert outcome.report["foreign"] > 200
    refused = outcome.gateway["refused"]
    assert refused["replay"] > 0 and refused["mic"] > 0 and refused["unknown_device"] > 50
    uplinks, joins = outcome.report["uplinks"], outcome.gateway["joins"]
    # a replay may bring what a collision had swallowed: a node sent it, and it is new here
    assert uplinks["heard"] - joins <= outcome.gateway["uplinks"] <= uplinks["sent"] - joins


def test_a_fast_clock_still_joins_and_a_hopeless_one_does_not(messfunk_sim: Simulate) -> None:
    good = messfunk_sim("loss = 0.0\n" + GOOD + "drift_ppm = 100\n", "1h")
    assert good.gateway["joins"] == 1
    outcome = messfunk_sim("loss = 0.0\n" + GOOD + "drift_ppm = -20000\n", "1h")  # 100 ms late after 5 s
    assert outcome.gateway["uplinks"] == 0 and outcome.report["uplinks"]["sent"] >= 1
