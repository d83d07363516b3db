"""PostgreSQL behind the seam: one writer at a time as in SQLite, connected anew after an outage."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from gateway.model import GatewayError
from gateway.store import database
from gateway.store.database import Connection, Postgres, Role, StoreError, missing_steps, within

try:
    import psycopg
    from psycopg.adapt import Dumper
    from psycopg.conninfo import conninfo_to_dict, make_conninfo
    from psycopg.pq import TransactionStatus
except ImportError:
    raise StoreError(
        '[store] url: a PostgreSQL database needs psycopg: pip install "messfunk[postgres]"'
    ) from None

_log = logging.getLogger(__name__)
_WRITER = 0x6D65_7373  # advisory locks: this one while a transaction writes, the next ones as claimed
_ROLES: dict[Role, int] = {"network": _WRITER + 1, "alarms": _WRITER + 2}
_BEGIN = f"BEGIN; SELECT pg_advisory_xact_lock({_WRITER})"
_BEGIN_READING = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"
_OPEN = (TransactionStatus.INTRANS, TransactionStatus.INERROR)
_CONNECT_S = 3
# A dead client's locks are lifted by keepalives within half a minute.
_OPTIONS = (
    "-c synchronous_commit=on -c lock_timeout=2000 -c client_min_messages=warning "
    "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3"
)
_LOCAL = ("localhost", "127.0.0.1", "::1")


class PostgresRow(tuple[Any, ...]):
    """Values by name or number."""

    names: dict[str, int]

    def keys(self) -> Iterable[str]:
        return self.names

    def __getitem__(self, key: Any) -> Any:
        return tuple.__getitem__(self, self.names[key] if isinstance(key, str) else key)


class _Flag(Dumper):
    """True and False are 1 and 0, as in SQLite."""

    oid = psycopg.adapters.types["int2"].oid

    def dump(self, obj: Any) -> bytes:
        return b"1" if obj else b"0"


class PostgresConnection:
    """In autocommit mode, rows by name."""

    def __init__(self, target: Postgres):
        self.target = target
        self._claims: list[Role] = []
        self._is_inside = False
        self._pg = self._connected()

    @property
    def in_transaction(self) -> bool:
        return not self._pg.closed and self._pg.info.transaction_status in _OPEN

    def execute(self, sql: str, parameters: Sequence[object] = (), /) -> psycopg.Cursor[PostgresRow]:
        self._revive()
        try:
            return self._pg.execute(_translated(sql), parameters or None)
        except psycopg.Error as error:
            raise self._refused(error) from None

    def executemany(self, sql: str, parameters: Iterable[Sequence[object]], /) -> psycopg.Cursor[PostgresRow]:
        self._revive()
        try:
            cursor = self._pg.cursor()
            cursor.executemany(_translated(sql), parameters)
        except psycopg.Error as error:
            raise self._refused(error) from None
        return cursor

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self._revive()
        was_inside, self._is_inside = self._is_inside, True
        try:
            with within(self, _BEGIN):
                yield
                if self._pg.info.transaction_status == TransactionStatus.INERROR:
                    raise StoreError(f"{self.target}: a statement failed, nothing of its transaction is kept")
        finally:
            self._is_inside = was_inside

    def claim(self, role: Role) -> bool:
        """Claimed again when the connection is made anew."""
        is_ours = _lock(self._pg, role)
        if is_ours:
            self._claims.append(role)
        return is_ours

    def holds(self, role: Role) -> bool:
        """Tried without waiting, and anew over a new connection."""
        if role not in self._claims:
            row = self.execute("SELECT pg_try_advisory_lock(?)", (_ROLES[role],)).fetchone()
            if row and row[0]:
                self._claims.append(role)
        return role in self._claims

    def close(self) -> None:
        self._pg.close()

    def _revive(self) -> None:
        """A transaction does not go on over another connection."""
        if self._pg.closed and not self._is_inside:
            self._pg = self._connected()

    def _connected(self) -> "psycopg.Connection[PostgresRow]":
        pg = _open(self.target)
        if "network" in self._claims and not _lock(pg, "network"):
            pg.close()
            raise StoreError(f"{self.target}: meanwhile another gateway has taken over: stop one of them")
        self._claims = [role for role in self._claims if role == "network"]  # the others are held anew
        return pg

    def _refused(self, error: psycopg.Error) -> StoreError:
        """PostgreSQL's own text without what it quotes of the rows."""
        said = error.diag.message_primary or str(error).partition("\n")[0]
        return StoreError(f"{self.target}: {said}; is the database up, its disk full?")


def connect(target: Postgres) -> PostgresConnection:
    db = PostgresConnection(target)
    try:
        with db.transaction():
            _migrate(db)
    except GatewayError:
        db.close()
        raise
    return db


@contextmanager
def reading(target: Postgres) -> Iterator[Connection]:
    """Over a connection that somebody has read by before, if it still lives: a new one takes milliseconds."""
    db = _begun(target)
    try:
        yield db
    finally:
        _lay(target, db)


def _begun(target: Postgres) -> Connection:
    """A server that has restarted has left none of them alive."""
    while idle := target.idle.take():
        try:
            idle.execute(_BEGIN_READING)
        except StoreError:
            idle.close()
        else:
            return idle
    db = PostgresConnection(Postgres(target.url, target.password_file))  # it does not hold where it lies idle
    try:
        db.execute(_BEGIN_READING)
    except StoreError:
        db.close()
        raise
    return db


def _lay(target: Postgres, db: Connection) -> None:
    if db.in_transaction:
        try:
            db.execute("ROLLBACK")
        except StoreError:
            db.close()
        else:
            target.idle.lay(db)
    else:
        db.close()  # broken meanwhile


def _open(target: Postgres) -> "psycopg.Connection[PostgresRow]":
    """Texts of libpq about a URL may quote it: they are not passed on."""
    try:
        named = conninfo_to_dict(target.url)
        host = str(named.get("host") or "/")
        settings: dict[str, Any] = {
            "application_name": "messfunk",
            "connect_timeout": _CONNECT_S,
            "tcp_user_timeout": _CONNECT_S * 1000,
            "sslmode": "prefer" if host in _LOCAL or host.startswith("/") else "verify-full",
            "options": _OPTIONS,
        }
        if target.password_file:
            settings["password"] = target.password_file.read_text("utf-8").partition("\n")[0]
        conninfo = make_conninfo(target.url, **{key: settings[key] for key in settings if key not in named})
    except (psycopg.ProgrammingError, OSError, UnicodeDecodeError):
        raise StoreError(
            f"{target}: not to be read: expected postgresql://user@host/database, and a password_file to read"
        ) from None
    try:
        pg = psycopg.connect(conninfo, autocommit=True, row_factory=_rows)
    except psycopg.Error as error:
        said = str(error).strip().rpartition("\n")[2]
        raise StoreError(f"{target}: {said}; is the database up, the user known to it?") from None
    pg.adapters.register_dumper(bool, _Flag)
    return pg


def _lock(pg: "psycopg.Connection[PostgresRow]", role: Role) -> bool:
    """Who has just ended may need a moment to let go: it is waited for, as for any lock."""
    try:
        pg.execute("SELECT pg_advisory_lock(%s)", (_ROLES[role],))
    except psycopg.errors.LockNotAvailable:
        return False
    return True


def _rows(cursor: "psycopg.Cursor[Any]") -> Callable[[Sequence[Any]], PostgresRow]:
    names = {column.name: at for at, column in enumerate(cursor.description or ())}

    def row(values: Sequence[Any]) -> PostgresRow:
        made = PostgresRow(values)
        made.names = names
        return made

    return row


@lru_cache(maxsize=1024)
def _translated(sql: str) -> str:
    return sql.replace("%", "%%").replace("?", "%s")


def _migrate(db: PostgresConnection) -> None:
    tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()"
    known = [row["table_name"] for row in db.execute(tables)]
    if known and "schema_version" not in known:
        raise StoreError(f"{db.target}: a database of another program; name another one")
    if not known:
        db.execute("CREATE TABLE schema_version (version INTEGER NOT NULL)")
        db.execute("INSERT INTO schema_version VALUES (0)")
    (version,) = db.execute("SELECT version FROM schema_version").fetchall()[0]
    steps = missing_steps(db.target, database.SCHEMA / "postgres", version)
    if version and steps:
        _keep(db, known, version)
    for step in steps:
        db.execute(step.read_text("utf-8"))
    db.execute("UPDATE schema_version SET version = ?", (version + len(steps),))
    if version == 0 and db.execute("SELECT 1 FROM pg_extension WHERE extname = 'timescaledb'").fetchone():
        db.execute((database.SCHEMA / "postgres" / "timescale.sql").read_text("utf-8"))


def _keep(db: PostgresConnection, tables: Iterable[str], version: int) -> None:
    """The rows as they were, in a schema beside; all of the transaction that migrates."""
    kept = f"messfunk_schema_{version}"
    try:
        db.execute(f"DROP SCHEMA IF EXISTS {kept} CASCADE")
        db.execute(f"CREATE SCHEMA {kept}")
        for table in tables:
            db.execute(f"CREATE TABLE {kept}.{table} AS TABLE {table}")
    except StoreError as error:
        raise StoreError(
            f"schema {kept}: the older ledger cannot be copied: {error} May its user create schemas?"
        ) from None
    _log.info("%s: schema %s keeps the ledger as it was", db.target, kept)
