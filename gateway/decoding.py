"""What nodes said: the uplinks of one transaction are decoded, judged, told and owed in sets."""

from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from codec.desk.words import FPORTS
from codec.message import Batch
from codec.wire import WireError
from gateway import events, recall, stages
from gateway.alarms.duty import Duty
from gateway.counters import Counters
from gateway.judge import keeping
from gateway.model import Installation, Reading, Uplink
from gateway.network import queue
from gateway.sinks.feeding import Sinks
from gateway.stages import Decoded
from gateway.store import ledger, outbox, sites
from gateway.store.ledger import Store
from gateway.store.outbox import Delivery

_place = attrgetter("quantity", "time")
_NOTHING = Decoded(None, [], [])


class _Read(NamedTuple):
    """An uplink with what it says, or with the reason why that cannot be read."""

    uplink: Uplink
    decoded: Decoded
    error: str | None = None


class Decoding:
    def __init__(self, store: Store, counters: Counters, alarms: Duty, sinks: Sinks):
        self._store = store
        self._counters = counters
        self._alarms = alarms
        self._sinks = sinks
        self._reported: dict[int, int] = {}  # session: counter of its newest report

    def take(self, uplinks: Sequence[Uplink]) -> None:
        """In the caller's transaction, in the order of the ledger."""
        placed = sites.installations_of(self._store.connection, {each.dev_eui for each in uplinks})
        read = [self._read(each, placed.get(each.dev_eui, ())) for each in uplinks]
        # A batch from a journal is compared with what is stored: it waits for those before it.
        for _, together in groupby(enumerate(read), _place_of_batch):
            self._keep([each for _, each in together])

    def _read(self, uplink: Uplink, installations: Sequence[Installation]) -> _Read:
        if uplink.fport == FPORTS["answer"]:
            queue.hear(self._store.connection, uplink.dev_eui, uplink.payload, uplink.received_at)
        try:
            return _Read(uplink, stages.decode(uplink, installations))
        except WireError as refused:
            self._counters.add("undecoded")
            return _Read(uplink, _NOTHING, str(refused))

    def _keep(self, read: Sequence[_Read]) -> None:
        db = self._store.connection
        decoded = [recall.news(db, each.uplink, each.decoded) for each in read]
        told = keeping.keep(
            self._store,
            [(each.uplink.id, said.readings, each.error) for each, said in zip(read, decoded, strict=True)],
        )
        uplinks = [each.uplink for each in read]
        self._look_for_gaps(uplinks, [said.numbered for said in decoded])
        events.tell_uplinks(self._store, [each.id for each in uplinks])
        self._alarms.saw(list(zip(uplinks, [said.said for said in decoded], told, strict=True)))
        if self._sinks.any():
            self._sinks.owe(self._deliveries(read, told))

    def _deliveries(self, read: Sequence[_Read], told: Sequence[Sequence[Reading]]) -> list[Delivery]:
        db = self._store.connection
        names = ledger.names(db, {each.uplink.dev_eui for each in read})
        heard = ledger.receptions(db, [each.uplink.id for each in read])
        deliveries = []
        for (uplink, _, error), readings in zip(read, told, strict=True):
            ordered = sorted(readings, key=_place)
            found = heard.get(uplink.id, ())
            deliveries.append(outbox.delivery(uplink, names[uplink.dev_eui], error, ordered, found))
        return deliveries

    def _look_for_gaps(
        self, uplinks: Sequence[Uplink], numbered: Sequence[Sequence[tuple[int, int]]]
    ) -> None:
        """What a node's journal may still hold of frames that were lost."""
        db = self._store.connection
        numbers: list[tuple[str, int, int]] = []
        for uplink, each in zip(uplinks, numbered, strict=True):
            if each and not self._follows(uplink):
                keeping.number(db, numbers)
                numbers.clear()
                recall.note(db, uplink, each)
            numbers += [(uplink.dev_eui, time, number) for time, number in each]
        keeping.number(db, numbers)
        missing = recall.missing(db, {each.dev_eui for each in uplinks})
        for uplink in uplinks:
            if uplink.dev_eui in missing:
                recall.ask(db, uplink.dev_eui, uplink.received_at)

    def _follows(self, uplink: Uplink) -> bool:
        """Whether it is known without asking that the frame before this one was a report, too."""
        if uplink.fport != FPORTS["report"]:
            return False
        former = self._reported.get(uplink.session_id)
        self._reported[uplink.session_id] = uplink.fcnt
        return former == uplink.fcnt - 1


def _place_of_batch(read: tuple[int, _Read]) -> int:
    """Its own for each batch, one for all else between two."""
    place, each = read
    return place if isinstance(each.decoded.said, Batch) else -1
