"""The marks that a node is to watch itself, as distances; and whether it has said that it does."""

import json
from dataclasses import dataclass
from typing import Any

from codec.desk.orders import AT_ONCE
from codec.desk.words import FPORTS
from gateway.alarms import marks
from gateway.commands import Writing
from gateway.network import queue
from gateway.network.queue import Wanted
from gateway.store.database import Connection

_MOUNT = "SELECT site_id, mount_mm FROM installation WHERE dev_eui = ? AND to_ms IS NULL"
_NODES = "SELECT dev_eui FROM installation WHERE site_id = ? AND to_ms IS NULL ORDER BY dev_eui"
_TOLD = "SELECT marks FROM node_marks WHERE dev_eui = ?"
_FARTHEST_MM, _WIDEST_MM = 40_000, 5_000  # what the order can say


@dataclass(frozen=True, slots=True)
class NodeMarks:
    """`told` None: the node has never said which it watches."""

    dev_eui: str
    hysteresis_mm: int
    distances_mm: tuple[int, ...]
    told: tuple[int, ...] | None

    @property
    def is_confirmed(self) -> bool:
        """Whether the node watches just these."""
        wanted = (self.hysteresis_mm, *self.distances_mm) if self.distances_mm else ()
        return self.told == wanted

    @property
    def order(self) -> dict[str, Any]:
        """As codec.desk.orders takes it."""
        return {"order": "marks", "hysteresis": self.hysteresis_mm, "marks": list(self.distances_mm)}


def of_site(db: Connection, site_id: str, now: int) -> list[NodeMarks]:
    """Of the nodes that measure there now and whose height is surveyed."""
    found = (of_node(db, row["dev_eui"], now) for row in db.execute(_NODES, (site_id,)).fetchall())
    return [each for each in found if each]


def unconfirmed(db: Connection, site_id: str, now: int) -> list[NodeMarks]:
    """The nodes there that have marks to watch and have not said that they do, or still watch others."""
    return [
        node
        for node in of_site(db, site_id, now)
        if not node.is_confirmed and (node.distances_mm or node.told is not None)
    ]


def tell(writing: Writing, site_id: str) -> dict[str, Any]:
    """Queue what the nodes of the site do not watch yet, in the place of what waits of an earlier change."""
    db, now = writing.store.connection, writing.clock.now_ms()
    told = {}
    for node in of_site(db, site_id, now):
        for waiting in queue.waiting(db, node.dev_eui):
            if waiting.state == "queued" and _is_of_marks(waiting.orders):
                queue.cancel(db, node.dev_eui, waiting.id, now)
        if not node.is_confirmed:
            queue.add(db, Wanted(node.dev_eui, FPORTS["command"], orders=[node.order]), writing.actor, now)
            told[node.dev_eui] = node.order
    return told


def _is_of_marks(orders: str | None) -> bool:
    return orders is not None and {each["order"] for each in json.loads(orders)} == {"marks"}


def of_node(db: Connection, dev_eui: str, now: int) -> NodeMarks | None:
    """The lowest water first, no more than a node can watch; an alarm lasts as long as any mark asks for."""
    row = db.execute(_MOUNT, (dev_eui,)).fetchone()
    if row is None or row["mount_mm"] is None:
        return None
    levels = [
        mark
        for mark in marks.of_site(db, row["site_id"], now)
        if mark.quantity == "level" and mark.measure == "value"
    ]
    distances = sorted({round(row["mount_mm"] - mark.value) for mark in levels}, reverse=True)
    within = tuple(each for each in distances if 0 <= each <= _FARTHEST_MM)[:AT_ONCE]
    hysteresis = min(_WIDEST_MM, round(max((mark.hysteresis for mark in levels), default=0)))
    told = db.execute(_TOLD, (dev_eui,)).fetchone()
    return NodeMarks(dev_eui, hysteresis, within, told and tuple(map(int, told["marks"].split())))
