"""A part of a long list by name, as an index has it: what is searched for behind the last part."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from gateway.store.database import Connection
from gateway.store.folding import fold

_LONGEST_QUERY = 100  # characters
_AFTER = "SELECT folded, {key} FROM {table} t WHERE {key} = ? AND {seen}"
_COUNT = "SELECT count(*) FROM {table} t WHERE {seen}{searched}"
_IDS = """
    SELECT {key} FROM {table} t WHERE {seen}{searched} AND (folded, {key}) > (?, ?)
    ORDER BY folded, {key} LIMIT ?
"""
_SEARCHED = " AND (folded LIKE ? ESCAPE '!' OR {key} = ?)"
_START = ("", "")


class Listed(NamedTuple):
    """Rows of a table that has `folded`, under a condition on its row `t` with placeholders."""

    table: str
    key: str
    seen: str
    arguments: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """`following`: after whom the next part begins, None on the last one; `counts` of each list."""

    ids: Sequence[str]
    counts: Sequence[int]
    query: str
    following: str | None

    @property
    def total(self) -> int:
        return sum(self.counts)


def part(db: Connection, lists: Sequence[Listed], query: str, after: str, most: int) -> Part:
    """Of lists that share no row, one behind the other."""
    wanted = fold(query.strip().replace("\0", ""))[:_LONGEST_QUERY]
    ids: list[str] = []
    at, start = _place(db, lists, after.replace("\0", ""))
    for listed in lists[at:]:
        asked = (*listed.arguments, *_sought(wanted), *start, most + 1 - len(ids))
        ids += [row[0] for row in db.execute(_text(_IDS, listed, wanted), asked)]
        start = _START
    counts = [
        int(db.execute(_text(_COUNT, each, wanted), (*each.arguments, *_sought(wanted))).fetchone()[0])
        for each in lists
    ]
    return Part(ids[:most], counts, query, ids[most - 1] if len(ids) > most else None)


def _place(db: Connection, lists: Sequence[Listed], after: str) -> tuple[int, tuple[str, str]]:
    """In which of the lists the next part begins, and behind what; the very beginning if nobody knows it."""
    for at, listed in enumerate(lists):
        row = db.execute(_text(_AFTER, listed, ""), (after, *listed.arguments)).fetchone() if after else None
        if row:
            return at, (row[0], row[1])
    return 0, _START


def _text(sql: str, listed: Listed, wanted: str) -> str:
    searched = _SEARCHED.format(key=listed.key) if wanted else ""
    return sql.format(table=listed.table, key=listed.key, seen=listed.seen, searched=searched)


def _sought(wanted: str) -> tuple[str, ...]:
    if not wanted:
        return ()
    literal = wanted.replace("!", "!!").replace("%", "!%").replace("_", "!_")
    return (f"%{literal}%", wanted)
