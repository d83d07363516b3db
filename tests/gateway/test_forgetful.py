"""The disk that forgets, itself tested: what was synced stays, what was not is gone, in SQLite's file too."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.gateway import forgetful
from tests.gateway.forgetful import Disk

_WRITES = """
import os, sys
folder = sys.argv[1]
safe, unsafe = (os.open(f"{folder}/{name}", os.O_WRONLY | os.O_CREAT, 0o600) for name in ("safe", "unsafe"))
os.write(safe, b"first"); os.fsync(safe); os.write(safe, b", then lost"); os.write(unsafe, b"never synced")
part = os.open(f"{folder}/part", os.O_WRONLY | os.O_CREAT, 0o600)
os.write(part, b"renamed"); os.fdatasync(part); os.rename(f"{folder}/part", f"{folder}/whole")
os.unlink(f"{folder}/former")
os._exit(0)
"""
_COMMITS = """
import os, sqlite3, sys
db = sqlite3.connect(f"{sys.argv[1]}/a.db", isolation_level=None)
db.execute("PRAGMA journal_mode = WAL"); db.execute(f"PRAGMA synchronous = {sys.argv[2]}")
db.execute("CREATE TABLE t (a)"); db.execute("INSERT INTO t VALUES (1)")
os._exit(0)
"""
_COUNTS = """
import sqlite3, sys
print(sqlite3.connect(sys.argv[1]).execute("SELECT count(*) FROM t").fetchone()[0])
"""


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk" / "former").write_text("x")
    made = Disk(tmp_path / "disk", forgetful.build(tmp_path))
    made.begin()
    return made


def run(disk: Disk, program: str, *arguments: str) -> None:
    command = [sys.executable, "-c", program, str(disk.folder), *arguments]
    subprocess.run(command, env={**os.environ, **disk.environment}, check=True)
    disk.lose()


def test_what_was_not_synced_is_gone(disk: Disk) -> None:
    run(disk, _WRITES)
    found = {each.name: each.read_bytes() for each in disk.folder.iterdir()}
    assert found == {"safe": b"first", "whole": b"renamed"}


@pytest.mark.parametrize(("synchronous", "rows"), [("FULL", 1), ("OFF", None)])
def test_a_commit_outlives_it_only_where_sqlite_syncs(disk: Disk, synchronous: str, rows: int | None) -> None:
    run(disk, _COMMITS, synchronous)
    told = subprocess.run(
        [sys.executable, "-c", _COUNTS, f"{disk.folder}/a.db"], capture_output=True, text=True
    )
    assert told.stdout.strip() == ("" if rows is None else str(rows))


_LINKS = """
import os, sys
folder = sys.argv[1]
part = os.open(f"{folder}/part", os.O_WRONLY | os.O_CREAT, 0o600)
os.write(part, b"linked"); os.fsync(part); os.link(f"{folder}/part", f"{folder}/whole")
os.unlink(f"{folder}/part")
os._exit(0)
"""


def test_names_come_at_once(disk: Disk) -> None:
    """PostgreSQL 15 gives its log's segments their names so."""
    run(disk, _LINKS)
    assert {each.name: each.read_bytes() for each in disk.folder.iterdir()} == {
        "former": b"x",
        "whole": b"linked",
    }


def test_a_library_that_was_not_loaded_is_no_power_cut(disk: Disk, tmp_path: Path) -> None:
    """The loader goes on without one that it may not read: then everything would seem lost."""
    disk.environment["LD_PRELOAD"] = str(tmp_path / "elsewhere.so")
    with pytest.raises(RuntimeError, match="loaded"):
        run(disk, _COMMITS, "FULL")
