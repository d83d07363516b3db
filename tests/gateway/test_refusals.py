"""One line a minute for each cause, whoever floods it."""

import logging

import pytest

from gateway.counters import Counters
from gateway.refusals import Refusals
from tests.gateway.desk import ManualClock


async def test_each_cause_is_logged_once_a_minute_with_its_count(caplog: pytest.LogCaptureFixture) -> None:
    clock, counters = ManualClock(), Counters()
    refusals = Refusals(counters, clock)
    with caplog.at_level(logging.WARNING, "gateway"):
        for second in range(150):
            refusals.refuse("mic", f"second {second}")
            if second % 50 == 0:
                refusals.refuse("malformed", "noise")
            await clock.advance(1000)
        refusals.flush()
        refusals.flush()
    assert counters.refused["mic"] == 150
    assert {record.getMessage() for record in caplog.records} == {"refused"}
    said = [each.__dict__ for each in caplog.records]
    told = [(each["cause"], each["count"], each["last"]) for each in said]
    assert told == [
        ("mic", 1, "second 0"),
        ("malformed", 1, "noise"),
        ("mic", 60, "second 60"),
        ("malformed", 2, "noise"),
        ("mic", 60, "second 120"),
        ("mic", 29, "second 149"),
    ]


def test_a_cause_that_healthz_does_not_know_is_logged_only(caplog: pytest.LogCaptureFixture) -> None:
    counters = Counters()
    with caplog.at_level(logging.WARNING, "gateway"):
        Refusals(counters, ManualClock()).refuse("store", "the disk is full")
    assert caplog.records[0].__dict__["cause"] == "store"
    assert counters.as_dict() == Counters().as_dict()
