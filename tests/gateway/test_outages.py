"""Broker away, database away, disk full, for a moment each: `make bench-outages` takes ten minutes."""

from pathlib import Path

from tests.gateway.outages import KINDS, run_all


def test_nothing_is_lost_and_the_operator_sees_it(tmp_path: Path) -> None:
    results = run_all(KINDS, 1.0, tmp_path)
    assert all(each.owed > 0 for each in results), "it was away under load"
