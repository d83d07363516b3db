"""Readers of PostgreSQL go on over connections that others have read by; broken ones are made anew."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from gateway.store.database import Postgres, StoreError, opened
from gateway.store.ledger import Store
from tests.gateway.postgres import Server

READERS = 20
OURS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'messfunk'"


@pytest.fixture
def target(postgresql: Server) -> Postgres:
    made = postgresql.database()
    Store(made).close()
    return made


def pid(target: Postgres) -> int:
    with opened(target) as db:
        return int(db.execute("SELECT pg_backend_pid()").fetchone()[0])


def backends(target: Postgres, most: int = READERS) -> set[int]:
    """Once there are at most so many: the server ends a process some time after its connection."""
    deadline = time.monotonic() + 30
    with psycopg.connect(target.url, autocommit=True) as pg:
        while len(found := {row[0] for row in pg.execute(OURS)}) > most and time.monotonic() < deadline:
            time.sleep(0.02)
    return found


def test_one_connection_serves_one_reader_after_the_other(target: Postgres) -> None:
    assert len({pid(target) for _ in range(5)}) == 1


def test_each_reader_sees_its_own_moment_and_cannot_write(target: Postgres) -> None:
    store = Store(target)
    for number in range(3):
        with opened(target) as db:
            before = db.execute("SELECT count(*) FROM event").fetchone()[0]
            with store.transaction():
                store.connection.execute("INSERT INTO event (kind, data) VALUES ('join', '{}')")
            assert db.execute("SELECT count(*) FROM event").fetchone()[0] == before == number
            with pytest.raises(StoreError, match="read-only"):
                db.execute("DELETE FROM event")
    assert len(backends(target, most=2)) == 2, "the writer's and one reader's, for all that was refused"
    store.close()


def test_many_readers_at_once_leave_few_connections(target: Postgres) -> None:
    everyone = threading.Barrier(READERS)

    def read(_: int) -> int:
        with opened(target) as db:
            everyone.wait(30)
            return int(db.execute("SELECT pg_backend_pid()").fetchone()[0])

    with ThreadPoolExecutor(READERS) as pool:
        for _ in range(2):
            assert len(set(pool.map(read, range(READERS)))) == READERS
    assert 0 < len(backends(target, most=8)) <= 8


def test_a_connection_that_broke_between_two_readers_is_made_anew(target: Postgres) -> None:
    first = pid(target)
    with psycopg.connect(target.url) as admin:
        admin.execute("SELECT pg_terminate_backend(%s)", (first,))
    assert pid(target) not in (0, first)


def test_one_that_breaks_under_a_reader_is_an_error_and_not_kept(target: Postgres) -> None:
    with pytest.raises(StoreError), opened(target) as db:
        db.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    assert pid(target) > 0


def test_after_a_restart_the_next_reader_reads(target: Postgres, postgresql: Server) -> None:
    everyone = threading.Barrier(3)

    def read(_: int) -> None:
        with opened(target):
            everyone.wait(30)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(read, range(3)))
    postgresql.stop()
    with pytest.raises(StoreError, match="is the database up"), opened(target):
        pass
    postgresql.start()
    assert pid(target) > 0


def test_whoever_lets_go_of_the_database_leaves_no_connection(target: Postgres) -> None:
    own = Postgres(target.url)
    assert pid(own) in backends(target)
    del own
    assert not backends(target, most=0)
