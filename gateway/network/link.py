"""What a node does by its own answers, and what it was asked: JSON in the row of its session."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from codec.lorawan.regions import Region
from gateway.model import RX2_OF_REGION, Session


class Channel(NamedTuple):
    """One that the network added to the region's own."""

    number: int
    hz: int
    lowest: int
    highest: int


class Asked(NamedTuple):
    """Commands sent in answer to the uplink `fcnt`, for the `tries`-th time, still without an answer."""

    commands: tuple[bytes, ...]
    fcnt: int
    tries: int


@dataclass(frozen=True, slots=True)
class Link:
    """A new session's: all at the region's defaults. `data_rate` is the one agreed on, None before.

    `most_*` is what the node refused to exceed; `mask` None: every channel it has is on.
    """

    data_rate: int | None = None
    power_index: int = 0
    nb_trans: int = 1
    mask: int | None = None
    channels: tuple[Channel, ...] = ()
    refused_channels: tuple[int, ...] = ()
    rx2_hz: int | None = None
    refused_windows: tuple[int, ...] = ()
    most_data_rate: int | None = None
    most_power_index: int | None = None
    asked: Asked | None = None
    battery: int | None = None
    margin_db: int | None = None
    status_at: int | None = None


_NEW = Link()
_KEPT = 4096  # texts: most nodes of a fleet have settled at one of a few


def of(session: Session) -> Link:
    """What is known of the session's node."""
    return _read(session.link) if session.link else _NEW


@lru_cache(_KEPT)
def _read(text: str) -> Link:
    saved: dict[str, Any] = json.loads(text)
    for name, read in _READERS.items():
        if saved.get(name) is not None:
            saved[name] = read(saved[name])
    return Link(**saved)


def into(session: Session, link: Link) -> Session:
    """The session that remembers `link`; only what differs from a new one is written."""
    new = asdict(_NEW)
    changed = {name: value for name, value in asdict(link).items() if value != new[name]}
    if link.asked:
        changed["asked"] = ([each.hex() for each in link.asked.commands], *link.asked[1:])
    return session._replace(link=json.dumps(changed, separators=(",", ":")) if changed else "")


def rx2(region: Region, session: Session, link: Link) -> tuple[int, int]:
    """(Hz, data rate) of the node's second window."""
    is_told = session.rx2_data_rate != RX2_OF_REGION
    return link.rx2_hz or region.rx2[0], session.rx2_data_rate if is_told else region.rx2[1]


_READERS: dict[str, Callable[[Any], Any]] = {
    "channels": lambda rows: tuple(Channel(*row) for row in rows),
    "refused_channels": tuple,
    "refused_windows": tuple,
    "asked": lambda row: Asked(tuple(bytes.fromhex(each) for each in row[0]), row[1], row[2]),
}
