"""A few weeks of tests/bench/age.py; `make age` runs the ten years."""

from tests.bench.age import age


def test_a_node_ages_well() -> None:
    life, ageing = age(years=0.12, seed=3)
    assert life.uplinks > 4000 and life.downlinks > 50 and life.power_failures
    assert (life.breaches, life.stuck, life.joins) == (0, 0, 1)
    assert ageing.desk.counters.as_dict()["refused"]["replay"] == 0
