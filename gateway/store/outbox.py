"""What each sink is still owed: written with the readings, read in order, deleted when the sink has it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from codec.quantities import UNITS
from gateway.store.database import Connection, Row

_ID = 8
_DUE = """
    SELECT o.id AS number, u.id, u.dev_eui, d.name, u.dev_addr, u.session_id, u.fcnt, u.fport, u.confirmed,
           u.received_at, u.payload, u.error
    FROM outbox o JOIN uplink u ON u.id = o.uplink_id JOIN device d ON d.dev_eui = u.dev_eui
    WHERE o.sink = ? AND o.reason IS NULL ORDER BY o.id LIMIT ?
"""
# What hangs on the same uplinks; rows by uplink, in the order that bodies have.
_OF_DUE = """
    FROM {table} WHERE uplink_id IN (SELECT uplink_id FROM outbox WHERE sink = ? AND reason IS NULL
                                     ORDER BY id LIMIT ?)
"""
_READINGS = "SELECT uplink_id, quantity, value, fault, flag, time" + _OF_DUE.format(table="reading")
_RECEPTIONS = (
    "SELECT uplink_id, gateway_id, rssi_dbm, snr_db, frequency_hz, data_rate"
    + _OF_DUE.format(table="reception")
    + "ORDER BY received_at, id"
)
_LAGS = """
    SELECT name, since, error,
           (SELECT count(*) FROM outbox WHERE sink = name AND reason IS NULL) AS depth,
           (SELECT added_at FROM outbox WHERE sink = name AND reason IS NULL ORDER BY id LIMIT 1)
           AS oldest_at,
           (SELECT count(*) FROM outbox WHERE sink = name AND reason IS NOT NULL) AS dead
    FROM sink ORDER BY name
"""
_HEARD = ("gateway_id", "rssi_dbm", "snr_db", "frequency_hz", "data_rate")
_quantity = itemgetter("quantity")
_DEAD = """
    SELECT o.sink, o.reason, o.added_at, u.id, u.dev_eui, u.fcnt
    FROM outbox o JOIN uplink u ON u.id = o.uplink_id
    WHERE o.reason IS NOT NULL AND o.sink = ? ORDER BY o.id
"""


@dataclass(frozen=True, slots=True)
class Delivery:
    """An uplink with all that is known of it; rows in `readings` and `receptions` as HTTP names them."""

    number: int
    id: str
    dev_eui: str
    name: str
    dev_addr: str | None
    session_id: int
    fcnt: int
    fport: int | None
    confirmed: bool
    received_at: int
    payload: bytes
    error: str | None
    readings: tuple[dict[str, Any], ...]
    receptions: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Lag:
    """How far a sink is behind. `error` None while it takes what it is given, `since` when that began."""

    name: str
    depth: int
    oldest_at: int | None
    dead: int
    since: int
    error: str | None


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """What a sink has refused for good, and why."""

    sink: str
    id: str
    dev_eui: str
    fcnt: int
    added_at: int
    reason: str


def put(db: Connection, sinks: Iterable[str], uplink_ids: Iterable[str], now: int) -> None:
    """Owe them to the sinks, once."""
    ids = list(uplink_ids)
    db.executemany(
        "INSERT INTO outbox (sink, uplink_id, added_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        [(sink, uplink_id, now) for sink in sinks for uplink_id in ids],
    )


def due(db: Connection, sink: str, limit: int) -> list[Delivery]:
    """The oldest."""
    rows = db.execute(_DUE, (sink, limit)).fetchall()
    if not rows:
        return []
    readings: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    receptions: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for uplink_id, quantity, value, fault, flag, time in db.execute(_READINGS, (sink, limit)):
        readings[uplink_id].append(
            {
                "quantity": quantity,
                "value": value,
                "fault": fault,
                "flag": flag,
                "time": time,
                "unit": UNITS[quantity],
            }
        )
    for uplink_id, *heard in db.execute(_RECEPTIONS, (sink, limit)):
        receptions[uplink_id].append(dict(zip(_HEARD, heard, strict=True)))
    return [_delivery(row, readings[row["id"]], receptions[row["id"]]) for row in rows]


def settle(db: Connection, sink: str, deliveries: Sequence[Delivery], now: int) -> None:
    """The sink has them."""
    db.executemany("DELETE FROM outbox WHERE id = ?", [(delivery.number,) for delivery in deliveries])
    ids = b"".join(bytes.fromhex(delivery.id) for delivery in deliveries)
    db.execute("INSERT INTO delivery (sink, at, uplinks) VALUES (?, ?, ?)", (sink, now, ids))


def delivered(db: Connection, uplink_id: str, since: int) -> Iterator[tuple[str, int]]:
    """Which sinks took it, and when; `since` it was received."""
    wanted = bytes.fromhex(uplink_id)
    for row in db.execute("SELECT sink, at, uplinks FROM delivery WHERE at >= ? ORDER BY at, id", (since,)):
        ids = bytes(row["uplinks"])
        if any(ids[start : start + _ID] == wanted for start in range(0, len(ids), _ID)):
            yield row["sink"], row["at"]


def bury(db: Connection, delivery: Delivery, reason: str) -> None:
    """It can never be delivered."""
    db.execute("UPDATE outbox SET reason = ? WHERE id = ?", (reason, delivery.number))


def note(db: Connection, sink: str, now: int, error: str | None) -> None:
    """The state a sink is in from now on."""
    db.execute(
        "INSERT INTO sink (name, since, error) VALUES (?, ?, ?)"
        " ON CONFLICT (name) DO UPDATE SET since = excluded.since, error = excluded.error",
        (sink, now, error),
    )


def lags(db: Connection) -> list[Lag]:
    """Of every sink that ever ran, so that what is owed to a removed one is not forgotten."""
    return [Lag(**dict(row)) for row in db.execute(_LAGS)]


def dead(db: Connection, sink: str | None = None) -> Iterator[DeadLetter]:
    for name in _burying(db, sink):
        for row in db.execute(_DEAD, (name,)):
            yield DeadLetter(**dict(row))


def retry(db: Connection, sink: str | None = None) -> int:
    """Owe the dead letters once more; how many."""
    revived = "UPDATE outbox SET reason = NULL WHERE reason IS NOT NULL AND sink = ?"
    return sum(db.execute(revived, (name,)).rowcount for name in _burying(db, sink))


def drop(db: Connection, sink: str) -> int:
    """Owe that sink nothing any more; how many uplinks it never got."""
    db.execute("DELETE FROM sink WHERE name = ?", (sink,))
    return db.execute("DELETE FROM outbox WHERE sink = ?", (sink,)).rowcount


def _burying(db: Connection, sink: str | None) -> list[str]:
    """The sinks with dead letters, or the one that is asked for."""
    found = db.execute("SELECT DISTINCT sink FROM outbox WHERE reason IS NOT NULL ORDER BY sink").fetchall()
    return [row["sink"] for row in found] if sink is None else [sink]


def _delivery(row: Row, readings: list[dict[str, Any]], receptions: list[dict[str, Any]]) -> Delivery:
    """Readings by their quantities' names."""
    *head, confirmed, received_at, payload, error = row
    beside = (tuple(sorted(readings, key=_quantity)), tuple(receptions))
    told: Any = (*head, bool(confirmed), received_at, bytes(payload), error, *beside)
    return Delivery(*told)
