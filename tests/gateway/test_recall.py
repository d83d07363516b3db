"""What is asked of a journal: what it can have, a few times, one quantity after the other."""

import json
from random import Random

import cbor2
import pytest

from codec import message
from gateway import recall
from gateway.alarms.duty import Duty
from gateway.alarms.section import AlarmsConfig
from gateway.decoding import Decoding
from gateway.refusals import Refusals
from gateway.sinks.feeding import Sinks
from tests.gateway.desk import Desk, Node

REPORT, BATCH, HELLO, ANSWER = 1, 2, 4, 11
DISTANCE = [row.name for row in message.ROWS].index("distance")
TEMPERATURE = [row.name for row in message.ROWS].index("temperature")
STEP_MS = 300_000


def report(number: int, *measured: str) -> bytes:
    rows = {row.name: row for row in message.ROWS}
    said = dict.fromkeys(measured or ("distance", "temperature"), 5) | {"number": number}
    ordered = sorted(said, key=lambda name: rows[name].bit)
    return cbor2.dumps([sum(1 << rows[name].bit for name in said) - 16, *(said[name] for name in ordered)])


class Talk:
    """A node that speaks; what is lost on the way takes a counter all the same."""

    def __init__(self, desk: Desk, node: Node):
        self.desk, self.node, self.db = desk, node, desk.store.connection
        alarms = Duty(AlarmsConfig(), desk.store, desk.clock, Refusals(desk.counters, desk.clock), dict)
        sinks = Sinks((), desk.store, desk.clock, Random(1), dict)
        self.decoding = Decoding(desk.store, desk.counters, alarms, sinks)

    async def says(self, fport: int, payload: bytes, lost: int = 0) -> None:
        for _ in range(lost):
            self.node.uplink()
        (uplink,) = self.desk.hear(self.desk.reception(self.node.uplink(payload, fport=fport)))
        with self.desk.store.transaction():
            self.decoding.take([uplink])
        await self.desk.clock.advance(STEP_MS)

    def asked(self) -> list[tuple[str, int, int, str]]:
        rows = self.db.execute("SELECT orders, state FROM downlink ORDER BY id").fetchall()
        orders = [(json.loads(row["orders"])[0], row["state"]) for row in rows]
        return [(order["quantity"], order["first"], order["count"], state) for order, state in orders]

    def open_order(self) -> int:
        (row,) = self.db.execute("SELECT id FROM downlink WHERE state IN ('queued', 'pending')").fetchall()
        return int(row["id"])


@pytest.fixture
def talk(desk: Desk, node: Node) -> Talk:
    return Talk(desk, node)


async def test_a_gap_is_asked_for_and_what_comes_closes_it(talk: Talk) -> None:
    await talk.says(REPORT, report(0))
    await talk.says(REPORT, report(3))
    assert talk.asked() == [], "no frame is missing: a node reports only some of its looks"
    await talk.says(REPORT, report(6), lost=1)
    assert talk.asked() == [("distance", 4, 2, "queued")]
    await talk.says(ANSWER, cbor2.dumps([-21, talk.open_order(), 0]))
    await talk.says(BATCH, cbor2.dumps([-22, 4, [DISTANCE, 100, 700], 7, 1]))
    came = talk.db.execute("SELECT number FROM numbered ORDER BY number").fetchall()
    assert [row["number"] for row in came] == [0, 3, 4, 5, 6]
    await talk.says(REPORT, report(7))
    assert talk.asked()[1:] == [("temperature", 4, 2, "queued")]


async def test_what_never_comes_costs_three_requests(talk: Talk) -> None:
    await talk.says(REPORT, report(0))
    await talk.says(REPORT, report(40), lost=1)
    for number in range(41, 80):
        if any(state in ("queued", "pending") for *_, state in talk.asked()):
            await talk.says(ANSWER, cbor2.dumps([-21, talk.open_order(), 0]))
        await talk.says(REPORT, report(number))
    assert talk.asked() == 3 * [("distance", 1, 39, "answered")]
    assert talk.db.execute("SELECT count(*) FROM missed").fetchone()[0] == 0


async def test_what_power_loss_forgot_is_not_asked_for(talk: Talk) -> None:
    """The page that was open is gone, those before it are in flash; numbers go on at the next."""
    await talk.says(REPORT, report(10))
    await talk.says(HELLO, cbor2.dumps([-19, 1, 256, 0, 0, 0, 1, []]), lost=1)
    await talk.says(REPORT, report(96))
    assert talk.asked() == [("distance", 11, 53, "queued")]


async def test_a_page_that_was_open_alone_is_not_asked_for_at_all(talk: Talk) -> None:
    await talk.says(REPORT, report(1))
    await talk.says(HELLO, cbor2.dumps([-19, 1, 256, 0, 0, 0, 1, []]), lost=1)
    await talk.says(REPORT, report(32))
    assert talk.asked() == []
    assert talk.db.execute("SELECT count(*) FROM missed").fetchone()[0] == 0


async def test_a_start_that_lies_before_the_gap_forgot_nothing_of_it(talk: Talk) -> None:
    """A hello leaves after the first report; no page ends between 0 and 7."""
    await talk.says(REPORT, report(0))
    await talk.says(HELLO, cbor2.dumps([-19, 1, 256, 0, 0, 0, 1, []]))
    await talk.says(REPORT, report(7), lost=1)
    assert talk.asked() == [("distance", 1, 6, "queued")]


@pytest.mark.parametrize(
    ("gap", "wanted"),
    [((11, 85), (11, 53)), ((64, 32), (96, 0)), ((64, 34), (96, 2)), ((1, 6), (1, 6)), ((2, 30), (32, 0))],
)
def test_what_lies_in_the_page_that_was_open_is_left_out(
    gap: tuple[int, int], wanted: tuple[int, int]
) -> None:
    assert recall.outside_open_page(*gap) == wanted


async def test_quantities_that_are_measured_in_turn_are_asked_for_in_turn(talk: Talk) -> None:
    """Nobody knows which of them the lost look has measured; what a report says is whole."""
    for number, measured in enumerate(("distance", "temperature", "distance", "temperature")):
        await talk.says(REPORT, report(number, measured))
    await talk.says(REPORT, report(5, "temperature"), lost=1)
    assert talk.asked() == [("distance", 4, 1, "queued")]
    await talk.says(ANSWER, cbor2.dumps([-21, talk.open_order(), 0]))
    await talk.says(BATCH, cbor2.dumps([-22, 4, [DISTANCE, 300, 700], 7]))
    await talk.says(REPORT, report(6, "distance"))
    assert talk.asked()[1:] == [("temperature", 4, 1, "queued")]
    await talk.says(ANSWER, cbor2.dumps([-21, talk.open_order(), 0]))
    await talk.says(BATCH, cbor2.dumps([-22, 4, [TEMPERATURE, 300, 1600], None]))
    await talk.says(REPORT, report(7, "temperature"))
    await talk.says(REPORT, report(8, "distance"))
    assert len(talk.asked()) == 2
    assert talk.db.execute("SELECT count(*) FROM missed").fetchone()[0] == 0
