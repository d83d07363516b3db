"""Opens the SQLite file and brings its schema up to date from the numbered files in schema/."""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.model import GatewayError

_SCHEMA = Path(__file__).parent / "schema"
_BUSY_MS = 2000  # `messfunk device add` writes to the same file from another process


class StoreError(GatewayError):
    """The database cannot be opened, read or written."""


def connect(path: Path) -> sqlite3.Connection:
    """A connection in autocommit mode; a missing file is created, readable for its owner only."""
    try:
        with _one_opener(path.parent):
            if not path.exists():
                os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))  # it holds keys
            return _prepare(sqlite3.connect(path, isolation_level=None), path)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"{path}: cannot be opened as a database: {error}; name another path") from None


@contextmanager
def _one_opener(folder: Path) -> Iterator[None]:
    """Wait until nobody else opens a database in the folder: SQLite's switch to WAL does not wait by itself.

    The file itself is opened by SQLite only: another descriptor of it, once closed, would take with it the
    locks of every connection in this process (sqlite.org/howtocorrupt.html, section 2.2).
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _prepare(db: sqlite3.Connection, path: Path) -> sqlite3.Connection:
    try:
        db.row_factory = sqlite3.Row
        db.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")  # an acknowledged frame outlives a power cut
        _migrate(db, path)
        db.execute("PRAGMA foreign_keys = ON")  # only now: a step may make a table anew that others refer to
    except sqlite3.Error as error:
        db.close()
        raise StoreError(f"{path}: {error}; name another path, or restore a backup") from None
    except GatewayError:
        db.close()
        raise
    return db


def _migrate(db: sqlite3.Connection, path: Path) -> None:
    steps = sorted(_SCHEMA.glob("*.sql"))
    db.execute("BEGIN IMMEDIATE")
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version == 0 and db.execute("SELECT 1 FROM sqlite_schema").fetchone():
        raise StoreError(f"{path}: a database of another program; name another path")
    if version > len(steps):
        raise StoreError(
            f"{path}: written by a newer messfunk (schema {version}, this one knows {len(steps)}); "
            "upgrade messfunk or name another path"
        )
    for step in steps[version:]:
        for statement in _statements(step.read_text("utf-8")):
            db.execute(statement)
    if version < len(steps) and db.execute("PRAGMA foreign_key_check").fetchone():
        raise StoreError(f"{path}: rows refer to others that are missing; restore a backup")
    db.execute(f"PRAGMA user_version = {len(steps)}")
    db.execute("COMMIT")


def _statements(script: str) -> Iterator[str]:
    """The script's statements one by one: sqlite3's own executescript would commit before it begins."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
