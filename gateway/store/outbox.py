"""What each sink is still owed: written with the readings, read in order, deleted when the sink has it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

from gateway.model import Reading, Uplink
from gateway.store.database import Connection, among
from gateway.store.ledger import Heard, receptions

_ID = 8
_DUE = "SELECT uplink_id FROM outbox WHERE sink = ? AND reason IS NULL ORDER BY id LIMIT ?"
_UPLINKS = """
    SELECT u.id, u.dev_eui, d.name, u.dev_addr, u.session_id, u.fcnt, u.fport, u.confirmed, u.received_at,
           u.payload, u.error
    FROM uplink u JOIN device d ON d.dev_eui = u.dev_eui WHERE u.id IN ({keys})
"""
_READINGS = """
    SELECT dev_eui, quantity, time, value, fault, flag, uplink_id FROM reading WHERE uplink_id IN ({keys})
    ORDER BY quantity, time
"""
_SETTLED = "DELETE FROM outbox WHERE uplink_id IN ({keys}) AND sink = ? RETURNING uplink_id"
_LAGS = """
    SELECT name, since, error,
           (SELECT count(*) FROM outbox WHERE sink = name AND reason IS NULL) AS depth,
           (SELECT added_at FROM outbox WHERE sink = name AND reason IS NULL ORDER BY id LIMIT 1)
           AS oldest_at,
           (SELECT count(*) FROM outbox WHERE sink = name AND reason IS NOT NULL) AS dead
    FROM sink ORDER BY name
"""
_DEAD = """
    SELECT o.sink, o.reason, o.added_at, u.id, u.dev_eui, u.fcnt
    FROM outbox o JOIN uplink u ON u.id = o.uplink_id
    WHERE o.reason IS NOT NULL AND o.sink = ? ORDER BY o.id
"""


_NONE: Mapping[str, "Delivery"] = MappingProxyType({})


class Delivery(NamedTuple):
    """An uplink with all that is known of it."""

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
    readings: Sequence[Reading]
    receptions: Sequence[Heard]


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


def delivery(
    uplink: Uplink, name: str, error: str | None, readings: Sequence[Reading], receptions: Sequence[Heard]
) -> Delivery:
    """Of an uplink that has just been decoded."""
    return Delivery(
        uplink.id, uplink.dev_eui, name, uplink.dev_addr, uplink.session_id, uplink.fcnt, uplink.fport,
        uplink.confirmed, uplink.received_at, uplink.payload, error, readings, receptions,
    )  # fmt: skip


def put(db: Connection, sinks: Iterable[str], uplink_ids: Iterable[str], now: int) -> None:
    """Owe them to the sinks, once."""
    ids = list(uplink_ids)
    db.executemany(
        "INSERT INTO outbox (sink, uplink_id, added_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        [(sink, uplink_id, now) for sink in sinks for uplink_id in ids],
    )


def due(db: Connection, sink: str, limit: int, fresh: Mapping[str, Delivery] = _NONE) -> list[Delivery]:
    """The oldest. Those in `fresh` need not be read."""
    ids = [uplink_id for (uplink_id,) in db.execute(_DUE, (sink, limit))]
    known = {each: fresh[each] for each in ids if each in fresh}
    known |= deliveries(db, [each for each in ids if each not in known])
    return [known[each] for each in ids if each in known]


def settle(db: Connection, sink: str, deliveries: Sequence[Delivery], now: int) -> None:
    """The sink has them."""
    ids = [delivery.id for delivery in deliveries]
    list(among(db, _SETTLED, ids, sink))
    packed = bytes.fromhex("".join(ids))
    db.execute("INSERT INTO delivery (sink, at, uplinks) VALUES (?, ?, ?)", (sink, now, packed))


def delivered(db: Connection, uplink_id: str, since: int) -> Iterator[tuple[str, int]]:
    """Which sinks took it, and when; `since` it was received."""
    wanted = bytes.fromhex(uplink_id)
    for row in db.execute("SELECT sink, at, uplinks FROM delivery WHERE at >= ? ORDER BY at, id", (since,)):
        ids = bytes(row["uplinks"])
        if any(ids[start : start + _ID] == wanted for start in range(0, len(ids), _ID)):
            yield row["sink"], row["at"]


def bury(db: Connection, sink: str, delivery: Delivery, reason: str) -> None:
    """It can never be delivered."""
    db.execute("UPDATE outbox SET reason = ? WHERE sink = ? AND uplink_id = ?", (reason, sink, delivery.id))


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


def deliveries(db: Connection, ids: Sequence[str]) -> dict[str, Delivery]:
    """Of those of them that there are; readings by their quantities' names."""
    readings: dict[str, list[Reading]] = {}
    for row in among(db, _READINGS, ids):
        readings.setdefault(row["uplink_id"], []).append(Reading(*row))
    heard = receptions(db, ids)
    found: dict[str, Delivery] = {}
    for id_, *head, confirmed, received_at, payload, error in among(db, _UPLINKS, ids):
        rest = (
            bool(confirmed),
            received_at,
            bytes(payload),
            error,
            readings.get(id_, ()),
            heard.get(id_, ()),
        )
        told: Any = (id_, *head, *rest)
        found[id_] = Delivery(*told)
    return found
