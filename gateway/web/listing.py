"""A part of a long list: those whose name holds what is searched for, from where the part before ended."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """`following`: after whom the next part begins, None on the last one."""

    ids: Sequence[str]
    total: int
    query: str
    following: str | None


def part(known: Sequence[tuple[str, str]], query: str, after: str, most: int) -> Part:
    """Of ids and names in their order."""
    wanted = query.strip().casefold()
    ids = [id_ for id_, name in known if wanted in name.casefold() or wanted == id_]
    start = ids.index(after) + 1 if after in ids else 0
    shown = ids[start : start + most]
    return Part(shown, len(ids), query, shown[-1] if start + most < len(ids) else None)
