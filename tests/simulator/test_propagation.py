"""Path loss against published values; shadowing with its deviation and its reach, decided by nobody else."""

import math
import random
import statistics

import pytest

from simulator.propagation import PATH_LOSS, Place, Shadowing, okumura_hata


@pytest.mark.parametrize(
    ("name", "distance_m", "loss_db"),
    [
        ("oulu", 1000, 128.95),
        ("oulu", 10_000, 152.15),
        ("lorasim_b", 40, 127.41),
        ("lorasim_b", 40 * math.e, 127.41 + 20.8),
        ("lorasim_c", 400, 127.41 + 20.8),
        ("tr45820", 2000, 120.9 + 37.6 * math.log10(2)),
    ],
)
def test_each_set_gives_its_published_loss(name: str, distance_m: float, loss_db: float) -> None:
    assert PATH_LOSS[name].loss(distance_m) == pytest.approx(loss_db)


def test_range_is_the_inverse_of_loss() -> None:
    for model in PATH_LOSS.values():
        assert model.range_m(model.loss(1234.0)) == pytest.approx(1234.0)


def test_okumura_hata_by_a_worked_example() -> None:
    """By hand, 900 MHz, base 100 m, mobile 2 m, 4 km: 69.55 + 77.28 - 27.64 - 1.29 + 19.15 dB."""
    assert okumura_hata("urban", 900e6, 100, 2).loss(4000) == pytest.approx(137.05, abs=0.02)
    urban, suburban, rural = (PATH_LOSS[f"hata_{area}"].loss(3000) for area in ("urban", "suburban", "open"))
    assert urban - suburban == pytest.approx(2 * math.log10(868.1 / 28) ** 2 + 5.4)
    assert rural < suburban < urban


def test_shadowing_has_its_deviation_and_its_reach() -> None:
    near, far, ends = [], [], []
    for seed in range(1500):
        field = Shadowing(seed, "g", 7.8, 110.0)
        here = field.loss(Place("a", 500, 500))
        ends.append(here)
        near.append(field.loss(Place("b", 610, 500)))
        far.append(field.loss(Place("c", 3000, -2000)))
    assert statistics.pstdev(ends) == pytest.approx(7.8, rel=0.06)
    assert abs(statistics.mean(ends)) < 1.0
    assert statistics.correlation(ends, near) == pytest.approx(math.exp(-1), abs=0.1)
    assert abs(statistics.correlation(ends, far)) < 0.12


def test_shadowing_is_decided_by_seed_and_gateway_alone() -> None:
    place = Place("n", random.Random(1).uniform(0, 5000), 17.0)
    assert Shadowing(1, "g", 4, 110).loss(place) == Shadowing(1, "g", 4, 110).loss(place)
    assert Shadowing(1, "g", 4, 110).loss(place) != Shadowing(1, "h", 4, 110).loss(place)
