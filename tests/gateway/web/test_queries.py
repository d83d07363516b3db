"""What the web asks of the store stays quick as the store grows: no query steps over a whole table."""

from contextlib import closing

import pytest

from gateway.store import queries
from gateway.store.database import opened
from gateway.store.ledger import Store
from tests.gateway.web.conftest import CREEK
from tests.gateway.web.ledger import Ledger

ASKED = {
    "devices": queries.devices,
    "device": lambda db: queries.device(db, CREEK),
    "readings": lambda db: queries.readings(db, CREEK, None, (1, 2), (1, "", "")),
    "uplinks": lambda db: queries.uplinks(db, None, (1, 2), (1, "")),
    "uplinks of one": lambda db: queries.uplinks(db, CREEK, (1, 2), (1, "")),
    "events": lambda db: queries.events(db, 0, 10),
}


@pytest.mark.parametrize("name", ASKED)
def test_every_table_is_searched_by_an_index(ledger: Ledger, name: str) -> None:
    with opened(ledger.path) as db:
        asked: list[str] = []
        db.set_trace_callback(asked.append)
        list(ASKED[name](db) or ())
        db.set_trace_callback(None)
        asked = [each for each in asked if each.lstrip().startswith("SELECT")]
        plans = [row["detail"] for each in asked for row in db.execute(f"EXPLAIN QUERY PLAN {each}")]
    assert any("SEARCH" in plan for plan in plans)
    assert not [plan for plan in plans if plan.startswith("SCAN") and "VIRTUAL TABLE" not in plan]


def test_a_start_looks_only_at_what_is_not_decoded(ledger: Ledger) -> None:
    """Else it steps over every uplink there ever was: a minute and more in a cold file of 5 GB."""
    with closing(Store(ledger.path)) as store:
        asked: list[str] = []
        store.connection.set_trace_callback(asked.append)
        store.undecoded()
        store.connection.set_trace_callback(None)
        plan = [row["detail"] for row in store.connection.execute(f"EXPLAIN QUERY PLAN {asked[0]}")]
    assert plan[0].endswith("USING INDEX uplink_undecoded")


def test_the_connection_cannot_write(ledger: Ledger) -> None:
    with opened(ledger.path) as db, pytest.raises(Exception, match="readonly database"):
        db.execute("DELETE FROM device")


def test_one_answer_is_of_one_moment(ledger: Ledger) -> None:
    with opened(ledger.path) as db:
        before = queries.device(db, CREEK)
        ledger.hear(CREEK, 1_900_000_000_000, {"level": 1.0})
        assert queries.device(db, CREEK) == before
    with opened(ledger.path) as db:
        assert queries.device(db, CREEK) != before
