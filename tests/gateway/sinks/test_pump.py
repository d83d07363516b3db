"""The pump: in order, at least once, past what can never be delivered, and never in another's way."""

import asyncio
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import pytest

from gateway.sinks import pump as pump_module
from gateway.sinks.pump import Pump
from gateway.sinks.sink import RefusedError, UnavailableError
from gateway.store import outbox
from gateway.store.database import StoreError
from gateway.store.outbox import Delivery
from tests.gateway.broker import until
from tests.gateway.sinks.conftest import Ledger


class Shelf:
    """A sink that keeps what it gets; `judge` may raise first."""

    def __init__(self, name: str, batch: int = 3, judge: Callable[[Delivery], None] = lambda delivery: None):
        self.name = name
        self.batch = batch
        self.back = asyncio.Event()
        self.got: list[str] = []
        self.judge = judge

    def start(self) -> None:
        pass

    async def stop(self) -> None:
        pass

    async def deliver(self, deliveries: Sequence[Delivery]) -> None:
        for delivery in deliveries:
            self.judge(delivery)
        self.got += [delivery.id for delivery in deliveries]


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pump_module, "_FIRST_WAIT_S", 0.001)
    monkeypatch.setattr(pump_module, "_LONGEST_WAIT_S", 0.01)
    monkeypatch.setattr(pump_module, "_STORE_S", 0.001)


def started(ledger: Ledger, shelf: Shelf) -> Pump:
    pump = Pump(shelf, ledger.store, ledger.clock, Random(1))
    pump.start()
    return pump


async def test_what_is_fresh_is_not_read_and_the_outbox_says_in_which_order(ledger: Ledger) -> None:
    ids = [ledger.add("shelf", fcnt=fcnt) for fcnt in range(3)]
    first, second, third = outbox.due(ledger.store.connection, "shelf", 3)
    fresh = {third.id: third, second.id: second._replace(name="fresh")}
    found = outbox.due(ledger.store.connection, "shelf", 9, fresh)
    assert [(each.id, each.name == "fresh") for each in found] == list(
        zip(ids, (False, True, False), strict=True)
    )
    assert found[0] == first


async def test_what_is_owed_is_delivered_in_order_and_then_owed_no_more(ledger: Ledger) -> None:
    ids = [ledger.add("shelf", fcnt=fcnt) for fcnt in range(7)]
    shelf = Shelf("shelf")
    pump = started(ledger, shelf)
    await until(lambda: len(shelf.got) == 7)
    ids.append(ledger.add("shelf", fcnt=7))
    pump.wake()
    await until(lambda: len(shelf.got) == 8)
    await pump.stop()
    assert shelf.got == ids
    assert ledger.owed("shelf") == []


async def test_of_what_piles_up_the_oldest_need_not_be_read(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pump_module, "_FRESH", 2)
    ids = [ledger.add("shelf", fcnt=fcnt) for fcnt in range(4)]
    named: list[str] = []
    shelf = Shelf("shelf", 9, lambda delivery: named.append(delivery.name))
    pump = Pump(shelf, ledger.store, ledger.clock, Random(1))
    pump.owe([each._replace(name="fresh") for each in outbox.due(ledger.store.connection, "shelf", 9)])
    pump.start()
    await until(lambda: len(shelf.got) == 4)
    await pump.stop()
    assert shelf.got == ids
    assert [each == "fresh" for each in named] == [True, True, False, False]


async def test_what_a_sink_refuses_for_good_is_a_dead_letter_and_the_rest_goes_on(ledger: Ledger) -> None:
    ids = [ledger.add("shelf", fcnt=fcnt) for fcnt in range(5)]

    def judge(delivery: Delivery) -> None:
        if delivery.id == ids[2]:
            raise RefusedError("HTTP 422: a comma is missing")

    shelf = Shelf("shelf", judge=judge)
    pump = started(ledger, shelf)
    await until(lambda: len(shelf.got) == 4)
    await pump.stop()
    assert shelf.got == [*ids[:2], *ids[3:]]
    (letter,) = outbox.dead(ledger.store.connection)
    assert (letter.sink, letter.id, letter.reason) == ("shelf", ids[2], "HTTP 422: a comma is missing")
    assert ledger.lag("shelf").dead == 1

    with ledger.store.transaction():
        assert outbox.retry(ledger.store.connection, "shelf") == 1
    shelf.judge = lambda delivery: None
    pump = started(ledger, shelf)
    await until(lambda: len(shelf.got) == 5)
    await pump.stop()
    assert list(outbox.dead(ledger.store.connection)) == []


async def test_a_sink_that_is_away_is_waited_for_and_the_operator_sees_it(
    ledger: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "gateway")
    ids = [ledger.add("shelf", fcnt=fcnt) for fcnt in range(4)]
    is_away = True

    def judge(delivery: Delivery) -> None:
        if is_away:
            raise UnavailableError("nobody is at home")

    shelf = Shelf("shelf", judge=judge)
    pump = started(ledger, shelf)
    await until(lambda: ledger.lag("shelf").error)
    lag = ledger.lag("shelf")
    assert (lag.error, lag.depth, lag.oldest_at) == ("nobody is at home", 4, ledger.clock.now_ms())
    await asyncio.sleep(0.1)
    assert ledger.owed("shelf") == ids
    is_away = False
    await until(lambda: shelf.got == ids)
    await until(lambda: ledger.lag("shelf").error is None)
    await pump.stop()
    told = [record.getMessage() for record in caplog.records]
    assert told.count("sink shelf: nobody is at home; trying again until it works") == 1, (
        "once, not each time"
    )
    assert told.count("sink shelf: works again") == 1


async def test_one_that_always_fails_at_the_sink_is_put_aside_in_the_end(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pump_module, "_ANSWERS", 3)
    ids = [ledger.add("shelf", fcnt=fcnt) for fcnt in range(2)]

    def judge(delivery: Delivery) -> None:
        if delivery.id == ids[0]:
            raise UnavailableError("HTTP 500", answered=True)

    shelf = Shelf("shelf", 1, judge)
    pump = started(ledger, shelf)
    await until(lambda: shelf.got == ids[1:])
    await pump.stop()
    assert [letter.id for letter in outbox.dead(ledger.store.connection)] == ids[:1]


async def test_a_slow_sink_does_not_delay_another(ledger: Ledger) -> None:
    never = asyncio.Event()

    class Slow(Shelf):
        async def deliver(self, deliveries: Sequence[Delivery]) -> None:
            await never.wait()

    quick, slow = Shelf("quick"), Slow("slow")
    for fcnt in range(5):
        ledger.add("quick", "slow", fcnt=fcnt)
    pumps = [started(ledger, shelf) for shelf in (slow, quick)]
    await until(lambda: len(quick.got) == 5)
    assert len(ledger.owed("slow")) == 5
    for pump in pumps:
        await pump.stop()


async def test_a_fault_of_ours_does_not_end_the_deliveries(ledger: Ledger) -> None:
    ids = [ledger.add("shelf")]
    faults = [ZeroDivisionError, KeyError]

    def judge(delivery: Delivery) -> None:
        if faults:
            raise faults.pop()("ours")

    shelf = Shelf("shelf", judge=judge)
    pump = started(ledger, shelf)
    await until(lambda: shelf.got == ids)
    await pump.stop()


async def test_what_was_taken_while_the_disk_is_full_is_told_once(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [ledger.add("shelf", fcnt=fcnt) for fcnt in range(4)]
    fails = 0
    settle = outbox.settle

    def full(*arguments: Any) -> None:
        nonlocal fails
        fails += 1
        if fails < 9:
            raise StoreError("disk full")
        settle(*arguments)

    monkeypatch.setattr(outbox, "settle", full)
    shelf = Shelf("shelf")
    pump = started(ledger, shelf)
    await until(lambda: ledger.owed("shelf") == [])
    await pump.stop()
    assert shelf.got == ids
    assert outbox.lags(ledger.store.connection)[0].error is None, "no fault of the sink's"


async def test_a_crash_between_delivery_and_deletion_delivers_again_with_the_same_id(ledger: Ledger) -> None:
    ids = [ledger.add("shelf", fcnt=fcnt) for fcnt in range(3)]
    shelf = Shelf("shelf")
    await shelf.deliver(outbox.due(ledger.store.connection, "shelf", 3))
    pump = started(ledger, shelf)
    await until(lambda: len(shelf.got) == 6)
    await pump.stop()
    assert shelf.got == ids * 2


def test_a_removed_device_is_owed_no_more(ledger: Ledger) -> None:
    ledger.add("shelf")
    with ledger.store.transaction():
        ledger.store.remove_device(ledger.store.devices()[0].dev_eui)
    assert ledger.owed("shelf") == []
    assert ledger.store.connection.execute("SELECT count(*) FROM outbox").fetchone()[0] == 0
