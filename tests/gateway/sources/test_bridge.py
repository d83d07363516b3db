"""An LNS's messages in the ledger: whose session, new or known, and what is not stored."""

import random
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.counters import Counters
from gateway.model import Device
from gateway.network import queue
from gateway.refusals import Refusals
from gateway.sources.bridge import Bridge
from gateway.sources.lns import Hearing, LnsAnswer, LnsJoin, LnsUplink, Message
from gateway.store import lns
from gateway.store.database import StoreError
from gateway.store.ledger import Store
from tests.gateway.desk import START_MS, ManualClock
from tests.gateway.lns import REPORT

DEV_EUI = "70b3d57ed0020001"
ROUTE = f"application/1/device/{DEV_EUI}"
UPLINK = LnsUplink(
    dev_eui=DEV_EUI,
    name="Aue",
    dev_addr="01000001",
    fcnt=0,
    fport=1,
    confirmed=False,
    payload=REPORT,
    time_ms=START_MS,
    frequency_hz=868100000,
    data_rate="SF9BW125",
    hearings=(Hearing("aa555a0000000101", -101.0, 5.0), Hearing("roof", None, None)),
    route=ROUTE,
)


class Bench:
    """A bridge with its ledger."""

    def __init__(self, path: Path, adopt: bool = False, is_known: bool = True):
        self.store = Store(path)
        self.clock = ManualClock(START_MS + 86_400_000)
        self.counters = Counters()
        refusals = Refusals(self.counters, self.clock)
        self.bridge = Bridge("aue", adopt, self.store, self.clock, self.counters, refusals)
        if is_known:
            with self.store.transaction():
                self.store.add_device(Device(DEV_EUI, "Aue", "lns"))

    def take(self, *messages: Message) -> int:
        return len(self.bridge.take(messages))

    def rows(self) -> list[tuple[int, int]]:
        """(session, fcnt) as they follow each other."""
        query = "SELECT session_id, fcnt FROM uplink ORDER BY session_id, fcnt"
        return [tuple(row) for row in self.store.connection.execute(query)]


@pytest.fixture
def bench(tmp_path: Path):  # type: ignore[no-untyped-def]
    made = Bench(tmp_path / "ledger.db")
    yield made
    made.store.close()


def up(fcnt: int, after_ms: int, **changes: object) -> LnsUplink:
    """With a payload of its own."""
    told: dict[str, object] = {"payload": fcnt.to_bytes(4, "big"), "time_ms": START_MS + after_ms, **changes}
    return replace(UPLINK, fcnt=fcnt, **told)  # type: ignore[arg-type]


def test_what_is_heard_is_stored(bench: Bench) -> None:
    (uplink,) = bench.bridge.take([UPLINK])
    assert (uplink.fcnt, uplink.payload, uplink.phy, uplink.received_at) == (0, UPLINK.payload, b"", START_MS)
    heard = bench.store.connection.execute("SELECT gateway_id, rssi_dbm, tmst FROM reception").fetchall()
    assert [tuple(row) for row in heard] == [("aa555a0000000101", -101.0, None), ("roof", None, None)]
    assert lns.way_down(bench.store.connection, DEV_EUI) == ("aue", ROUTE)
    assert bench.counters.uplinks == 1
    assert bench.store.candidates("01000001") == [], "no session of ours, for it has no keys"


def test_what_comes_twice_is_stored_once(bench: Bench) -> None:
    assert bench.take(up(1, 0), up(1, 0)) == 1
    assert bench.take(up(1, 0), up(1, 800)) == 0, "a second replica of the LNS has a time of its own"
    assert bench.take(up(2, 5, time_ms=None), up(2, 5, time_ms=None)) == 1
    assert (bench.counters.uplinks, bench.counters.duplicates) == (2, 4)


@pytest.mark.parametrize(
    "following",
    [
        pytest.param([up(0, 900_000, dev_addr="01000002")], id="a new address"),
        pytest.param([up(0, 900_000)], id="a counter from zero"),
        pytest.param([up(5, 900_000, payload=b"other")], id="the same counter with another content"),
        pytest.param([up(5, 900_000)], id="the same counter and content, a quarter of an hour later"),
        pytest.param(
            [LnsJoin(DEV_EUI, "Aue", "01000001", START_MS + 800_000, ROUTE), up(6, 900_000)], id="a join"
        ),
    ],
)
def test_a_new_session_begins_with(bench: Bench, following: list[Message]) -> None:
    bench.take(up(4, 0), up(5, 300_000))
    bench.take(*following)
    sessions = {session for session, _ in bench.rows()}
    assert sessions == {1, 2}
    states = [row[0] for row in bench.store.connection.execute("SELECT state FROM session ORDER BY id")]
    assert states == ["ended", "active"]
    assert lns.way_down(bench.store.connection, DEV_EUI) == ("aue", ROUTE)


def test_a_gap_is_no_new_session_nor_is_what_comes_late(bench: Bench) -> None:
    bench.take(up(4, 0), up(70_000, 600_000), up(5, 300_000))
    assert bench.rows() == [(1, 4), (1, 5), (1, 70_000)]


def test_what_comes_late_from_before_a_join_is_in_the_former_session(bench: Bench) -> None:
    join = LnsJoin(DEV_EUI, "Aue", "01000002", START_MS + 500_000, ROUTE)
    bench.take(up(4, 0), join, up(0, 600_000, dev_addr="01000002"), up(5, 300_000))
    assert bench.rows() == [(1, 4), (1, 5), (2, 0)]


def test_a_join_that_comes_twice_is_one(bench: Bench) -> None:
    join = LnsJoin(DEV_EUI, "Aue", "01000001", START_MS, ROUTE)
    bench.take(join, join, up(0, 10), join, up(1, 20))
    assert bench.rows() == [(1, 0), (1, 1)]
    assert (bench.counters.joins, bench.counters.duplicates) == (1, 2)


def test_a_time_ahead_of_ours_is_not_believed(bench: Bench) -> None:
    (uplink,) = bench.bridge.take([up(1, 10 * 86_400_000)])
    assert uplink.received_at == bench.clock.now_ms()


def test_unknown_and_simulated_ones_are_counted_and_never_stored(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "ledger.db", is_known=False)
    answer = LnsAnswer(DEV_EUI, "transmitted", "q")
    assert bench.take(UPLINK, replace(UPLINK, simulated=True), answer) == 0
    assert bench.counters.refused["unknown_device"] == 1
    for table in ("device", "session", "uplink", "reception", "event"):
        assert bench.store.connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == 0
    bench.store.close()


def test_a_node_is_adopted_where_that_is_wanted(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "ledger.db", adopt=True, is_known=False)
    assert bench.take(UPLINK) == 1
    device = bench.store.device(DEV_EUI)
    assert device and (device.name, device.activation, device.app_key) == ("Aue", "lns", None)
    bench.store.close()


def test_a_batch_is_stored_as_a_whole_or_not_at_all(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(bench.store, "add_reception", fail)
    monkeypatch.setattr(lns, "advance", fail)
    with pytest.raises(StoreError):
        bench.take(up(1, 0), up(2, 10))
    assert bench.rows() == []
    assert bench.counters.uplinks == 0
    monkeypatch.undo()
    assert bench.take(up(1, 0), up(2, 10)) == 2


def test_an_answer_without_a_name_is_about_the_oldest_that_waits(bench: Bench) -> None:
    """ChirpStack v3 sends one confirmed downlink after the other."""
    db, now = bench.store.connection, START_MS
    bench.take(up(0, 0))
    for payload, confirmed in ((b"1", True), (b"2", False), (b"3", True), (b"4", True)):
        number = queue.add(db, queue.Wanted(DEV_EUI, 7, payload, confirmed=confirmed), "office", now)
        queue.handed_over(
            db, next(each for each in queue.behind_lns(db) if each.id == number), f"r{number}", now
        )
    acked, missed = (
        LnsAnswer(DEV_EUI, said, None, is_oldest=True) for said in ("acknowledged", "not acknowledged")
    )
    bench.take(LnsAnswer(DEV_EUI, "acknowledged", None))
    for answer in (acked, missed):
        bench.take(answer)
    assert [each["state"] for each in queue.told(db, DEV_EUI)] == ["sent", "failed", "sent", "delivered"]
    for _ in range(3):
        bench.take(acked)
    assert [each["state"] for each in queue.told(db, DEV_EUI)] == ["delivered", "failed", "sent", "delivered"]


@settings(max_examples=25, deadline=None)  # each fills a store of its own
@given(
    seed=st.integers(0, 2**32),
    lengths=st.lists(st.integers(1, 6), min_size=1, max_size=3),
    distance=st.integers(1, 4),
)
def test_order_of_arrival_within_a_session_does_not_matter(
    tmp_path_factory: pytest.TempPathFactory, seed: int, lengths: list[int], distance: int
) -> None:
    """Two gateways share a subscription: neighbours change places, some come twice."""
    rng = random.Random(seed)
    sent: list[LnsUplink] = []
    for number, length in enumerate(lengths):
        for fcnt in range(length):
            sent.append(up(fcnt, len(sent) * 300_000, dev_addr=f"0100000{number}"))
    arriving = sorted(range(len(sent)), key=lambda at: at + rng.uniform(0, distance))
    first = arriving.index(0)
    arriving.insert(0, arriving.pop(first))  # what began the first session is not overtaken
    bench = Bench(tmp_path_factory.mktemp("order") / "ledger.db")
    for at in arriving:
        bench.take(*[sent[at]] * rng.choice((1, 1, 2)))
    stored = bench.store.connection.execute("SELECT payload, received_at FROM uplink ORDER BY received_at")
    assert [tuple(row) for row in stored] == [(each.payload, each.time_ms) for each in sent]
    bench.store.close()
