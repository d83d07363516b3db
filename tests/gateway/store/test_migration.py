"""A ledger of every released schema, with rows in its tables, is kept as it was and brought up to date."""

import hashlib
import re
import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from gateway.model import GaugeZero, Installation
from gateway.store import database, gauge_zeros, outbox, queries, sites, sqlite
from gateway.store.database import Postgres, StoreError, Where
from gateway.store.ledger import Store

RELEASED = Path(__file__).parent / "released"
ROWS = sorted((RELEASED / "rows").iterdir())
BLOB = re.compile(r"x'([0-9a-f]*)'")
AUE = "70b3d57ed0000001"
UPLINK = "00000000000000a1"
NEWS = "event"  # a page follows it by number, nothing is read back from it: steps may make it anew


def kind(where: Where) -> str:
    return "sqlite" if isinstance(where, Path) else "postgres"


def released(where: Where, version: int) -> None:
    """What a messfunk of that schema has left; each step was followed by some use of what it brought."""
    steps = sorted((database.SCHEMA / kind(where)).glob("[0-9]*.sql"))[:version]
    texts = [each.read_text("utf-8") for pair in zip(steps, ROWS, strict=False) for each in pair]
    if isinstance(where, Path):
        with closing(sqlite3.connect(where)) as db:
            db.executescript(
                "PRAGMA synchronous = OFF;" + "\n".join(texts) + f"PRAGMA user_version = {version};"
            )
        return
    with psycopg.connect(where.url, autocommit=True) as pg:
        pg.execute("CREATE TABLE schema_version (version INTEGER NOT NULL)")
        pg.execute(f"INSERT INTO schema_version VALUES ({version})".encode())
        for text in texts:
            pg.execute(BLOB.sub(r"'\\x\1'::bytea", text).encode())


def contents(where: Where, schema: str = "public") -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, read without our own seam."""
    if isinstance(where, Path):
        with closing(sqlite3.connect(where)) as db:
            db.row_factory = sqlite3.Row
            names = db.execute(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            )
            return {name: [dict(row) for row in db.execute(f"SELECT * FROM {name}")] for (name,) in names}
    with psycopg.connect(where.url, row_factory=psycopg.rows.dict_row) as pg:
        tables = pg.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = %s", (schema,)
        )
        return {
            row["table_name"]: pg.execute(f"SELECT * FROM {schema}.{row['table_name']}".encode()).fetchall()
            for row in tables.fetchall()
        }


def lacking(before: dict[str, list[dict[str, Any]]], after: dict[str, list[dict[str, Any]]]) -> list[Any]:
    """Rows that are gone, by the columns that there still are."""
    found = []
    for table in before.keys() - {NEWS, "schema_version"}:
        columns = [name for name in before[table][0] if name in after[table][0]] if before[table] else []
        kept = [[row[name] for name in columns] for row in after[table]]
        found += [(table, row) for row in before[table] if [row[name] for name in columns] not in kept]
    return found


@pytest.mark.parametrize("name", ["sqlite", "postgres"])
def test_no_released_step_is_ever_changed(name: str) -> None:
    listed = dict(
        reversed(line.split("  ")) for line in (RELEASED / f"{name}.sha256").read_text().splitlines()
    )
    folder = database.SCHEMA / name
    assert {step: hashlib.sha256((folder / step).read_bytes()).hexdigest() for step in listed} == listed
    assert [step.name for step in ROWS] == sorted(listed), "rows for each of them"


@pytest.mark.parametrize("version", range(1, len(ROWS) + 1))
def test_every_row_is_there_afterwards(where: Where, version: int) -> None:
    released(where, version)
    before = contents(where)
    assert all(before[table] for table in before if table not in ("seal", "node_marks")), (
        "a table without rows"
    )
    with closing(Store(where)) as store:
        assert lacking(before, contents(where)) == []
        check_use(store, version)
    is_older = version < len(list((database.SCHEMA / kind(where)).glob("[0-9]*.sql")))
    assert kept(where, version) == (before if is_older else None)


def check_use(store: Store, version: int) -> None:
    """By the product's own reads and writes."""
    db = store.connection
    told = queries.device(db, AUE)
    assert told and told["last"][0]["value"] == 1234.0
    assert sites.present(db, AUE) == Installation(AUE, AUE, 0, None, 3000, 51.5, 9.9, 1)
    surveyed = [] if version < 6 else [GaugeZero(0, 271_300)]
    assert gauge_zeros.of_site(db, "wehr") == surveyed
    assert store.is_nonce_used("70b3d57ed0010001", "0102030405060708", 4)
    assert [each.id for each in outbox.due(db, "hook", 9)] == ([UPLINK] if version >= 3 else [])
    with store.transaction():
        (session,) = store.candidates("00000001")
        assert (session.nwk_s_key, session.fcnt_up, session.fcnt_down) == (b"\1", 7, 1)
        number = store.add_session(session)
        assert number == (3 if version == 1 else 4), "a number once given is not given again"
        store.remove_device(AUE)
    assert db.execute("SELECT count(*) FROM reading").fetchone()[0] == 0, "the references hold"


def kept(where: Where, version: int) -> dict[str, list[dict[str, Any]]] | None:
    """What lies beside, as it was."""
    if isinstance(where, Postgres):
        return contents(where, f"messfunk_schema_{version}") or None
    former = sqlite.former(where, version)
    if not former.exists():
        return None
    assert stat.S_IMODE(former.stat().st_mode) == 0o600, "it holds keys"
    with closing(sqlite3.connect(former)) as db:
        assert db.execute("PRAGMA user_version").fetchone()[0] == version
    return contents(former)


def test_an_old_file_is_not_touched_where_there_is_no_room_for_its_copy(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    released(path, 1)
    before = contents(path)
    sqlite.former(path, 1).mkdir()
    with pytest.raises(StoreError, match=r"old.db.schema-1: the older ledger cannot be copied.*make room"):
        Store(path)
    assert contents(path) == before
    assert [each.name for each in tmp_path.iterdir() if "part" in each.name] == []


def test_how_far_the_copy_is_stands_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sqlite, "_PAGES", 1)
    monkeypatch.setattr(sqlite, "_TOLD_S", 0.0)
    caplog.set_level("INFO", "gateway")
    path = tmp_path / "old.db"
    released(path, 1)
    Store(path).close()
    told = [int(each) for each in re.findall(r"(\d+) % of \d+ pages are copied", caplog.text)]
    assert len(told) > 10
    assert told == sorted(told)
    assert told[-1] == 100
    assert re.search(r"schema 1 becomes \d+, then every reference is checked", caplog.text)


def test_a_copy_is_of_one_moment_whoever_writes_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "_PAGES", 1)
    monkeypatch.setattr(sqlite, "_TOLD_S", 0.0)
    path, copied = tmp_path / "ledger.db", tmp_path / "copied.db"
    Store(path).close()
    before = contents(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writes: list[int] = []

        def write(*_: object) -> None:
            writes.append(len(writes))
            writer.execute(
                "INSERT INTO site (id, name, created_at) VALUES (?, ?, 0)", (f"s{len(writes)}", "x" * 3000)
            )

        monkeypatch.setattr(sqlite._log, "info", write)
        sqlite.copy(path, copied, sqlite.page_by_page)
    assert len(writes) > 10
    assert len(contents(path)["site"]) == len(writes)
    assert contents(copied) == before
    assert copied.read_bytes()[18:20] == b"\1\1", "no longer in WAL: the file stands for itself"


@pytest.mark.parametrize("where", ["postgres"], indirect=True)
def test_who_may_not_copy_may_not_migrate(where: Postgres) -> None:
    """In PostgreSQL the copy is a schema beside, which its user must be allowed to make."""
    released(where, 14)
    with psycopg.connect(where.url, autocommit=True) as pg:
        pg.execute("CREATE ROLE clerk LOGIN; GRANT ALL ON ALL TABLES IN SCHEMA public TO clerk")
    with pytest.raises(StoreError, match=r"messfunk_schema_14: the older ledger cannot be copied: .*denied"):
        Store(Postgres(where.url.replace("messfunk@", "clerk@")))
    assert contents(where)["schema_version"] == [{"version": 14}]


@pytest.mark.parametrize("where", ["postgres"], indirect=True)
def test_a_newer_database_is_refused_untouched(where: Postgres) -> None:
    Store(where).close()
    with psycopg.connect(where.url, autocommit=True) as pg:
        pg.execute("UPDATE schema_version SET version = 99")
    with pytest.raises(StoreError, match=r"written by a newer messfunk \(schema 99.*upgrade"):
        Store(where)


def test_a_file_with_dangling_rows_is_refused_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    released(path, 1)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute(f"DELETE FROM device WHERE dev_eui = '{AUE}'")
    before = contents(path)
    with pytest.raises(StoreError, match="restore a backup"):
        Store(path)
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone()[0] == 1
    assert contents(path) == before
