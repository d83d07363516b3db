"""The seam to the database: SQL is written once, for SQLite >= 3.35 and PostgreSQL >= 13 alike.

Placeholders are `?`, rows are read by name or number, every refusal is a StoreError. What only one of the two
reads stands in the numbered files of its folder in schema/.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol
from weakref import finalize

from gateway.model import GatewayError
from gateway.words import said

SCHEMA = Path(__file__).parent / "schema"
ALL = (1 << 63) - 1  # a LIMIT that is none
_KEYS = 256  # of one statement
_IDLE = 8  # a page asks two or three at once


class StoreError(GatewayError):
    """The database cannot be opened, read or written."""


class Idle:
    """The connections of those who read, between two readings; closed with whom they belong to."""

    def __init__(self) -> None:
        self._connections: list[Connection] = []
        finalize(self, _close_all, self._connections)

    def take(self) -> "Connection | None":
        try:
            return self._connections.pop()
        except IndexError:
            return None

    def lay(self, db: "Connection") -> None:
        if len(self._connections) < _IDLE:
            self._connections.append(db)
        else:
            db.close()


def _close_all(connections: "list[Connection]") -> None:
    for each in connections:
        each.close()


@dataclass(frozen=True, slots=True)
class Postgres:
    """A PostgreSQL database. No password is in its URL; `password_file` or the user's ~/.pgpass has it."""

    url: str
    password_file: Path | None = field(default=None, repr=False)
    idle: Idle = field(default_factory=Idle, repr=False, compare=False)

    def __str__(self) -> str:
        return self.url.partition("?")[0]


Where = Path | Postgres
Role = Literal["network", "alarms"]  # what only one process does


class Row(Protocol):
    """One row: `row["name"]`, `row[0]`, `dict(row)`, `tuple(row)`."""

    def __getitem__(self, key: str | int) -> Any: ...

    def __iter__(self) -> Iterator[Any]: ...

    def __len__(self) -> int: ...

    def keys(self) -> Iterable[str]: ...


class Cursor(Protocol):
    """The rows of one statement."""

    @property
    def rowcount(self) -> int: ...

    def fetchone(self) -> Any: ...

    def fetchall(self) -> list[Any]: ...

    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    """Outside of a transaction every statement is one of its own."""

    @property
    def in_transaction(self) -> bool: ...

    def execute(self, sql: str, parameters: Sequence[object] = (), /) -> Cursor: ...

    def executemany(self, sql: str, parameters: Iterable[Sequence[object]], /) -> Cursor: ...

    def transaction(self) -> AbstractContextManager[None]:
        """All of it is on disk at the end, or nothing is changed. One inside another is part of it."""

    def claim(self, role: Role, /) -> bool: ...

    def holds(self, role: Role, /) -> bool: ...

    def close(self) -> None: ...


def among(db: Connection, sql: str, keys: Iterable[object], *after: object) -> Iterator[Any]:
    """The rows of some keys, where `sql` says `IN ({keys})`; few texts of SQL, so that they stay prepared.

    `after` is for the placeholders behind the keys.
    """
    wanted = list(dict.fromkeys(keys))
    for start in range(0, len(wanted), _KEYS):
        part = wanted[start : start + _KEYS]
        size = 1 << (len(part) - 1).bit_length()
        marks = ", ".join("?" * size)
        found = db.execute(sql.format(keys=marks), (*part, *part[-1:] * (size - len(part)), *after))
        yield from found.fetchall()


def connect(where: Where) -> Connection:
    """To read and write; the schema is brought up to date."""
    if isinstance(where, Postgres):
        from gateway.store import postgres  # needs a library that SQLite's users do without

        return postgres.connect(where)
    from gateway.store import sqlite

    return sqlite.connect(where)


def opened(where: Where) -> AbstractContextManager[Connection]:
    """A connection that cannot write, with one view of the store from its first read to its end."""
    if isinstance(where, Postgres):
        from gateway.store import postgres

        return postgres.reading(where)
    from gateway.store import sqlite

    return sqlite.reading(where)


@contextmanager
def within(db: Connection, begin: str) -> Iterator[None]:
    """A transaction that starts with `begin`, or a part of the one that is open."""
    is_part = db.in_transaction
    if is_part:
        db.execute("SAVEPOINT part")
    try:
        if not is_part:
            db.execute(begin)  # in PostgreSQL the transaction is open, too, when its lock was not to be had
        yield
        db.execute("RELEASE part" if is_part else "COMMIT")
    except BaseException:
        if db.in_transaction:
            for statement in ("ROLLBACK TO part", "RELEASE part") if is_part else ("ROLLBACK",):
                db.execute(statement)
        raise


def missing_steps(where: Where, folder: Path, version: int) -> list[Path]:
    """The numbered files that the database has not seen."""
    steps = sorted(folder.glob("[0-9]*.sql"))
    if version > len(steps):
        raise StoreError(said("refusal.newer", database=str(where), version=version, known=len(steps)))
    return steps[version:]
