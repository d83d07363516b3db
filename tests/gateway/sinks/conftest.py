"""A ledger with an LNS's uplinks in it, decoded and owed as the gateway does."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway import stages
from gateway.counters import Counters
from gateway.refusals import Refusals
from gateway.sources.bridge import Bridge
from gateway.sources.lns import Hearing, LnsUplink
from gateway.store import outbox
from gateway.store.ledger import Store
from tests.gateway.desk import START_MS, ManualClock
from tests.gateway.lns import REPORT, dev_eui


class Ledger:
    """`add` uplinks; `owed` says what is still to be delivered."""

    def __init__(self, path: Path):
        self.clock = ManualClock()
        self.store = Store(path)
        self.counters = Counters()
        refusals = Refusals(self.counters, self.clock)
        self._bridge = Bridge("aue", True, self.store, self.clock, self.counters, refusals)

    def add(self, *sinks: str, number: int = 1, fcnt: int = 0, payload: bytes = REPORT) -> str:
        """One uplink, owed to those sinks; its id."""
        heard = LnsUplink(
            dev_eui=dev_eui(number),
            name=f"Pegel, Aue={number}",
            dev_addr=f"0100{number:04x}",
            fcnt=fcnt,
            fport=1,
            confirmed=False,
            payload=payload,
            time_ms=START_MS + fcnt * 1000,
            frequency_hz=868100000,
            data_rate="SF9BW125",
            hearings=(Hearing("aa555a0000000101", -101.0, 5.0),),
            route=f"application/1/device/{dev_eui(number)}",
        )
        (uplink,) = self._bridge.take([replace(heard)])
        with self.store.transaction():
            self.store.set_decoded([(uplink.id, stages.decode(uplink).readings, None)])
            outbox.put(self.store.connection, sinks, [uplink.id], self.clock.now_ms())
        return uplink.id

    def owed(self, sink: str) -> list[str]:
        return [each.id for each in outbox.due(self.store.connection, sink, 1000)]

    def lag(self, sink: str) -> outbox.Lag:
        return next(each for each in outbox.lags(self.store.connection) if each.name == sink)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    made = Ledger(tmp_path / "ledger.db")
    yield made
    made.store.close()
