"""The downlinks of all nodes: queued, sent, acknowledged or answered; the SQL of table `downlink`."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

from codec import message
from codec.desk.document import code_name
from codec.desk.orders import command
from codec.desk.words import FPORTS, RESULTS
from codec.message import Answer
from codec.wire import WireError
from gateway.model import NotFoundError
from gateway.store.database import Connection, among
from gateway.words import said

_ATTEMPTS = 4
_ASKS = 3  # of the journal: the batch that answers may be lost, too
_DONE = json.dumps([RESULTS[0]])
_ANSWER_WITHIN = 4  # uplinks: a node sends its alarms and reports first
_TOO_LATE = "its time was over before it could be sent"

_OPEN = (
    "SELECT * FROM downlink WHERE dev_eui = ? AND state IN ('queued', 'pending') ORDER BY priority DESC, id"
)
_WAITED_FOR = """
    SELECT DISTINCT dev_eui FROM downlink WHERE dev_eui IN ({keys}) AND state IN ('queued', 'pending')
"""
_ADD = """
    INSERT INTO downlink (dev_eui, fport, payload, orders, confirmed, priority, actor, created_at, expires_at,
                          state)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'queued') RETURNING id
"""
_SENT = """
    UPDATE downlink SET state = ?, attempts = attempts + 1, fcnt_up = ?, fcnt_down = ?, sent_at = ?,
                        reason = NULL
    WHERE id = ?
"""
_END = "UPDATE downlink SET state = ?, ended_at = ?, reason = ? WHERE id = ?"
_HANDED_OVER = (
    "UPDATE downlink SET state = 'sent', sent_at = ?, ended_at = ?, reference = ?, reason = NULL WHERE id = ?"
)
_OUTCOMES = {"acknowledged": "delivered", "not acknowledged": "failed", "failed": "failed"}
_LNS_SAID = """
    UPDATE downlink SET state = ?, ended_at = ?, reason = ?
    WHERE reference = ? AND dev_eui = ? AND state = 'sent'
"""
_OLDEST_AT_LNS = """
    SELECT reference FROM downlink
    WHERE dev_eui = ? AND state = 'sent' AND confirmed = 1 AND reference IS NOT NULL ORDER BY id LIMIT 1
"""
_BACK = "UPDATE downlink SET state = 'queued', reason = ? WHERE id = ?"
_ANSWERED = """
    UPDATE downlink SET state = 'answered', ended_at = ?, results = ?, reason = NULL
    WHERE id = ? AND dev_eui = ? AND orders IS NOT NULL
      AND state IN ('queued', 'pending', 'sent', 'failed')
"""
_JOURNAL = """'[{"order": "journal"%'"""
_SAME = "SELECT state, results FROM downlink WHERE dev_eui = ? AND orders = ?"
_LAST_JOURNAL = f"""
    SELECT state, orders, ended_at FROM downlink WHERE dev_eui = ? AND orders LIKE {_JOURNAL}
    ORDER BY id DESC LIMIT 1
"""  # noqa: S608
_MOST_ASKED = """
    SELECT max(asked) FROM (
        SELECT count(*) AS asked FROM downlink WHERE dev_eui = ? AND orders LIKE ? GROUP BY orders
    ) by_quantity
"""
_TOLD_ALL = f"""
    SELECT 1 FROM downlink d JOIN uplink u ON u.dev_eui = d.dev_eui AND u.received_at > d.ended_at
    WHERE d.dev_eui = ? AND d.orders = ? AND d.state = 'answered' AND u.fport = ?
      AND NOT EXISTS (
        SELECT 1 FROM downlink later WHERE later.dev_eui = d.dev_eui AND later.id > d.id
        AND later.orders LIKE {_JOURNAL} AND later.created_at < u.received_at)
    LIMIT 1
"""  # noqa: S608
_BEHIND_LNS = """
    SELECT DISTINCT q.dev_eui FROM downlink q JOIN session s ON s.dev_eui = q.dev_eui
    WHERE q.state = 'queued' AND s.state = 'active' AND s.source IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A downlink to be. `orders` are those of codec.desk.orders, `payload` then follows from them."""

    dev_eui: str
    fport: int
    payload: bytes = b""
    orders: Sequence[dict[str, Any]] | None = None
    confirmed: bool = False
    priority: int = 0
    expires_at: int | None = None


@dataclass(frozen=True, slots=True)
class Queued:
    """A row. `pending` waits for the node's word, `sent` for nothing any more."""

    id: int
    dev_eui: str
    fport: int
    payload: bytes
    orders: str | None
    confirmed: bool
    priority: int
    expires_at: int | None
    state: str
    attempts: int
    fcnt_up: int | None

    @property
    def awaits(self) -> bool:
        return self.orders is not None or self.confirmed


_FIELDS = tuple(field.name for field in fields(Queued))


def add(db: Connection, wanted: Wanted, actor: str, now: int) -> int:
    """Its number, which is also the token of its orders."""
    orders = None if wanted.orders is None else json.dumps(wanted.orders)
    row = (wanted.dev_eui, wanted.fport, wanted.payload, orders, int(wanted.confirmed), wanted.priority)
    number: int = db.execute(_ADD, (*row, actor, now, wanted.expires_at)).fetchone()[0]
    if wanted.orders is not None:
        payload = command(number, list(wanted.orders))
        db.execute("UPDATE downlink SET payload = ? WHERE id = ?", (payload, number))
    return number


def ask_journal(
    db: Connection, dev_eui: str, quantity: str, first: int, count: int, now: int, expires_at: int
) -> int | None:
    """Let a node send readings of its journal once more; None when it will not, or was asked often enough."""
    order = {"order": "journal", "quantity": quantity, "first": first, "count": count}
    orders = json.dumps([order])
    same = db.execute(_SAME, (dev_eui, orders)).fetchall()
    is_open = any(row["state"] in ("queued", "pending") for row in same)
    is_refused = any(row["results"] not in (None, _DONE) for row in same)
    told_all = db.execute(_TOLD_ALL, (dev_eui, orders, FPORTS["batch"])).fetchone()
    if is_open or is_refused or told_all or len(same) >= _ASKS:
        return None
    wanted = Wanted(dev_eui, FPORTS["command"], orders=[order], priority=-1, expires_at=expires_at)
    return add(db, wanted, "gateway", now)


def is_in_vain(db: Connection, dev_eui: str, first: int, count: int) -> bool:
    """Some quantity of these readings was asked for as often as is done: the node has none of them."""
    (asked,) = db.execute(_MOST_ASKED, (dev_eui, f'%"first": {first}, "count": {count}}}]')).fetchone()
    return bool(asked and asked >= _ASKS)


def last_journal(db: Connection, dev_eui: str) -> Any:
    """State, orders and end of the node's newest request for its journal, whoever made it; or None."""
    return db.execute(_LAST_JOURNAL, (dev_eui,)).fetchone()


def waiting(db: Connection, dev_eui: str) -> list[Queued]:
    """What is still to be sent or waits for the node's word; what goes first comes first."""
    return [
        Queued(**{**{name: row[name] for name in _FIELDS}, "confirmed": bool(row["confirmed"])})
        for row in db.execute(_OPEN, (dev_eui,))
    ]


def waited_for(db: Connection, dev_euis: Iterable[str]) -> set[str]:
    """Those of them that have something waiting."""
    return {row["dev_eui"] for row in among(db, _WAITED_FOR, dev_euis)}


def following(found: Sequence[Queued]) -> Queued | None:
    """The next to send: none while one is pending."""
    if any(each.state == "pending" for each in found):
        return None
    return found[0] if found else None


def review(db: Connection, dev_eui: str, fcnt: int, is_acked: bool, now: int) -> bool:
    """What an uplink means for those that wait: acknowledged, not, expired. Whether one is to be sent."""
    is_due = False
    for each in waiting(db, dev_eui):
        if each.state == "pending" and each.confirmed and is_acked:
            db.execute(_END, ("delivered", now, None, each.id))
        elif each.state == "pending":
            is_due |= _is_missed(db, each, fcnt, now)
        elif each.expires_at is not None and each.expires_at <= now:
            db.execute(_END, ("expired", now, _TOO_LATE, each.id))
        else:
            is_due = True
    return is_due


def expire(db: Connection, now: int) -> None:
    """Of all nodes."""
    db.execute(
        "UPDATE downlink SET state = 'expired', ended_at = ?, reason = ? WHERE state = 'queued'"
        " AND expires_at <= ?",
        (now, _TOO_LATE, now),
    )


def _is_missed(db: Connection, pending: Queued, fcnt: int, now: int) -> bool:
    """The node said nothing about it: then it goes again, a few times."""
    what = "answer" if pending.orders else "acknowledgement"
    patience = _ANSWER_WITHIN if pending.orders else 1
    if pending.fcnt_up is not None and 0 <= fcnt - pending.fcnt_up < patience:
        return False
    if pending.attempts >= _ATTEMPTS:
        db.execute(_END, ("failed", now, f"no {what} after {pending.attempts} attempts", pending.id))
        return False
    db.execute(_BACK, (f"no {what} yet", pending.id))
    return True


def sent(db: Connection, item: Queued, fcnt_up: int, fcnt_down: int | None, now: int) -> None:
    """It goes out: to wait for the node's word, or for nothing any more."""
    db.execute(_SENT, ("pending" if item.awaits else "sent", fcnt_up, fcnt_down, now, item.id))


def take_back(db: Connection, item: Queued, reason: str) -> None:
    """No gateway sent it."""
    db.execute("UPDATE downlink SET attempts = attempts - 1 WHERE id = ?", (item.id,))
    db.execute(_BACK, (reason, item.id))


def defer(db: Connection, item: Queued, reason: str) -> None:
    db.execute("UPDATE downlink SET reason = ? WHERE id = ?", (reason, item.id))


def hear(db: Connection, dev_eui: str, payload: bytes, now: int) -> None:
    """A node obeyed a command, or says why not. An answer to nothing changes nothing."""
    try:
        said = message.decode(payload)
    except WireError:
        return
    if not isinstance(said, Answer):
        return
    results = json.dumps([code_name(code, RESULTS, "result") for code in said.results])
    db.execute(_ANSWERED, (now, results, said.token, dev_eui))


def set_class_c(db: Connection, dev_eui: str, is_class_c: bool) -> None:
    db.execute("UPDATE device SET is_class_c = ? WHERE dev_eui = ?", (int(is_class_c), dev_eui))


def handed_over(db: Connection, item: Queued, reference: str, now: int) -> None:
    """An LNS has it, and does the rest itself."""
    db.execute(_HANDED_OVER, (now, now, reference, item.id))


def hear_lns(db: Connection, dev_eui: str, reference: str, outcome: str, now: int) -> None:
    """What an LNS says of a downlink that it was handed; its transmission is no news."""
    state = _OUTCOMES.get(outcome)
    if state:
        reason = None if state == "delivered" else f"{outcome}, says the LNS"
        db.execute(_LNS_SAID, (state, now, reason, reference, dev_eui))


def oldest_at_lns(db: Connection, dev_eui: str) -> str | None:
    """Of those that wait for an acknowledgement there; None when none does."""
    row = db.execute(_OLDEST_AT_LNS, (dev_eui,)).fetchone()
    return row and str(row["reference"])


def behind_lns(db: Connection) -> list[Queued]:
    """The next of each node that an LNS serves."""
    rows = db.execute(_BEHIND_LNS).fetchall()
    found = (following(waiting(db, row["dev_eui"])) for row in rows)
    return [each for each in found if each]


def state(db: Connection, number: int) -> str:
    found: str = db.execute("SELECT state FROM downlink WHERE id = ?", (number,)).fetchone()["state"]
    return found


def cancel(db: Connection, dev_eui: str, number: int, now: int) -> None:
    """Only what waits; what went out is on its way."""
    row = db.execute(
        "UPDATE downlink SET state = 'cancelled', ended_at = ?"
        " WHERE id = ? AND dev_eui = ? AND state IN ('queued', 'pending') RETURNING id",
        (now, number, dev_eui),
    ).fetchone()
    if row is None:
        raise NotFoundError(said("refusal.noDownlink", number=number, name=dev_eui))


def told(db: Connection, dev_eui: str, after: tuple[int] | None = None) -> Iterator[dict[str, Any]]:
    """All of a node, the newest first, by the names of the HTTP interface."""
    rows = db.execute(
        "SELECT * FROM downlink WHERE dev_eui = ? AND id < ? ORDER BY id DESC",
        (dev_eui, after[0] if after else 1 << 62),
    )
    for row in rows:
        yield {
            **{name: value for name, value in dict(row).items() if name != "reference"},
            "confirmed": bool(row["confirmed"]),
            "payload": bytes(row["payload"]).hex(),
            "orders": row["orders"] and json.loads(row["orders"]),
            "results": row["results"] and json.loads(row["results"]),
        }
