"""The ledger's file: made, brought up to date, refused; transactions that hold all or nothing."""

import sqlite3
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from gateway.store import database, sqlite
from gateway.store.database import StoreError
from gateway.store.ledger import Store
from tests.gateway.desk import Desk, Node


def test_a_new_file_is_for_its_owner_only(tmp_path: Path) -> None:
    store = Store(tmp_path / "new.db")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    store.close()
    assert modes["new.db"] == 0o600
    assert set(modes.values()) == {0o600}, "the write-ahead log holds keys too"


def test_what_is_committed_is_on_disk(tmp_path: Path) -> None:
    store = Store(tmp_path / "new.db")
    pragmas = [
        store.connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")
    ]
    store.close()
    assert pragmas == ["wal", 2]


def test_a_second_opening_finds_the_same_schema(tmp_path: Path) -> None:
    def schema() -> list[tuple[object, ...]]:
        store = Store(tmp_path / "new.db")
        rows = store.connection.execute("SELECT type, name, sql FROM sqlite_schema").fetchall()
        store.close()
        return [tuple(row) for row in rows]

    first = schema()
    assert ("table", "uplink") in [row[:2] for row in first]
    assert schema() == first


def test_steps_are_applied_in_order_from_where_the_file_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = tmp_path / "sqlite"
    steps.mkdir()
    monkeypatch.setattr(database, "SCHEMA", tmp_path)
    path = tmp_path / "grown.db"
    (steps / "001_first.sql").write_text("-- first; with a semicolon\nCREATE TABLE a (x TEXT) STRICT;\n")
    sqlite.connect(path).close()
    (steps / "002_second.sql").write_text(
        "ALTER TABLE a ADD COLUMN y TEXT;\nINSERT INTO a VALUES ('1;', '2');\n"
    )
    (steps / "010_third.sql").write_text("UPDATE a SET y = x || y;\n")
    db = sqlite.connect(path)
    assert [tuple(row) for row in db.execute("SELECT * FROM a")] == [("1;", "1;2")]
    assert db.execute("PRAGMA user_version").fetchone()[0] == 3
    db.close()


def test_a_step_that_fails_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = tmp_path / "sqlite"
    steps.mkdir()
    monkeypatch.setattr(database, "SCHEMA", tmp_path)
    path = tmp_path / "grown.db"
    (steps / "001_first.sql").write_text("CREATE TABLE a (x TEXT);\n")
    sqlite.connect(path).close()
    (steps / "002_second.sql").write_text("CREATE TABLE b (x TEXT);\nCREATE TABLE a (x TEXT);\n")
    with pytest.raises(StoreError, match="table a already exists"):
        sqlite.connect(path)
    with sqlite3.connect(path) as db:
        assert [row[0] for row in db.execute("SELECT name FROM sqlite_schema")] == ["a"]
    db.close()


def test_many_may_make_the_file_at_once(tmp_path: Path) -> None:
    failures: list[Exception] = []

    def make() -> None:
        try:
            Store(tmp_path / "new.db").close()
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=make) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_second_opening_leaves_the_first_its_lock(tmp_path: Path) -> None:
    """An own descriptor of the file, once closed, would let another process checkpoint under our feet."""
    shared = "510, 2**30 + 2"  # SQLite's SHARED_SIZE and SHARED_FIRST
    lock = f"fcntl.lockf(open(sys.argv[1], 'r+b'), fcntl.LOCK_EX | fcntl.LOCK_NB, {shared})"
    path = tmp_path / "new.db"

    def is_locked() -> bool:
        return (
            subprocess.run(
                [sys.executable, "-c", f"import fcntl, sys; {lock}", path], capture_output=True
            ).returncode
            != 0
        )

    first = Store(path)
    assert is_locked()
    Store(path).close()
    assert is_locked()
    first.close()
    assert not is_locked(), "the question itself works"


def test_a_newer_file_is_refused_untouched(tmp_path: Path) -> None:
    path = tmp_path / "newer.db"
    Store(path).close()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(StoreError, match=r"newer.db: written by a newer messfunk \(schema 99.*upgrade"):
        Store(path)


def test_a_database_of_another_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE theirs (x)")
    db.close()
    with pytest.raises(StoreError, match="another program"):
        Store(path)


@pytest.mark.parametrize("name", ["text.db", "folder", "missing/x.db"])
def test_what_is_no_database_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "text.db").write_text("not a database at all, but long enough to have a header" * 3)
    (tmp_path / "folder").mkdir()
    with pytest.raises(StoreError, match=name):
        Store(tmp_path / name)


@pytest.mark.parametrize("where", ["sqlite"], indirect=True)
def test_a_writer_that_keeps_the_file_is_an_error_and_no_lock_for_ever(
    desk: Desk, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.store.connection.execute("PRAGMA busy_timeout = 10")
    other = sqlite3.connect(desk.store.where, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    phy = node.uplink()
    with pytest.raises(StoreError, match="locked"):
        desk.hear(desk.reception(phy))
    other.execute("ROLLBACK")
    other.close()
    assert desk.hear(desk.reception(phy)), "the frame is still new"
