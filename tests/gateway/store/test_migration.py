"""A ledger of the first schema, with rows in every table, is brought up to date and loses nothing."""

import sqlite3
from pathlib import Path

import pytest

from gateway.model import Installation
from gateway.store import database, queries, sites
from gateway.store.database import StoreError
from gateway.store.ledger import Store

FIRST = """
INSERT INTO device VALUES ('70b3d57ed0000001', 'Aue', 'abp', NULL, NULL, 0, 51.5, 9.9, 3000, 1);
INSERT INTO device
    VALUES ('70b3d57ed0010001', 'Wehr', 'otaa', '0102030405060708', x'00', 4, NULL, NULL, NULL, 2);
INSERT INTO session VALUES (3, '70b3d57ed0000001', '00000001', x'01', x'02', 'active', 7, 1, 1, 0, 0, 3);
INSERT INTO session VALUES (9, '70b3d57ed0010001', '00000002', x'03', x'04', 'ended', 8, 2, 5, 1, 3, 4);
DELETE FROM session WHERE id = 9;
INSERT INTO dev_nonce VALUES ('70b3d57ed0010001', '0102030405060708', 4);
INSERT INTO uplink VALUES ('u1', 3, '70b3d57ed0000001', '00000001', 7, 1, 0, 5, x'40', x'01', 1, NULL);
INSERT INTO uplink VALUES ('u2', 3, '70b3d57ed0000001', '00000001', 6, NULL, 1, 4, x'80', x'', 0, 'empty');
INSERT INTO reception VALUES ('u1', 'aa555a0000000101', 5, -101.5, NULL, 868100000, 'SF9BW125', 77);
INSERT INTO reading VALUES ('u1', 'distance', '70b3d57ed0000001', 5, 1234.0, NULL, 2);
INSERT INTO event (kind, data) VALUES ('uplink', '{}');
"""
TABLES = ("device", "session", "dev_nonce", "uplink", "reception", "reading", "event")


def first_schema(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path)
    db.executescript(
        (database.SCHEMA / "sqlite" / "001_ledger.sql").read_text("utf-8") + "PRAGMA user_version = 1;"
    )
    db.executescript(FIRST)
    return db


def contents(db: sqlite3.Connection) -> dict[str, list[tuple[object, ...]]]:
    return {name: [tuple(row) for row in db.execute(f"SELECT * FROM {name} ORDER BY 1")] for name in TABLES}


def test_every_row_is_there_afterwards(tmp_path: Path) -> None:
    old = first_schema(tmp_path / "old.db")
    before = contents(old)
    old.close()
    store = Store(tmp_path / "old.db")
    after = contents(store.connection)
    assert after.pop("session") == [(*before.pop("session")[0], None, None, "", b"")]
    assert after.pop("reception") == [(1, *before.pop("reception")[0])]
    (uplink_id, quantity, dev_eui, *rest), *_ = before.pop("reading")
    assert after.pop("reading") == [(dev_eui, quantity, rest[0], uplink_id, *rest[1:])]
    assert after.pop("device") == [(*row[:6], row[9], None, 0, None) for row in before.pop("device")]
    assert after == before
    assert queries.device(store.connection, dev_eui)["last"][0]["value"] == 1234.0
    assert sites.present(store.connection, dev_eui) == Installation(
        dev_eui, dev_eui, 0, None, 3000, 51.5, 9.9, 1
    )
    assert [site.name for site in sites.sites(store.connection)] == ["Aue", "Wehr"]
    assert store.connection.execute("PRAGMA foreign_keys").fetchone()[0] == 1
    with store.transaction():
        session = store.candidates("00000001")[0]
        assert store.add_session(session) == 10, "a number once given is not given again"
        store.remove_device("70b3d57ed0000001")
    assert contents(store.connection)["reading"] == [], "the references hold"
    store.close()


def test_an_old_and_a_new_file_have_the_same_schema(tmp_path: Path) -> None:
    first_schema(tmp_path / "old.db").close()
    schemas = []
    for name in ("old.db", "new.db"):
        store = Store(tmp_path / name)
        rows = store.connection.execute("SELECT type, name, sql FROM sqlite_schema ORDER BY type, name")
        schemas.append([tuple(row) for row in rows])
        store.close()
    assert schemas[0] == schemas[1]


def test_a_file_with_dangling_rows_is_refused_as_it_was(tmp_path: Path) -> None:
    old = first_schema(tmp_path / "old.db")
    old.execute("DELETE FROM device WHERE dev_eui = '70b3d57ed0000001'")
    old.commit()
    before = contents(old)
    old.close()
    with pytest.raises(StoreError, match="restore a backup"):
        Store(tmp_path / "old.db")
    db = sqlite3.connect(tmp_path / "old.db")
    assert (db.execute("PRAGMA user_version").fetchone()[0], contents(db)) == (1, before)
    db.close()
