"""What a downlink could hold: MAC answers and requests, a queued payload; the fullest first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from codec.lorawan import commands, frames
from gateway.model import Reception, Uplink
from gateway.network import downlink, mac, queue
from gateway.network.downlink import Content
from gateway.network.gateways import margin_db
from gateway.network.mac import State, Wishes
from gateway.network.queue import Queued

_UNHEARD_DB = -100.0  # no gateway told an SNR


class Due(NamedTuple):
    """An answer to be made of what the network has to say. `is_owed`: even when that is nothing."""

    uplink: Uplink
    frame: mac.Frame
    questions: tuple[int, ...]
    is_owed: bool

    @property
    def asks_time(self) -> bool:
        """A repetition cannot get the same answer: its time is that of another frame's end (5.9)."""
        return commands.DEVICE_TIME in self.questions


@dataclass(frozen=True, slots=True)
class Draft:
    """`requests` are written down before they go out, and so is what becomes of `item`."""

    fctrl: int
    replies: bytes
    requests: tuple[bytes, ...] = ()
    item: Queued | None = None

    @property
    def content(self) -> Content:
        fopts = self.replies + b"".join(self.requests)
        if self.item is None:
            return Content(fctrl=self.fctrl, fopts=fopts)
        mtype = frames.CONFIRMED_DOWN if self.item.confirmed else frames.UNCONFIRMED_DOWN
        return Content(mtype, self.fctrl, fopts, self.item.fport, self.item.payload)

    @property
    def is_pressing(self) -> bool:
        """Somebody waits for it: it may use the airtime that orders must leave."""
        return bool(self.replies or self.fctrl & frames.ACK)

    @property
    def is_spare(self) -> bool:
        """Nobody waits for it: it takes what airtime the others leave."""
        return not self.is_pressing and self.item is not None and self.item.priority < 0


def answers(due: Due, state: State, wishes: Wishes, waiting: Sequence[Queued], replies: bytes) -> list[Draft]:
    """To an uplink; nothing when nothing is to be said."""
    requests = mac.requests(wishes, state, due.frame, downlink.MOST_FOPTS - len(replies))
    item = queue.following(waiting)
    fctrl = _flags(wishes.adr, due.uplink.confirmed, len(waiting) > 1)
    drafts = [Draft(fctrl, replies, requests, item), Draft(fctrl, replies, (), item)] if item else []
    if due.is_owed or requests:
        drafts.append(Draft(fctrl, replies, requests))
    if due.is_owed:
        drafts.append(Draft(fctrl, replies))
    return drafts


def order(wishes: Wishes, waiting: Sequence[Queued]) -> Draft | None:
    """To a node that listens all the time."""
    item = queue.following(waiting)
    return Draft(_flags(wishes.adr, False, False), b"", (), item) if item else None


def replies(due: Due, hearings: Iterable[Reception], heard_ms: int) -> bytes:
    """What the node asked: how well it is heard and by how many, and what time it was when it spoke."""
    margins = {heard.gateway_id: margin_db(heard) for heard in hearings}
    return mac.replies(due.questions, max(*margins.values(), _UNHEARD_DB), len(margins), heard_ms)


def _flags(adr: bool, ack: bool, more: bool) -> int:
    return (frames.ADR if adr else 0) | (frames.ACK if ack else 0) | (frames.F_PENDING if more else 0)
