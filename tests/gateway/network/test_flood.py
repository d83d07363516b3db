"""What floods, and time that jumps: refused and counted, and the good frame beside it is stored."""

from random import Random

import pytest

from gateway import devices
from gateway.devices import Provisioning
from tests.gateway.desk import EUIS, START_MS, Desk, Node, abp


def known(desk: Desk, number: int, dev_addr: str | None = None) -> Node:
    made = abp(number, dev_addr)
    devices.add(desk.store, Provisioning(made.dev_eui, f"Aue {number}", made.keys), START_MS)
    return made


async def test_a_flood_of_joins_is_counted_and_hardly_written_down(desk: Desk, node: Node) -> None:
    for number in range(2000):
        desk.hear(desk.reception(Node(f"70b3d57ed1{number:06x}").join_request()))
    assert desk.counters.refused["unknown_device"] == 2000
    written = "SELECT count(*) FROM stranger"
    assert desk.store.connection.execute(written).fetchone()[0] == 50
    assert len(desk.hear(desk.reception(node.uplink()))) == 1
    desk.hear(desk.reception(Node("70b3d57ed2000000").join_request(), gateway_id=EUIS[1]))
    assert desk.store.connection.execute(written).fetchone()[0] == 51, "another gateway has its own share"
    await desk.clock.advance(10_000)
    desk.hear(desk.reception(Node("70b3d57ed2000001").join_request()))
    assert desk.store.connection.execute(written).fetchone()[0] == 52


async def test_a_flood_of_replayed_joins_opens_one_session(desk: Desk, joiner: Node) -> None:
    request = joiner.join_request()
    for _ in range(200):
        desk.hear(desk.reception(request))
        await desk.clock.advance(7000)
    assert (desk.counters.joins, desk.counters.refused["dev_nonce"]) == (1, 199)
    assert len(desk.gateways.sent) == 1


async def test_forged_joins_of_a_known_node_use_up_none_of_its_nonces(desk: Desk, joiner: Node) -> None:
    forger = Node(joiner.dev_eui, app_key=bytes(16))
    for _ in range(300):
        desk.hear(desk.reception(forger.join_request()))
    assert desk.counters.refused["mic"] == 300
    desk.hear(desk.reception(joiner.join_request()))
    assert desk.counters.joins == 1


async def test_a_clock_that_jumps_costs_no_frame(desk: Desk, node: Node) -> None:
    """An hour back, a day ahead, a day back: each frame is stored once, copies and answers go on."""
    random = Random(3)
    for jump_ms in (
        0,
        -3_600_000,
        86_400_000,
        -86_400_000,
        1000,
        *(random.randrange(-(10**7), 10**7) for _ in range(40)),
    ):
        desk.clock.turn_to(desk.clock.now_ms() + jump_ms)
        phy = node.uplink(confirmed=True)
        assert len(desk.hear(desk.reception(phy))) == 1
        desk.hear(desk.reception(phy, gateway_id=EUIS[1]))
        await desk.clock.advance(10_000)
    assert desk.counters.uplinks == 45 and desk.counters.duplicates == 45
    assert desk.counters.downlinks >= 40


async def test_a_clock_that_jumps_while_an_answer_waits_still_answers(desk: Desk, node: Node) -> None:
    desk.hear(desk.reception(node.uplink(confirmed=True)))
    desk.clock.turn_to(desk.clock.now_ms() - 3_600_000)
    await desk.clock.advance(3_610_000)
    assert desk.counters.downlinks + desk.counters.unanswered == 1


async def test_nodes_with_one_address_are_told_apart_in_any_order(desk: Desk) -> None:
    nodes = [known(desk, number, "00001234") for number in range(1, 9)]
    random = Random(8)
    for turn in range(200):
        desk.hear(desk.reception(nodes[random.randrange(8)].uplink(bytes([turn]))))
    assert desk.counters.uplinks == 200 and sum(desk.counters.refused.values()) == 0
    assert {len(desk.fcnts(node.dev_eui)) for node in nodes} == {node.fcnt + 1 for node in nodes}


@pytest.mark.parametrize("dev_eui", ["00" * 8, "ff" * 8])
def test_odd_euis_are_euis(desk: Desk, dev_eui: str) -> None:
    desk.hear(desk.reception(Node(dev_eui).join_request()))
    assert desk.counters.refused["unknown_device"] == 1
