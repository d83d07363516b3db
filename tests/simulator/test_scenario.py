"""Scenarios: those that ship load, a wrong one is refused with file, key and expectation."""

from pathlib import Path

import pytest

from simulator import demo, scenario

GOOD = """
[[gateway]]
name = "Rathaus"
eui = "aa555a0000000101"
lat = 50.5
lon = 9.6

[[node]]
name = "Aue"
dev_eui = "0200006d66000001"
lat = 50.5
lon = 9.6
"""


def load(tmp_path: Path, text: str) -> scenario.Scenario:
    path = tmp_path / "own.toml"
    path.write_text(text, encoding="utf-8")
    return scenario.load(str(path))


def test_the_village_ships_with_three_nodes_and_two_gateways() -> None:
    village = scenario.load("village")
    assert (len(village.node), len(village.gateway)) == (3, 2)


@pytest.mark.parametrize("nodes", [1, 2, 12, demo.MOST_NODES])
def test_the_demo_has_as_many_gauges_as_asked_each_with_its_own_name_and_eui(nodes: int) -> None:
    village = scenario.load("village")
    made = demo.scenario(nodes, village.start)
    assert len({row.name for row in made.node}) == len({row.dev_eui for row in made.node}) == nodes
    assert all(row.mount_mm > row.base_mm + row.scale * 900 for row in made.node)  # no sensor under water


def test_defaults_fill_what_is_not_said(tmp_path: Path) -> None:
    own = load(tmp_path, GOOD)
    assert (own.seed, own.interval_s, own.node[0].mount_mm) == (1, 900, 3500)
    assert own.app_key("0200006d66000001") != own.app_key("0200006d66000002")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("sed = 3\n" + GOOD, r"own.toml: sed: unknown key"),
        ('seed = "3"\n' + GOOD, r"own.toml: seed: .*integer.*'3'"),
        ("loss = 1.5\n" + GOOD, r"own.toml: loss: .*less than or equal to 1"),
        ('duration = "6 hours"\n' + GOOD, r"own.toml: duration: .*such as 90s, 15m, 6h or 3d"),
        (GOOD.replace("50.5", "91.0", 1), r"own.toml: gateway.0.lat: .*90"),
        (GOOD.replace("0200006d66000001", "2"), r"own.toml: node.0.dev_eui: .*16 lower-case hex digits"),
        (GOOD[: GOOD.index("[[node]]")], r"own.toml: node: Field required"),
        (GOOD + GOOD[GOOD.index("[[node]]") :], r"node.dev_eui: 0200006d66000001 appears twice"),
        ("seed = \n", r"own.toml: .*line 1"),
    ],
)
def test_a_wrong_scenario_is_refused_with_file_key_and_expectation(
    tmp_path: Path, text: str, says: str
) -> None:
    with pytest.raises(scenario.ScenarioError, match=says):
        load(tmp_path, text)


def test_an_unknown_name_lists_those_that_ship() -> None:
    with pytest.raises(scenario.ScenarioError, match=r"shipped are .*village"):
        scenario.load("vilage")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(scenario.ScenarioError, match=r"gone.toml: No such file"):
        scenario.load(str(tmp_path / "gone.toml"))
