"""How a node stands with the network, and why what it sent was refused, as steps."""

from collections.abc import Iterator
from typing import Any

from gateway.model import NotFoundError, Session
from gateway.network import link, queue, strangers
from gateway.network.mac import State, Wishes
from gateway.store.database import Connection, Row
from gateway.why import loss, rates
from gateway.why.frame import adaptive
from gateway.why.past import Past
from gateway.why.steps import Step, step

_DEVICE = """
    SELECT d.name, d.archived_at,
           (SELECT max(received_at) FROM uplink u WHERE u.dev_eui = d.dev_eui) AS heard_at
    FROM device d WHERE d.dev_eui = ?
"""
_SESSION = "SELECT * FROM session WHERE dev_eui = ? AND state <> 'ended' ORDER BY id DESC"
_LAST = """
    SELECT u.id, u.fcnt, r.data_rate FROM uplink u LEFT JOIN reception r ON r.uplink_id = u.id
    WHERE u.session_id = ? ORDER BY u.fcnt DESC LIMIT 1
"""
# What bears only an address may be anybody's: it is told of each node that has that address.
_NOTED = """
    SELECT n.* FROM noted n WHERE n.dev_eui = ? OR (n.dev_eui IS NULL AND n.dev_addr IN (
        SELECT dev_addr FROM session WHERE dev_eui = ? AND state <> 'ended')) ORDER BY n.id DESC LIMIT ?
"""
_MISSED = "SELECT count(*) FROM missed WHERE dev_eui = ?"
_LATELY = 10
_DAYS = 7


def trace(db: Connection, wishes: Wishes, dev_eui: str, now: int) -> list[Step]:
    device = db.execute(_DEVICE, (dev_eui,)).fetchone()
    if device is None:
        return _stranger(db, dev_eui, now)
    head = step("why.node", name=device["name"], eui=dev_eui, heard_at=device["heard_at"])
    archived = [step("why.archived", archived_at=device["archived_at"])] if device["archived_at"] else []
    return [head, *archived, *_sessions(db, wishes, dev_eui), *_waits(db, dev_eui), *_loss(db, dev_eui, now),
            *_refused(db, dev_eui)]  # fmt: skip


def _stranger(db: Connection, dev_eui: str, now: int) -> list[Step]:
    for each in strangers.told(db, now):
        if each["dev_eui"] == dev_eui:
            return [
                step(
                    "why.stranger",
                    count=each["requests"],
                    gateway=each["gateway_id"],
                    last_at=each["last_at"],
                )
            ]
    raise NotFoundError(
        f"no frame and no device {dev_eui}; `messfunk device unknown` lists who asked to join"
    )


def _sessions(db: Connection, wishes: Wishes, dev_eui: str) -> Iterator[Step]:
    rows = db.execute(_SESSION, (dev_eui,)).fetchall()
    if not rows:
        yield step("why.noSession")
    for row in rows:
        told = {"address": row["dev_addr"], "began_at": row["created_at"]}
        if row["source"] is not None:
            yield step("why.sessionLns", source=row["source"], **told)
        elif row["state"] == "pending":
            yield step("why.sessionPending", **told)
        else:
            fcnt_up = row["fcnt_up"] if row["fcnt_up"] >= 0 else None
            yield step("why.session", up=fcnt_up, down=row["fcnt_down"], delay=row["rx_delay_s"], **told)
            yield from _link(db, wishes, row)


def _link(db: Connection, wishes: Wishes, row: Row) -> Iterator[Step]:
    session = Session(**{name: row[name] for name in Session._fields if name in row.keys()})  # noqa: SIM118
    known = link.of(session)
    yield step(
        "why.link", rate=known.data_rate, power=known.power_index, transmissions=known.nb_trans,
        battery=known.battery, margin=known.margin_db,
    )  # fmt: skip
    if known.asked:
        names = ", ".join(rates.command(each[0], "down") for each in known.asked.commands)
        yield step("why.open", commands=names, count=known.asked.tries, fcnt=known.asked.fcnt)
    last = db.execute(_LAST, (row["id"],)).fetchone()
    if last:
        state = State(session, known)
        yield from adaptive(wishes, Past(state, state, bytes(row["heard"])), True, last["data_rate"])
        yield step("why.lastFrame", fcnt=last["fcnt"], id=last["id"])


def _waits(db: Connection, dev_eui: str) -> Iterator[Step]:
    for each in queue.waiting(db, dev_eui):
        key = "why.pending" if each.state == "pending" else "why.queued"
        yield step(key, number=each.id, count=each.attempts, what=each.orders or each.payload.hex())
    (missed,) = db.execute(_MISSED, (dev_eui,)).fetchone()
    if missed:
        yield step("why.missed", count=missed)


def _loss(db: Connection, dev_eui: str, now: int) -> Iterator[Step]:
    since_ms = (now // loss.DAY_MS - _DAYS + 1) * loss.DAY_MS
    for day in loss.by_day(db, dev_eui, since_ms):
        yield step(
            "why.loss",
            start_day=day.start_ms,
            received=day.received,
            lost=day.lost,
            share=round(100 * day.share, 1),
        )


def _refused(db: Connection, dev_eui: str) -> Iterator[Step]:
    for row in db.execute(_NOTED, (dev_eui, dev_eui, _LATELY)).fetchall():
        said: dict[str, Any] = {name: row[name] for name in ("fcnt", "fcnt_up", "candidates")}
        radio = {"gateway": row["gateway_id"], "rssi": row["rssi_dbm"], "snr": row["snr_db"]}
        yield step(f"why.noted.{_cause(row)}", noted_at=row["at"], address=row["dev_addr"], **said, **radio)


def _cause(row: Row) -> str:
    """A join-request has no address."""
    return f"{row['cause']}_join" if row["cause"] == "mic" and row["dev_addr"] is None else str(row["cause"])
