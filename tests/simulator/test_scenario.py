"""Scenarios: those that ship load, a wrong one is refused with file, key and expectation."""

from pathlib import Path

import pytest

from simulator import demo, scenario
from simulator.series import WorldError
from simulator.worlds import World

SHIPPED = Path(scenario.__file__).parent / "scenarios"
FAULT = '\n[[fault]]\nwhat = "{}"\ntarget = "{}"\nat = "1h"\n'
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
        ("sed = 3\n" + GOOD, r"own.toml: sed: unknown key, expected one of seed, start"),
        (GOOD + "mount = 3\n", r"own.toml: node.1.mount: unknown key, expected one of name, .*mount_mm"),
        ("[storm]\nspeed = 3\n" + GOOD, r"own.toml: storm.speed: unknown key, expected .*speed_kmh"),
        ('seed = "3"\n' + GOOD, r"own.toml: seed: .*integer.*'3'"),
        ("loss = 1.5\n" + GOOD, r"own.toml: loss: .*less than or equal to 1"),
        ('duration = "6 hours"\n' + GOOD, r"own.toml: duration: .*such as 90s, 15m, 6h or 3d"),
        (GOOD.replace("50.5", "91.0", 1), r"own.toml: gateway.1.lat: .*90"),
        (GOOD.replace("0200006d66000001", "2"), r"own.toml: node.1.dev_eui: .*16 lower-case hex digits"),
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


@pytest.mark.parametrize("name", sorted(path.stem for path in SHIPPED.glob("*.toml")))
def test_every_shipped_scenario_loads(name: str) -> None:
    chosen = scenario.load(name)
    assert chosen.node and chosen.gateway


def test_the_district_has_180_gauges_in_23_communes_and_a_storm_that_crosses_it() -> None:
    district = scenario.load("district")
    communes = {row.name.rsplit(" ", 1)[0] for row in district.node}
    assert (len(district.node), len(communes)) == (180, 23)
    assert len({row.travel_min for row in district.node}) > 40
    south_west = min(district.node, key=lambda row: row.lat + row.lon)
    north_east = max(district.node, key=lambda row: row.lat + row.lon)
    assert north_east.travel_min > south_west.travel_min + 60


def test_includes_merge_tables_and_add_rows(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text("seed = 3\n[creek]\npeak_mm = 700\ntide_mm = 5\n" + GOOD)
    other = GOOD[GOOD.index("[[node]]") :].replace("Aue", "Wehr").replace("0001", "0002")
    mine = load(tmp_path, 'include = ["base.toml"]\nseed = 4\n[creek]\npeak_mm = 900\n' + other)
    assert (mine.seed, mine.creek.peak_mm, mine.creek.tide_mm) == (4, 900, 5)
    assert [row.name for row in mine.node] == ["Aue", "Wehr"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('include = ["gone.toml"]\n' + GOOD, r"gone.toml: No such file"),
        ('include = ["own.toml"]\n' + GOOD, r"own.toml: include: deeper than 5 files, or in a circle"),
        ("include = 3\n" + GOOD, r"own.toml: include: expected a list of file names, found 3"),
        (GOOD + FAULT.format("gateway_off", "Aue"), r"fault.1.target: no gateway is called 'Aue'; .*Rathaus"),
        (GOOD + FAULT.format("power_off", "Rathaus"), r"fault.1.target: no node is called 'Rathaus'"),
        (GOOD + FAULT.format("broker_off", "broker"), r"no broker of an \[lns\] is called 'broker'"),
        ('[lns]\ntype = "loriot"\n' + GOOD, r"own.toml: lns.type: .*'chirpstack' or 'tts'.*found 'loriot'"),
        ('[lns]\ntype = "tts"\nbroker = {url = "http://x"}\n' + GOOD, r"lns.broker.url: .*mqtts://host"),
        (
            GOOD + 'sensors = ["a03yyuw"]\n',
            r"node.1.sensors: .*unknown sensor part 'a03yyuw': known are a02yyuw",
        ),
        (
            GOOD + 'sensors = ["jsn_sr04t", {part = "mb7389", port = 4, pings = 99}]\n',
            r"mb7389: pings must be",
        ),
        (
            GOOD + 'sensors = ["a02yyuw", {part = "mb7389", port = 1}]\n',
            r"mb7389: uart 1 is taken by a02yyuw",
        ),
        (GOOD + FAULT.format("meteor", "Aue"), r"fault.1.what: .*'gateway_off'.*found 'meteor'"),
        ('[air]\npath_loss = "vacuum"\n' + GOOD, r"air.path_loss: .*expected one of .*oulu.*found 'vacuum'"),
        ("[air]\nnoise_figure_db = -3.0\n" + GOOD, r"air.noise_figure_db: .*greater than or equal to 0"),
        (GOOD.replace('name = "Aue"', 'name = "Rathaus"'), r"own.toml: name: Rathaus appears twice"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(scenario.ScenarioError, match=says):
        load(tmp_path, text)


def test_a_fleet_is_scattered_within_its_radius_the_same_way_each_time(tmp_path: Path) -> None:
    fleet = '\n[[fleet]]\nname = "Feld"\ncount = 50\nfirst_eui = "0200006d66100001"\nlat = 50.5\nlon = 9.6\n'
    fleet += "radius_m = 400.0\n"
    one, two = load(tmp_path, GOOD + fleet), load(tmp_path, GOOD + fleet)
    assert one.node == two.node and len(one.node) == 51
    assert all(abs(row.lat - 50.5) * 111_320 <= 400.1 for row in one.node[1:])
    assert one.node[50].dev_eui == "0200006d66100032"


def test_a_recording_behind_an_unset_variable_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MESSFUNK_DATA", raising=False)
    with pytest.raises(WorldError, match="set that variable"):
        World(scenario.load("flood-2018"), 0)
