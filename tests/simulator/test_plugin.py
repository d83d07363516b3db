"""The pytest plugin, used as its user would."""

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

USER_TEST = """
pytest_plugins = ["simulator.plugin"]

def test_a_flood_is_told(messfunk_sim):
    outcome = messfunk_sim("village", "6h", loss=0.1)
    assert outcome.report["uplinks"]["delivery"] > 0.9
    assert max(value for _, _, value, _ in outcome.readings("level")) > 1200
    assert all(alarm["delay_s"] < 900 for alarm in outcome.report["alarms"])
    assert outcome.truth and outcome.events[0]["event"] == "run"
"""


def test_a_user_tests_a_firmware_change_in_ten_lines(pytester: pytest.Pytester) -> None:
    root = Path(__file__).parents[2]
    pytester.makeconftest(USER_TEST.split("\n\n")[0])
    pytester.makepyfile(USER_TEST.split("\n\n", 1)[1])
    pytester.makeini(f"[pytest]\npythonpath = {root}\n")
    result = pytester.runpytest_subprocess("-q", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=1)
    assert len(USER_TEST.strip().splitlines()) <= 10
