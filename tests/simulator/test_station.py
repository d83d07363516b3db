"""Basics Station against an LNS of its own: nodes join through it, and what goes wrong is borne."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

import messfunk
from simulator import scenario as scenarios
from simulator.clock import VirtualClock
from simulator.keyring import Keyring
from simulator.rows import FaultRow, Scenario
from simulator.run import Outputs, Plan, in_process
from simulator.simulation import Simulation, Watchers
from tests.simulator.station_lns import StationLns
from tests.simulator.test_scenario import GOOD

START_US = 1_772_366_400_000_000
MINUTE_US = 60_000_000


@pytest.fixture
async def lns(request: pytest.FixtureRequest) -> AsyncIterator[StationLns]:
    village = scenarios.load("village")
    keys = {row.dev_eui: village.app_key(row.dev_eui) for row in village.node}
    made = StationLns(keys, getattr(request, "param", (1, 2)))
    yield made
    await made.stop()


async def village(lns: StationLns, *faults: FaultRow) -> Scenario:
    """Its first gateway is a station; the links lose nothing by chance."""
    found = scenarios.load("village")
    tower = found.gateway[0].model_copy(update={"basics_station": await lns.start()})
    return found.model_copy(update={"gateway": [tower], "loss": 0.0, "fault": list(faults)})


async def played(scenario: Scenario, minutes: int) -> Simulation:
    clock = VirtualClock(START_US)
    simulation = Simulation(scenario, clock, None, Watchers(Keyring()))
    assert await simulation.start(("127.0.0.1", 9))
    await clock.run(START_US + minutes * MINUTE_US)
    await simulation.stop()
    return simulation


@pytest.mark.parametrize("lns", [(1, 2), (2,)], indirect=True)
async def test_nodes_join_and_report_through_a_station(lns: StationLns) -> None:
    simulation = await played(await village(lns), 60)
    kinds = lns.kinds()
    assert kinds[0] == "version" and lns.said[0]["protocol"] == 2
    joins, sent = kinds.count("jreq"), kinds.count("dntxed")
    assert joins >= 3 and 3 <= sent <= joins
    assert simulation.air.tally.downlinks == sent
    assert len({eui for eui, _, _ in lns.payloads}) == 3
    for eui in {eui for eui, _, _ in lns.payloads}:
        fcnts = [fcnt for node, fcnt, _ in lns.payloads if node == eui]
        assert len(fcnts) >= 4 and fcnts == sorted(set(fcnts))


async def test_contexts_are_64_bits_and_come_back_in_dntxed(lns: StationLns) -> None:
    await played(await village(lns), 10)
    heard = next(said for said in lns.said if said["msgtype"] == "jreq")
    sent = next(said for said in lns.said if said["msgtype"] == "dntxed")
    xtime = heard["upinfo"]["xtime"]
    assert xtime > 1 << 48 and isinstance(xtime, int)
    assert sent["xtime"] == xtime + 5_000_000 and sent["DevEui"] == heard["DevEui"]
    assert (sent["DR"], sent["Freq"]) == (heard["DR"], heard["Freq"])


async def test_an_order_for_another_session_is_dropped_in_silence(lns: StationLns) -> None:
    lns.xtime_offset = 1 << 48
    simulation = await played(await village(lns), 10)
    assert "jreq" in lns.kinds() and "dntxed" not in lns.kinds()
    assert simulation.air.tally.downlinks == 0


async def test_an_order_that_comes_too_late_for_both_windows_is_dropped_in_silence(lns: StationLns) -> None:
    lns.xtime_offset = -10_000_000
    simulation = await played(await village(lns), 10)
    assert "jreq" in lns.kinds() and "dntxed" not in lns.kinds()
    assert simulation.air.tally.downlinks == 0


async def test_a_station_that_was_hung_up_on_comes_back(lns: StationLns) -> None:
    scenario = await village(lns)
    clock = VirtualClock(START_US)
    simulation = Simulation(scenario, clock, None, Watchers(Keyring()))
    assert await simulation.start(("127.0.0.1", 9))
    await clock.run(START_US + 20 * MINUTE_US)
    before = len(lns.payloads)
    await lns.hang_up()
    await clock.run(START_US + 60 * MINUTE_US)
    await simulation.stop()
    assert lns.kinds().count("version") == 2
    assert len(lns.payloads) >= before + 6


async def test_a_station_without_its_line_is_silent(lns: StationLns) -> None:
    cut = FaultRow(what="backhaul_off", target="Rathaus", at="20m", lasts="30m")
    simulation = await played(await village(lns, cut), 50)
    assert simulation.towers[0].undelivered >= 3
    assert all(said.get("upinfo", {}).get("rxtime", 0) < START_US / 1e6 + 1205 for said in lns.said)


async def test_where_no_lns_listens_the_start_says_so(lns: StationLns) -> None:
    scenario = await village(lns)
    await lns.stop()
    clock = VirtualClock(START_US)
    simulation = Simulation(scenario, clock, None, Watchers(Keyring()))
    assert not await simulation.start(("127.0.0.1", 9))
    await simulation.stop()


async def test_the_command_line_refuses_to_be_faster_than_a_station_s_lns(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(GOOD.replace("[[node]]", 'basics_station = "ws://127.0.0.1:9"\n[[node]]'))
    for speed in ("max", "2"):
        result = CliRunner().invoke(messfunk.main, ["simulate", str(mine), "--speed", speed])
        assert result.exit_code == 2 and "real time" in result.output


async def test_a_paced_run_keeps_the_deadlines_without_waiting_for_the_lns(
    lns: StationLns, tmp_path: Path
) -> None:
    scenario = await village(lns)
    plan = Plan("paced", scenario.model_copy(update={"node": scenario.node[:1]}), 18, 4.0)
    summary = await in_process(plan, tmp_path / "paced.db", Outputs())
    assert summary.air.downlinks_heard == 1  # it has joined
    assert "timesync" not in lns.kinds()
