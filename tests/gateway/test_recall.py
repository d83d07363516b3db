"""What is asked of a journal: what it can have, a few times, one quantity after the other."""

import json

import cbor2
import pytest

from codec import message
from gateway import recall, stages
from gateway.judge import keeping
from gateway.model import Uplink
from gateway.network import queue
from tests.gateway.desk import Desk, Node

REPORT, BATCH, HELLO, ANSWER = 1, 2, 4, 11
DISTANCE = [row.name for row in message.ROWS].index("distance")
STEP_MS = 300_000


def report(number: int) -> bytes:
    rows = {row.name: row for row in message.ROWS}
    said = {"distance": 0, "temperature": 5, "number": number}
    ordered = sorted(said, key=lambda name: rows[name].bit)
    return cbor2.dumps([sum(1 << rows[name].bit for name in said) - 16, *(said[name] for name in ordered)])


class Talk:
    """A node that speaks; what is lost on the way takes a counter all the same."""

    def __init__(self, desk: Desk, node: Node):
        self.desk, self.node, self.db = desk, node, desk.store.connection

    async def says(self, fport: int, payload: bytes, lost: int = 0) -> None:
        for _ in range(lost):
            self.node.uplink()
        (uplink,) = self.desk.hear(self.desk.reception(self.node.uplink(payload, fport=fport)))
        self.keep(uplink)
        await self.desk.clock.advance(STEP_MS)

    def keep(self, uplink: Uplink) -> None:
        with self.desk.store.transaction():
            if uplink.fport == ANSWER:
                queue.hear(self.db, uplink.dev_eui, uplink.payload, uplink.received_at)
            decoded = recall.news(self.db, uplink, stages.decode(uplink))
            keeping.keep(self.desk.store, uplink.id, decoded.readings, None)
            recall.note(self.db, uplink, decoded.numbered)
            keeping.number(self.db, uplink.dev_eui, decoded.numbered)
            recall.ask(self.db, uplink.dev_eui, uplink.received_at)

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
