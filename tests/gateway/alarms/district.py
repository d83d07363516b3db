"""Nodes at sites, and what they say: uplinks that are stored and looked at as App does it."""

import itertools
from pathlib import Path
from typing import Any

import cbor2

from codec.message import ROWS
from gateway import devices, stages
from gateway.alarms import hearing, marks, records, watch
from gateway.alarms.rules import Mark
from gateway.devices import AbpKeys, Provisioning
from gateway.judge import keeping
from gateway.model import Reception, Uplink
from gateway.store import sites
from gateway.store.ledger import Store
from tests.gateway.desk import START_MS, ManualClock

BIT = {row.name: row.bit for row in ROWS}
CENTRE = {row.name: row.centre for row in ROWS}
MINUTE = 60_000
MOUNT_MM = 3000
GATEWAY = "aa555a0000000101"


class District:
    """A store with nodes; `hears` is what App does with a frame."""

    def __init__(self, path: Path, nodes: int = 1) -> None:
        self.store = Store(path)
        self.store.connection.execute("PRAGMA synchronous = OFF")  # no test cuts the power
        self.clock = ManualClock()
        self.listening_since = START_MS
        self.is_judging = False  # the quality checks are another room's business, unless a test wants them
        self.flags: dict[str, int] = {}
        self.sites: list[str] = []
        self.nodes = [self._add(number) for number in range(1, nodes + 1)]
        self._numbers = itertools.count(1)
        self._fcnt: dict[str, int] = {}

    def _add(self, number: int) -> str:
        dev_eui = f"70b3d57ed000{number:04x}"
        keys = AbpKeys(f"0000{number:04x}", bytes(16), bytes(16))
        devices.add(self.store, Provisioning(dev_eui, f"Pegel {number}", keys, 50.5, 9.7, MOUNT_MM), START_MS)
        present = sites.present(self.store.connection, dev_eui)
        assert present
        self.sites.append(present.site_id)
        return dev_eui

    def mark(self, value: float, at: int = 0, **changed: Any) -> int:
        row: dict[str, Any] = {"id": 0, "site_id": self.sites[at], "quantity": "level", "measure": "value"}
        row |= {"name": "Meldestufe I", "value": value, "hysteresis": 50, "confirm": "1", "source": "test"}
        row |= {"valid_from": 0, "valid_to": None}
        with self.store.transaction():
            return marks.add(self.store.connection, Mark(**row | changed))

    def lose(self, at: int = 0) -> None:
        """A frame that nobody heard."""
        dev_eui = self.nodes[at]
        self._fcnt[dev_eui] = self._fcnt.get(dev_eui, 0) + 1

    def hear(
        self, payload: bytes, at: int = 0, gateways: tuple[str, ...] = (GATEWAY,), flag: int | None = None
    ) -> Uplink:
        """Now, by these gateways; `flag` is what the quality checks say of it."""
        dev_eui, now = self.nodes[at], self.clock.now_ms()
        self.lose(at)
        session = self.store.newest_session(dev_eui, "active")
        assert session
        uplink = Uplink(
            id=f"{next(self._numbers):016x}", session_id=session.id, dev_eui=dev_eui,
            dev_addr=session.dev_addr, fcnt=self._fcnt[dev_eui], fport=1, confirmed=False,
            received_at=now, phy=b"", payload=payload,
        )  # fmt: skip
        db = self.store.connection
        with self.store.transaction():
            self.store.add_uplink(uplink)
            for gateway in gateways:
                reception = Reception(gateway, now, b"", 868_100_000, "SF7BW125", -90.0, 5.0, 0)
                self.store.add_reception(uplink.id, reception)
            said, readings, _ = stages.decode(uplink, sites.installations(db, dev_eui))
            if flag is not None:
                readings = [type(each)(**{**_fields(each), "flag": flag}) for each in readings]
            if flag is None and self.is_judging:
                (readings,) = keeping.keep(self.store, [(uplink.id, readings, None)])
            else:
                self.store.set_decoded([(uplink.id, readings, None)])
            self.flags = {each.quantity: each.flag for each in readings}
            watch.saw(db, now, [(uplink, said, readings)], watch.Rising())
        return uplink

    def level(self, level_mm: int, at: int = 0, **heard: Any) -> Uplink:
        return self.hear(report(distance=MOUNT_MM - level_mm), at, **heard)

    def look(self) -> None:
        with self.store.transaction():
            hearing.look(self.store.connection, self.listening_since, self.clock.now_ms())

    def later(self, ms: int) -> None:
        self.clock.turn_to(self.clock.now_ms() + ms)

    def open(self) -> list[tuple[str, str | None]]:
        return [(each["kind"], each["site_id"]) for each in records.in_force(self.store.connection)]

    def all(self) -> list[dict[str, Any]]:
        return list(records.history(self.store.connection))[::-1]


def _fields(reading: Any) -> dict[str, Any]:
    return {name: getattr(reading, name) for name in type(reading)._fields}


def report(**steps: int) -> bytes:
    """By cbor2, from steps of the registry."""
    bitmap = sum(1 << BIT[name] for name in steps) - 16
    items = [steps[name] - CENTRE[name] for name in sorted(steps, key=lambda each: BIT[each])]
    return cbor2.dumps([bitmap, *items])


def alarm(mark: int, distance: int) -> bytes:
    return cbor2.dumps([-18, 1, mark, distance - CENTRE["distance"], None])


def hello(*marks_mm: int) -> bytes:
    return cbor2.dumps([-19, 1, 256, 1, 8, 1, 4, list(marks_mm)])
