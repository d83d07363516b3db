"""The event log of a run: JSON lines, append-only, the truth that every other record is a view of.

Every event has `t` (microseconds since 1970) and `event`; its other fields by kind:

    run        name, seed, duration_s, currents       fault   what, target
    gateway    name, eui, x_m, y_m, lat, lon
    node       name, dev_eui, x_m, y_m, lat, lon, mount_mm, marks_mm
    sample     node, at, stage_mm, distance_mm: what was true then and what the sensor saw
    sense      node, at, part and what was true for it then, by quantity
    crossing   node, mark_mm: the water has risen to a mark
    up         node, start, hz, sf, bw, dbm, phy, heard {eui: [rssi, snr]}, lost {eui: cause}
    down       gateway, start, hz, sf, bw, dbm, phy   down_heard  node, gateway, start
    lns        node, kind, lost: an LNS's event for its broker
    order      node, outcome (queued, sent, acknowledged, failed; refused with reason), fport: at the LNS
    wake       node, start, tx {dbm: us}, rx_us       end

Keys are in no event.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from simulator.air import Heard, Outcome, Place, Transmission, Watcher

Event = dict[str, Any]
Take = Callable[[Event], None]


class EventLogError(Exception):
    """An event log that cannot be read; the text names file, line and what is expected."""


class CutError(EventLogError):
    """The log ends within a line: what came before it is sound."""


class EventLog(Watcher):
    """Hands each event to whoever follows the run; frames stay bytes until they are written down."""

    def __init__(self, euis: dict[str, str]):
        self.followers: list[Take] = []
        self._euis = euis  # by the gateway's name

    def tell(self, at_us: int, event: str, **fields: object) -> None:
        line = {"t": at_us, "event": event, **fields}
        for take in self.followers:
            take(line)

    def on_uplink(self, sent: Transmission, outcomes: list[Outcome]) -> None:
        heard, lost = {}, {}
        for antenna, outcome in outcomes:
            eui = self._euis[antenna.place.name]
            if isinstance(outcome, Heard):
                heard[eui] = [outcome.rssi_dbm, outcome.snr_db]
            else:
                lost[eui] = outcome
        self.tell(sent.end_us, "up", node=sent.sender.name, **_frame(sent), heard=heard, lost=lost)

    def on_downlink(self, sent: Transmission) -> None:
        self.tell(sent.end_us, "down", gateway=self._euis[sent.sender.name], **_frame(sent))

    def on_downlink_heard(self, receiver: Place, sent: Transmission) -> None:
        eui = self._euis[sent.sender.name]
        self.tell(sent.end_us, "down_heard", node=receiver.name, gateway=eui, start=sent.start_us)


def _frame(sent: Transmission) -> Event:
    hz, sf, bw_hz = sent.channel
    return {"start": sent.start_us, "hz": hz, "sf": sf, "bw": bw_hz, "dbm": sent.power_dbm, "phy": sent.frame}


def line(event: Event) -> str:
    return json.dumps(event, default=bytes.hex, ensure_ascii=False, separators=(",", ":")) + "\n"


def read(path: Path) -> Iterator[Event]:
    """The events of a log; refuses what is none, with file and line."""
    before_us = 0
    with path.open(encoding="utf-8", errors="replace") as file:
        for number, text in enumerate(file, 1):
            try:
                event = json.loads(text)
                at_us = event["t"]
                if "phy" in event:
                    event["phy"] = bytes.fromhex(event["phy"])
                event["event"]
            except (ValueError, KeyError, TypeError):
                kind = EventLogError if text.endswith("\n") else CutError
                raise kind(f"{path}:{number}: expected a JSON object with t and event") from None
            if at_us < before_us:
                raise EventLogError(f"{path}:{number}: time runs backwards, {at_us} after {before_us}")
            before_us = at_us
            yield event
