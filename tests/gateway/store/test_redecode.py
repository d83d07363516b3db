"""Redecoding shows the difference first, replaces it when told, and is then at peace."""

from typing import Any

from gateway import redecode, stages
from gateway.access.roles import Principal, Role
from gateway.commands import Writer
from gateway.judge import keeping
from gateway.store import queries, rollups
from tests.gateway.desk import Desk, Node
from tests.gateway.test_app import REPORT

WHO = Principal("tests", Role.ADMIN)


def told(desk: Desk, node: Node) -> dict[str, tuple[Any, int]]:
    found = queries.readings(desk.store.connection, node.dev_eui)
    return {each["quantity"]: (each["value"], each["flag"]) for each in found}


def test_a_wrong_codec_is_made_good(desk: Desk, node: Node) -> None:
    good = stages.decode
    (uplink,) = desk.hear(desk.reception(node.uplink(REPORT)))
    with desk.store.transaction():
        wrong = [each for each in good(uplink).readings if each.quantity != "battery"]
        wrong[0] = wrong[0]._replace(value=99.0)
        keeping.keep(desk.store, [(uplink.id, wrong, None)])
    writer = Writer(desk.store, desk.clock, redecode.COMMANDS)
    shown = writer.run(WHO, "redecode", {"dev_eui": node.dev_eui})
    assert (shown["uplinks"], shown["readings"], shown["applied"]) == (1, 2, False)
    assert 99.0 in [each["before"] for each in shown["first"]]
    before = told(desk, node)
    assert before == told(desk, node), "shown, not done"
    done = writer.run(WHO, "redecode", {"apply": True})
    assert (done["readings"], done["applied"]) == (2, True)
    assert told(desk, node) == {"battery": (3.61, 2), "distance": (1766.0, 1), "temperature": (9.5, 1)}
    newest = queries.device(desk.store.connection, node.dev_eui)
    assert newest and {each["quantity"]: each["value"] for each in newest["last"]}["temperature"] == 9.5
    for quantity, (value, _) in told(desk, node).items():
        (day,) = rollups.read(desk.store.connection, "daily", node.dev_eui, quantity, 0, 1 << 60)
        assert (day.readings, day.mean) == (1, value)
    assert writer.run(WHO, "redecode", {})["uplinks"] == 0
