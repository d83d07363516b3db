"""The ledger: who may send, what was heard, what it said. Every write stands in a transaction."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import lru_cache
from operator import attrgetter
from typing import Any, Literal, NamedTuple

from gateway.access import seal
from gateway.access.seal import KeyFile
from gateway.model import Device, GatewayError, Reading, Reception, Session, Uplink
from gateway.store.database import Connection, Role, Row, StoreError, Where, among, connect

_LATELY_S = 10.0
_EVENTS_KEPT = 10_000

_KEYS = {column for columns in seal.COLUMNS.values() for column in columns}

_SESSION = f"SELECT {', '.join(Session._fields)} FROM session"  # noqa: S608 (names from this file only)
_UPLINK = f"SELECT {', '.join(Uplink._fields)} FROM uplink"  # noqa: S608
# With a plus they are no columns: SQLite would walk all uplinks in their order rather than sort the few.
_UNDECODED = f"{_UPLINK} WHERE decoded IS NULL ORDER BY +session_id, +fcnt"
_IN_FORCE = "source IS NULL AND state <> 'ended'"
_CANDIDATES = f"{_SESSION} WHERE dev_addr IN ({{keys}}) AND {_IN_FORCE} ORDER BY id DESC"
_NEWEST = """
    INSERT INTO newest (dev_eui, quantity, time, value, fault, flag, uplink_id) VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (dev_eui, quantity) DO UPDATE SET time = excluded.time, value = excluded.value,
        fault = excluded.fault, flag = excluded.flag, uplink_id = excluded.uplink_id
    WHERE (excluded.time, excluded.uplink_id) >= (newest.time, newest.uplink_id)
"""
_NAMES = "SELECT dev_eui, name FROM device WHERE dev_eui IN ({keys})"
_RECEPTIONS = """
    SELECT uplink_id, gateway_id, rssi_dbm, snr_db, frequency_hz, data_rate, tmst FROM reception
    WHERE uplink_id IN ({keys}) ORDER BY received_at, id
"""
_DEVICE = tuple(Device.__dataclass_fields__)
_RECEPTION = tuple(name for name in Reception._fields if name != "phy")
_of_device, _of_reception = attrgetter(*_DEVICE), attrgetter(*_RECEPTION)


class Heard(NamedTuple):
    """One gateway's hearing of an uplink, as it is told."""

    gateway_id: str
    rssi_dbm: float | None
    snr_db: float | None
    frequency_hz: int | None
    data_rate: str | None
    tmst: int | None


class Store:
    """One connection, which writes. Without `keys` those in it stay as they lie there."""

    def __init__(
        self, where: Where, key_file: KeyFile | None = None, now_s: Callable[[], float] = time.monotonic
    ):
        self.where = where
        self._now_s = now_s
        self._failed: tuple[str, float] | None = None  # why, and when last
        self._db = connect(where)
        try:
            self._keys = seal.unlock(self._db, where, key_file) if key_file else None
        except GatewayError:
            self._db.close()
            raise

    @property
    def connection(self) -> Connection:
        """For SQL of other rooms; its queries see what the open transaction has written."""
        return self._db

    def claim(self, role: Role) -> bool:
        """Whether this process has the role alone, from now until the store is closed."""
        return self._db.claim(role)

    def holds(self, role: Role) -> bool:
        """Whether it has the role, or just got it: asked before each turn of what one process does."""
        return self._db.holds(role)

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it is on disk at the end, or nothing is changed."""
        try:
            with self._db.transaction():
                yield
        except StoreError as error:
            self._failed = str(error), self._now_s()
            raise

    @property
    def write_error(self) -> str | None:
        """Why something was not written lately: what needs no room succeeds on a full disk, too."""
        return self._failed[0] if self._failed and self._now_s() < self._failed[1] + _LATELY_S else None

    # Devices

    def device(self, dev_eui: str) -> Device | None:
        """None when it is archived, too."""
        return self._device("WHERE dev_eui = ? AND archived_at IS NULL", dev_eui)

    def archived_device(self, dev_eui: str) -> Device | None:
        return self._device("WHERE dev_eui = ? AND archived_at IS NOT NULL", dev_eui)

    def devices(self) -> list[Device]:
        """Without those that are archived."""
        return self._devices("WHERE archived_at IS NULL ORDER BY dev_eui")

    def registration(self, dev_eui: str) -> Literal["none", "registered", "archived"]:
        found = self._db.execute("SELECT archived_at FROM device WHERE dev_eui = ?", (dev_eui,)).fetchone()
        if found is None:
            return "none"
        return "registered" if found["archived_at"] is None else "archived"

    def add_device(self, device: Device) -> None:
        self.add_devices([device])

    def add_devices(self, devices: Iterable[Device]) -> None:
        rows = (self._sealed(dict(zip(_DEVICE, _of_device(each), strict=True))) for each in devices)
        self._db.executemany(_insertion("device", _DEVICE), (tuple(row.values()) for row in rows))

    def set_device(self, device: Device) -> None:
        """What people say of it, and its keys; its counters and DevNonces stay."""
        said = self._sealed(asdict(device))
        for kept in ("dev_eui", "join_nonce", "created_at"):
            del said[kept]
        columns = ", ".join(f"{name} = ?" for name in said)
        statement = f"UPDATE device SET {columns} WHERE dev_eui = ?"  # noqa: S608 (names from this file only)
        self._db.execute(statement, (*said.values(), device.dev_eui))

    def remove_device(self, dev_eui: str) -> None:
        """With its sessions, uplinks and readings; of what it was told the airtime stays."""
        self._db.execute("UPDATE transmission SET phy = NULL WHERE dev_eui = ?", (dev_eui,))
        self._db.execute("DELETE FROM device WHERE dev_eui = ?", (dev_eui,))

    # Sessions

    def candidates(self, dev_addr: str) -> list[Session]:
        """The sessions a frame with this DevAddr may belong to."""
        return self.candidates_of([dev_addr])[dev_addr]

    def candidates_of(self, dev_addrs: Iterable[str]) -> dict[str, list[Session]]:
        """The same for many; an address that nobody has is there, too."""
        wanted = dict.fromkeys(dev_addrs)
        found: dict[str, list[Session]] = {dev_addr: [] for dev_addr in wanted}
        for row in among(self._db, _CANDIDATES, wanted):
            session = self._session(row)
            found[session.dev_addr].append(session)
        return found

    def session(self, session_id: int) -> Session | None:
        """None once it is over."""
        row = self._db.execute(f"{_SESSION} WHERE id = ? AND {_IN_FORCE}", (session_id,)).fetchone()
        return row and self._session(row)

    def newest_session(self, dev_eui: str, state: Literal["pending", "active", "ended"]) -> Session | None:
        query = f"{_SESSION} WHERE dev_eui = ? AND state = ? AND source IS NULL ORDER BY id DESC LIMIT 1"
        row = self._db.execute(query, (dev_eui, state)).fetchone()
        return row and self._session(row)

    def add_session(self, session: Session) -> int:
        """The id the session gets; the one it carries is not used."""
        row = self._sealed(session._asdict())
        del row["id"]
        return self._insert_numbered("session", row)

    def activate(self, session: Session) -> None:
        """The session is in use: those before it are over."""
        self._db.execute(
            "UPDATE session SET state = CASE WHEN id = ? THEN 'active' ELSE 'ended' END"
            " WHERE dev_eui = ? AND id <= ?",
            (session.id, session.dev_eui, session.id),
        )

    def end_sessions(self, dev_eui: str) -> None:
        self._db.execute("UPDATE session SET state = 'ended' WHERE dev_eui = ?", (dev_eui,))

    def set_fcnt_up(self, session_id: int, fcnt: int) -> None:
        self._db.execute("UPDATE session SET fcnt_up = ? WHERE id = ?", (fcnt, session_id))

    # Joins

    def is_nonce_used(self, dev_eui: str, join_eui: str, dev_nonce: int) -> bool:
        found = self._db.execute(
            "SELECT 1 FROM dev_nonce WHERE dev_eui = ? AND join_eui = ? AND dev_nonce = ?",
            (dev_eui, join_eui, dev_nonce),
        )
        return found.fetchone() is not None

    def use_nonces(self, dev_eui: str, join_eui: str, dev_nonce: int, join_nonce: int) -> None:
        self._db.execute("INSERT INTO dev_nonce VALUES (?, ?, ?)", (dev_eui, join_eui, dev_nonce))
        self._db.execute("UPDATE device SET join_nonce = ? WHERE dev_eui = ?", (join_nonce, dev_eui))

    def raise_join_nonce(self, dev_eui: str, least: int) -> None:
        """The node has been given as many elsewhere."""
        statement = "UPDATE device SET join_nonce = ? WHERE dev_eui = ? AND join_nonce < ?"
        self._db.execute(statement, (least, dev_eui, least))

    # Uplinks

    def uplink(self, session_id: int, fcnt: int) -> Uplink | None:
        row = self._db.execute(f"{_UPLINK} WHERE session_id = ? AND fcnt = ?", (session_id, fcnt)).fetchone()
        return row and Uplink(*row)

    def undecoded(self) -> list[Uplink]:
        """Those whose decoding has not been tried, as each node sent them."""
        rows = self._db.execute(_UNDECODED).fetchall()
        return [Uplink(*row) for row in rows]

    def add_uplinks(self, uplinks: Iterable[Uplink], receptions: Iterable[tuple[str, Reception]]) -> None:
        """Receptions of them and of earlier ones, each with the uplink's id."""
        self._db.executemany(_insertion("uplink", Uplink._fields), list(uplinks))
        self._db.executemany(
            _insertion("reception", ("uplink_id", *_RECEPTION)),
            [(uplink_id, *_of_reception(heard)) for uplink_id, heard in receptions],
        )

    def add_uplink(self, uplink: Uplink) -> None:
        self._db.execute(_insertion("uplink", Uplink._fields), uplink)

    def add_reception(self, uplink_id: str, reception: Reception) -> None:
        self._db.execute(
            _insertion("reception", ("uplink_id", *_RECEPTION)), (uplink_id, *_of_reception(reception))
        )

    def set_decoded(self, told: Iterable[tuple[str, Sequence[Reading], str | None]]) -> None:
        """Of uplinks by their ids: what each says, or why that cannot be read."""
        known = list(told)
        self._db.executemany(
            "UPDATE uplink SET decoded = ?, error = ? WHERE id = ?",
            [(error is None, error, uplink_id) for uplink_id, _, error in known],
        )
        readings = [reading for _, each, _ in known for reading in each]
        self._db.executemany(_insertion("reading", Reading._fields), readings)
        newest: dict[tuple[str, str], Reading] = {}
        for each in readings:
            series = each.dev_eui, each.quantity
            former = newest.get(series)
            if former is None or (each.time, each.uplink_id) >= (former.time, former.uplink_id):
                newest[series] = each
        self._db.executemany(_NEWEST, newest.values())

    # Events

    def add_events(self, events: Iterable[tuple[Literal["uplink", "reading", "join"], str]]) -> None:
        """Kinds and JSON texts; the oldest give way."""
        self._db.executemany("INSERT INTO event (kind, data) VALUES (?, ?)", events)
        self._db.execute("DELETE FROM event WHERE id <= (SELECT max(id) FROM event) - ?", (_EVENTS_KEPT,))

    # Keys

    def seal(self, secret: bytes, *context: str) -> bytes:
        """For what other rooms keep, bound to a column and a row."""
        return self._keys.seal(secret, *context) if self._keys else secret

    def unseal(self, sealed: bytes, *context: str) -> bytes:
        return self._keys.open(sealed, *context) if self._keys else sealed

    def _sealed(self, row: dict[str, Any]) -> dict[str, Any]:
        return self._with_keys(row, self._keys.seal) if self._keys else row

    def _opened(self, row: dict[str, Any]) -> dict[str, Any]:
        return self._with_keys(row, self._keys.open) if self._keys else row

    def _with_keys(self, row: dict[str, Any], change: Callable[[bytes, str, str], bytes]) -> dict[str, Any]:
        for name in _KEYS & row.keys():
            if row[name] is not None:
                row[name] = change(bytes(row[name]), name, row["dev_eui"])
        return row

    # Rows

    def _insert(self, table: str, row: dict[str, Any]) -> None:
        self._db.execute(_insertion(table, tuple(row)), tuple(row.values()))

    def _insert_numbered(self, table: str, row: dict[str, Any]) -> int:
        """The number it gets."""
        statement = _insertion(table, tuple(row)) + " RETURNING id"
        return int(self._db.execute(statement, tuple(row.values())).fetchone()["id"])

    def _devices(self, query: str, *arguments: object) -> list[Device]:
        rows = self._db.execute(f"SELECT {', '.join(_DEVICE)} FROM device {query}", arguments)  # noqa: S608
        return [Device(**self._opened(dict(row))) for row in rows]

    def _device(self, query: str, dev_eui: str) -> Device | None:
        return next(iter(self._devices(query, dev_eui)), None)

    def _session(self, row: Row) -> Session:
        session = Session(*row)
        if self._keys is None:
            return session
        nwk_s_key, app_s_key = (
            self._keys.open(bytes(row[name]), name, session.dev_eui) for name in seal.COLUMNS["session"]
        )
        return session._replace(nwk_s_key=nwk_s_key, app_s_key=app_s_key)


@lru_cache
def _insertion(table: str, names: tuple[str, ...]) -> str:
    marks = ", ".join("?" * len(names))
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})"  # noqa: S608 (names from this file only)


def receptions(db: Connection, uplink_ids: Iterable[str]) -> dict[str, list[Heard]]:
    """Of some uplinks, in the order in which they were heard."""
    found: dict[str, list[Heard]] = {}
    for uplink_id, *heard in among(db, _RECEPTIONS, uplink_ids):
        found.setdefault(uplink_id, []).append(Heard(*heard))
    return found


def names(db: Connection, dev_euis: Iterable[str]) -> dict[str, str]:
    """What people call some devices."""
    return dict(among(db, _NAMES, dev_euis))
