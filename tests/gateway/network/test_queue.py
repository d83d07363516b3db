"""Downlinks from the queue to the node and back: order, acknowledgement, answer, expiry, counters."""

import json
from pathlib import Path

import pytest

from codec import message
from codec.desk.orders import command
from codec.lorawan import frames
from codec.message import Command
from gateway.model import Downlink, NotFoundError
from gateway.network import queue
from gateway.network.queue import Wanted
from tests.gateway.desk import EUIS, START_MS, Desk, Node

REBOOT = [{"order": "reboot"}]


def put(desk: Desk, node: Node, **wanted: object) -> int:
    """A payload of its own for each, unless it says otherwise."""
    fields = {"dev_eui": node.dev_eui, "fport": 20, "payload": b"x", **wanted}
    with desk.store.transaction():
        return queue.add(desk.store.connection, Wanted(**fields), "test", desk.clock.now_ms())  # type: ignore[arg-type]


def row(desk: Desk, number: int) -> dict[str, object]:
    found = desk.store.connection.execute("SELECT * FROM downlink WHERE id = ?", (number,)).fetchone()
    return dict(found)


async def speak(desk: Desk, node: Node, fctrl: int = 0, **more: object) -> list[Downlink]:
    """What goes down after an uplink."""
    desk.gateways.sent.clear()
    desk.hear(desk.reception(node.uplink(fctrl=fctrl, **more)))  # type: ignore[arg-type]
    await desk.clock.advance(10_000)
    return list(desk.gateways.sent)


def opened(node: Node, down: Downlink) -> tuple[frames.DataFrame, bytes]:
    assert node.keys
    frame = frames.parse(down.phy)
    assert frames.mic_fits(down.phy, node.keys.nwk_s_key, frame.fcnt)
    return frame, frames.open_payload(frame, node.keys.nwk_s_key, node.keys.app_s_key, frame.fcnt)


async def test_a_payload_goes_down_after_the_next_uplink_once(desk: Desk, node: Node) -> None:
    number = put(desk, node, payload=b"hello")
    assert desk.gateways.sent == []
    (down,) = await speak(desk, node)
    frame, payload = opened(node, down)
    assert (frame.mtype, frame.fport, payload) == (frames.UNCONFIRMED_DOWN, 20, b"hello")
    told = row(desk, number)
    assert (told["state"], told["fcnt_up"], told["fcnt_down"], told["attempts"]) == ("sent", 0, 0, 1)
    assert await speak(desk, node) == []


async def test_the_highest_priority_goes_first_and_the_rest_is_announced(desk: Desk, node: Node) -> None:
    for text, priority in ((b"low", -1), (b"first", 0), (b"second", 0), (b"high", 5)):
        put(desk, node, payload=text, priority=priority)
    told = [opened(node, *await speak(desk, node)) for _ in range(4)]
    assert [payload for _, payload in told] == [b"high", b"first", b"second", b"low"]
    assert [bool(frame.fctrl & frames.F_PENDING) for frame, _ in told] == [True, True, True, False]


async def test_a_confirmed_one_waits_for_its_acknowledgement_alone(desk: Desk, node: Node) -> None:
    first, second = (put(desk, node, payload=text, confirmed=True) for text in (b"1", b"2"))
    (down,) = await speak(desk, node)
    assert opened(node, down)[0].mtype == frames.CONFIRMED_DOWN
    assert row(desk, first)["state"] == "pending"
    (down,) = await speak(desk, node, frames.ACK)
    assert (row(desk, first)["state"], opened(node, down)[1]) == ("delivered", b"2")
    (down,) = await speak(desk, node)
    frame, payload = opened(node, down)
    assert (payload, frame.fcnt) == (b"2", 2), "not acknowledged: sent again under a counter of its own"
    for _ in range(3):
        await speak(desk, node)
    assert (row(desk, second)["state"], row(desk, second)["attempts"]) == ("failed", 4)
    assert "no acknowledgement" in str(row(desk, second)["reason"])


async def test_orders_are_answered_by_their_token(desk: Desk, node: Node) -> None:
    number = put(desk, node, fport=10, orders=REBOOT)
    (down,) = await speak(desk, node)
    _, payload = opened(node, down)
    said = message.decode(payload)
    assert payload == command(number, REBOOT)
    assert isinstance(said, Command) and said.token == number
    assert row(desk, number)["state"] == "pending"
    db = desk.store.connection
    with desk.store.transaction():
        queue.hear(db, "70b3d57ed0000099", bytes.fromhex(f"8334{number:02x}00"), 7)
        queue.hear(db, node.dev_eui, b"\xff", 7)
    assert row(desk, number)["state"] == "pending", "another node's answer, or none"
    with desk.store.transaction():
        queue.hear(db, node.dev_eui, bytes.fromhex(f"8334{number:02x}00"), 7)
    told = row(desk, number)
    assert (told["state"], told["ended_at"], json.loads(str(told["results"]))) == ("answered", 7, ["done"])


async def test_orders_without_an_answer_are_repeated_under_the_same_token(desk: Desk, node: Node) -> None:
    number = put(desk, node, fport=10, orders=REBOOT)
    sent = [await speak(desk, node) for _ in range(20)]
    at = [place for place, downs in enumerate(sent) if downs]
    assert at == [0, 4, 8, 12]
    assert {opened(node, sent[place][0])[1] for place in at} == {command(number, REBOOT)}
    assert row(desk, number)["state"] == "failed"


async def test_what_is_too_late_is_never_sent(desk: Desk, node: Node) -> None:
    number = put(desk, node, expires_at=desk.clock.now_ms() + 1000)
    await desk.clock.advance(1000)
    assert await speak(desk, node) == []
    assert row(desk, number)["state"] == "expired"


async def test_what_waits_can_be_taken_back(desk: Desk, node: Node) -> None:
    number = put(desk, node)
    with desk.store.transaction():
        queue.cancel(desk.store.connection, node.dev_eui, number, 5)
    assert await speak(desk, node) == []
    with pytest.raises(NotFoundError, match="messfunk downlink list"):
        queue.cancel(desk.store.connection, node.dev_eui, number, 5)


async def test_an_acknowledgement_goes_even_where_a_payload_has_no_room(desk: Desk, node: Node) -> None:
    number = put(desk, node, payload=bytes(200))
    (down,) = await speak(desk, node, confirmed=True)
    assert len(down.phy) == 12
    assert (row(desk, number)["state"], row(desk, number)["attempts"]) == ("queued", 0)
    assert "room" in str(row(desk, number)["reason"])
    fast = desk.reception(node.uplink())._replace(data_rate="SF7BW125")
    desk.gateways.sent.clear()
    desk.hear(fast)
    await desk.clock.advance(3000)
    assert len(desk.gateways.sent[0].phy) == 213


async def test_a_refused_window_is_followed_by_the_second_with_the_same_bytes(desk: Desk, node: Node) -> None:
    number = put(desk, node)
    desk.gateways.refusing = ["COLLISION_PACKET"]
    first, second = await speak(desk, node)
    assert first.phy == second.phy
    assert (first.frequency_hz, second.frequency_hz) == (868_100_000, 869_525_000)
    assert row(desk, number)["state"] == "sent"
    refused = put(desk, node)
    desk.gateways.refusing = ["COLLISION_PACKET", "TX_FREQ"]
    assert len(await speak(desk, node)) == 2
    told = row(desk, refused)
    assert (told["state"], told["attempts"]) == ("queued", 0)
    assert desk.counters.unanswered == 1
    assert desk.counters.second_windows == 2


async def test_no_downlink_counter_is_given_twice_over_a_crash(
    desk: Desk, node: Node, tmp_path: Path
) -> None:
    """Each restart forgets what was leased and not used; nothing it gave out comes again."""
    counters, running, where = [], desk, tmp_path / "ledger.db"
    for _ in range(5):
        for _ in range(3):
            put(running, node)
            (down,) = await speak(running, node)
            counters.append(opened(node, down)[0].fcnt)
        running.store.close()
        running = Desk(where, desk.clock)
    running.store.close()
    assert len(set(counters)) == 15 and counters == sorted(counters)
    assert counters[3] == 16


async def test_a_listening_node_is_spoken_to_at_once(desk: Desk, node: Node) -> None:
    await speak(desk, node)
    with desk.store.transaction():
        queue.set_class_c(desk.store.connection, node.dev_eui, True)
    numbers = [put(desk, node, payload=text) for text in (b"1", b"2")]
    desk.gateways.sent.clear()
    desk.server.send_at_once()
    assert [opened(node, down)[1] for down in desk.gateways.sent] == [b"1"], "one frame at a time"
    assert (desk.gateways.sent[0].tmst, desk.gateways.sent[0].frequency_hz) == (None, 869_525_000)
    await desk.clock.advance(5000)
    desk.server.send_at_once()
    assert [row(desk, number)["state"] for number in numbers] == ["sent", "sent"]
    assert [opened(node, down)[1] for down in desk.gateways.sent] == [b"1", b"2"]


def test_a_gap_in_the_journal_is_asked_for_once(desk: Desk, node: Node) -> None:
    later = START_MS + 1000
    with desk.store.transaction():
        db = desk.store.connection
        number = queue.ask_journal(db, node.dev_eui, "distance", 65_530, 12, START_MS, later)
        assert queue.ask_journal(db, node.dev_eui, "distance", 65_530, 12, START_MS, later) is None
        assert queue.ask_journal(db, node.dev_eui, "distance", 7, 3, START_MS, later) == (number or 0) + 1
    first = queue.waiting(desk.store.connection, node.dev_eui)[0]
    said = message.decode(first.payload)
    assert isinstance(said, Command)
    ((code, _, *numbers),) = said.orders
    assert (code, numbers) == (4, [65_530, 12])
    assert first.fport == 10


async def test_only_the_gateways_that_heard_it_are_asked(desk: Desk, node: Node) -> None:
    put(desk, node)
    desk.gateways.deaf = {EUIS[0]}
    assert await speak(desk, node) == []
    assert desk.counters.unanswered == 1
    desk.gateways.deaf = set()
    assert len(await speak(desk, node)) == 1, "it was not lost"
