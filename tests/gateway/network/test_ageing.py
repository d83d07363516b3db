"""A slice of `make age` and of `make bench-downlinks`: the same programs, for a short time."""

from tests.bench.age import age
from tests.bench.downlinks import town


def test_five_days_of_a_node_against_the_network_server() -> None:
    life, ageing = age(5 / 365.25, seed=4)
    assert life.uplinks >= 470
    assert (life.node.breaches, life.gateways.breaches, life.stuck, life.astray) == (0, 0, 0, 0)
    assert life.sessions <= 2
    assert life.downlinks > 0
    assert 0 < life.node.fullest < 1
    counted = ageing.desk.counters
    assert counted.refused["replay"] == counted.refused["mic"] == 0


def test_answers_go_out_in_the_first_window() -> None:
    """Four gateways, three hear each frame, the way there and back takes 400 ms."""
    told = town(400, gateways=4, hearing=3, round_trip_ms=400, seed=2)
    assert told.offered == 400
    assert told.first >= 399
    assert told.first + told.second == 400
    assert told.breaches == 0


def test_one_gateway_sends_what_it_cannot_in_the_second_window_and_counts_it() -> None:
    """Some answers fall into each other: those go to RX2. No more could be answered in RX1, or two more."""
    told = town(400, gateways=1, hearing=1, round_trip_ms=5, seed=2)
    assert told.most - 2 <= told.first <= told.most < 400
    assert told.first + told.second + told.none == told.offered == 400
    assert told.second > 0
    assert (told.second, told.none) == told.counted
    assert told.breaches == 0
