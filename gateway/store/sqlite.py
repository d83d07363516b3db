"""SQLite behind the seam: one file, one opener at a time, its schema brought up to date as it is opened."""

import fcntl
import logging
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any

from gateway.model import GatewayError
from gateway.store import database
from gateway.store.database import Role, StoreError, missing_steps, within
from gateway.words import said

_log = logging.getLogger(__name__)
_LOG_PAGES = 4000  # 16 MB: pages that each transaction touches are carried into the file less often
_CACHE_KIB = 16_384
_PAGES = 4096  # 16 MB of a copy at once
_TOLD_S = 10.0  # between two words on how far a copy is
_BUSY_MS = 2000  # `messfunk device add` writes to the same file from another process


class SqliteCursor(sqlite3.Cursor):
    """Errors on the way are StoreErrors."""

    connection: "SqliteConnection"

    def execute(self, sql: str, parameters: Any = (), /) -> "SqliteCursor":
        try:
            super().execute(sql, parameters)
        except sqlite3.Error as error:
            raise self._refused(error) from None
        return self

    def executemany(self, sql: str, parameters: Iterable[Any], /) -> "SqliteCursor":
        try:
            super().executemany(sql, parameters)
        except sqlite3.Error as error:
            raise self._refused(error) from None
        return self

    def fetchone(self) -> Any:
        try:
            return super().fetchone()
        except sqlite3.Error as error:
            raise self._refused(error) from None

    def fetchall(self) -> list[Any]:
        try:
            return super().fetchall()
        except sqlite3.Error as error:
            raise self._refused(error) from None

    def __next__(self) -> Any:
        try:
            return super().__next__()
        except sqlite3.Error as error:
            raise self._refused(error) from None

    def _refused(self, error: sqlite3.Error) -> StoreError:
        """Other errors than OperationalError are of the file, or of us."""
        is_of_machine = isinstance(error, sqlite3.OperationalError)
        hint = "; is the disk full, or another program writing?" if is_of_machine else ""
        return StoreError(f"{self.connection.path}: {error}{hint}")


class SqliteConnection(sqlite3.Connection):
    """In autocommit mode, rows by name."""

    def __init__(self, path: Path, address: str | Path, uri: bool = False):
        self.path = path
        super().__init__(address, isolation_level=None, uri=uri)
        self.row_factory = sqlite3.Row

    def cursor(self, factory: Any = SqliteCursor) -> Any:
        return super().cursor(factory)

    def execute(self, sql: str, parameters: Any = (), /) -> SqliteCursor:
        cursor: SqliteCursor = self.cursor()
        return cursor.execute(sql, parameters)

    def executemany(self, sql: str, parameters: Iterable[Any], /) -> SqliteCursor:
        cursor: SqliteCursor = self.cursor()
        return cursor.executemany(sql, parameters)

    def transaction(self) -> AbstractContextManager[None]:
        return within(self, "BEGIN IMMEDIATE")

    def holds(self, role: Role) -> bool:
        return True

    def claim(self, role: Role) -> bool:
        """Whoever serves from a file holds all of it: gateway.local."""
        return True


def connect(path: Path, keep: bool = True) -> SqliteConnection:
    """A missing file is created, readable for its owner only; of an older one a copy is kept."""
    try:
        with _one_opener(path.parent):
            if not path.exists():
                os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))  # it holds keys
            return _prepared(SqliteConnection(path, path), keep)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(said("refusal.notOpened", database=str(path), error=str(error))) from None


@contextmanager
def reading(path: Path) -> Iterator[SqliteConnection]:
    try:
        db = SqliteConnection(path, _address(path, "ro"), uri=True)
    except sqlite3.Error as error:
        raise StoreError(f"{path}: cannot be read: {error}") from None
    try:
        db.execute("BEGIN")
        yield db
    finally:
        db.close()


def copy(source: Path, target: Path, write: Callable[[Path, Path], None]) -> None:
    """All that is committed, beside whoever works with it; whole on disk before it has its name."""
    part = target.with_name(f".{target.name}.part")
    part.unlink(missing_ok=True)
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        write(source, part)
        to_disk(part)
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)  # half a copy may be what has filled the disk
        raise
    to_disk(target.parent)


def compact(source: Path, part: Path) -> None:
    """Without what was deleted: each table and index in its order, read from wherever its pages lie.

    Not by a connection that may only read: it knows of no CHECK, so SQLite finds the new table to be another
    one, inserts row by row, and a ledger of 5 GB is written ten times over.
    """
    with closing(_plain(source, "rw")) as db:
        db.execute("VACUUM INTO ?", (str(part),))


def page_by_page(source: Path, part: Path) -> None:
    """As it lies there, at the speed of the disk; how far it is stands in the log."""
    with closing(_plain(source, "ro")) as db, closing(_plain(part, "rw")) as target:
        db.execute("BEGIN")
        db.execute("SELECT 1 FROM sqlite_schema").fetchone()  # from here on it sees one state, whoever writes
        target.execute("PRAGMA journal_mode = OFF")  # what stays half is thrown away
        target.execute("PRAGMA synchronous = OFF")
        db.backup(target, pages=_PAGES, progress=_told(part))
        target.execute("PRAGMA journal_mode = DELETE")  # one file, which also opens where nobody may write


def _plain(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(_address(path, mode), uri=True)


def _address(path: Path, mode: str) -> str:
    return f"{path.absolute().as_uri()}?mode={mode}"


def _told(part: Path) -> Callable[[int, int, int], None]:
    told_at = time.monotonic()

    def tell(status: int, left: int, pages: int) -> None:
        nonlocal told_at
        if time.monotonic() >= told_at + _TOLD_S:
            told_at = time.monotonic()
            _log.info("%s: %d %% of %d pages are copied", part, 100 * (pages - left) // pages, pages)

    return tell


def to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def former(path: Path, version: int) -> Path:
    """Where the file is kept as it was with an older schema."""
    return path.with_name(f"{path.name}.schema-{version}")


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


def _prepared(db: SqliteConnection, keep: bool) -> SqliteConnection:
    try:
        db.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute(f"PRAGMA wal_autocheckpoint = {_LOG_PAGES}")
        db.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        db.execute("PRAGMA synchronous = FULL")  # an acknowledged frame outlives a power cut
        with db.transaction():
            _migrate(db, keep)
        db.execute("PRAGMA foreign_keys = ON")  # only now: a step may make a table anew that others refer to
    except GatewayError:
        db.close()
        raise
    return db


def _migrate(db: SqliteConnection, keep: bool) -> None:
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version == 0 and db.execute("SELECT 1 FROM sqlite_schema").fetchone():
        raise StoreError(said("refusal.foreign", database=str(db.path)))
    steps = missing_steps(db.path, database.SCHEMA / "sqlite", version)
    if version and steps and keep:
        _keep(db.path, former(db.path, version))
    if version and steps:
        known = version + len(steps)
        _log.info("%s: schema %d becomes %d, then every reference is checked", db.path, version, known)
    for step in steps:
        for statement in _statements(step.read_text("utf-8")):
            db.execute(statement)
    if steps and db.execute("PRAGMA foreign_key_check").fetchone():
        raise StoreError(f"{db.path}: rows refer to others that are missing; restore a backup")
    db.execute(f"PRAGMA user_version = {version + len(steps)}")


def _keep(path: Path, kept: Path) -> None:
    """Within the transaction that migrates: nobody writes between copy and first step."""
    try:
        copy(path, kept, page_by_page)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(said("refusal.notCopied", file=str(kept), error=str(error))) from None
    _log.info("%s: the ledger as it was, before its schema is brought up to date", kept)


def _statements(script: str) -> Iterator[str]:
    """The script's statements one by one: sqlite3's own executescript would commit before it begins."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
