"""Fills a store by the gateway's own writer, without frames: devices, uplinks and what they said."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from gateway.model import Device, Installation, Reading, Reception, Session, Site, Uplink
from gateway.store import rollups, sites
from gateway.store.database import Where
from gateway.store.ledger import Store

NOW = 1_795_348_800_000  # 2026-11-22T12:00:00Z
MINUTE = 60_000
_RHYTHM = """
    INSERT INTO rhythm VALUES (?, ?, 900000, 0, 2, 0, 0, ?) ON CONFLICT (dev_eui) DO UPDATE
    SET heard_at = excluded.heard_at, silent_at = excluded.silent_at WHERE excluded.heard_at > rhythm.heard_at
"""
KEY = bytes.fromhex("00112233445566778899aabbccddeeff")  # must never be seen in an answer
GATEWAYS = ("aa555a0000000101", "aa555a0000000102")

Value = float | str  # a str is a fault


@dataclass
class StoppedClock:
    """A clock that stands where the test puts it."""

    time_ms: int = NOW

    def now_ms(self) -> int:
        return self.time_ms

    def call_at(self, when_ms: int, action: object) -> None:
        raise AssertionError("the web does not plan actions")


def uplink_id(dev_eui: str, fcnt: int) -> str:
    return hashlib.sha256(f"{dev_eui}{fcnt}".encode()).hexdigest()[:16]


@dataclass
class Ledger:
    """One store, written as the gateway writes it."""

    path: Where
    _sessions: dict[str, Session] = field(default_factory=dict)
    _fcnt: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.store = Store(self.path)

    def add(
        self,
        dev_eui: str,
        name: str,
        activation: Literal["otaa", "abp"] = "otaa",
        since: int | None = NOW,
        place: tuple[float, float] | None = None,
    ) -> None:
        """At a site of the same id, in a session `since` then; with None registered only."""
        join_eui, app_key = ("70b3d57ed0000000", KEY) if activation == "otaa" else (None, None)
        self.store.add_device(Device(dev_eui, name, activation, join_eui, app_key))
        place = place or (None, None)
        sites.add(self.store.connection, Site(dev_eui, name, *place))
        sites.install(self.store.connection, Installation(dev_eui, dev_eui, from_ms=0))
        if since is not None:
            session = Session(0, dev_eui, f"26{dev_eui[-6:]}", KEY, KEY, "active", -1, 0, 1, 0, 0, since)
            self._sessions[dev_eui] = session._replace(id=self.store.add_session(session))

    def hear(
        self,
        dev_eui: str,
        time: int,
        values: dict[str, Value] | None,
        rssi_dbm: Sequence[float] = (-101.0,),
        payload: bytes = bytes.fromhex("8518"),
        flag: int = 1,
    ) -> tuple[Uplink, list[Reading]]:
        """An uplink heard by one gateway per `rssi_dbm`; with `values` None it cannot be decoded."""
        session = self._sessions[dev_eui]
        fcnt = self._fcnt[dev_eui] = self._fcnt.get(dev_eui, -1) + 1
        id_ = uplink_id(dev_eui, fcnt)
        phy = b"\x40" + payload
        uplink = Uplink(id_, session.id, dev_eui, session.dev_addr, fcnt, 1, False, time, phy, payload)
        self.store.add_uplink(uplink)
        self.store.set_fcnt_up(session.id, fcnt)
        self.store.connection.execute(_RHYTHM, (dev_eui, time, time + 40 * MINUTE))
        for gateway_id, rssi in zip(GATEWAYS, rssi_dbm, strict=False):
            snr = round((rssi + 115) / 2.5, 1)
            heard = Reception(gateway_id, time, phy, 868_100_000, "SF9BW125", rssi, snr, time % 2**32)
            self.store.add_reception(id_, heard)
        readings = [
            Reading(dev_eui, quantity, time, None, value, 9, id_)
            if isinstance(value, str)
            else Reading(dev_eui, quantity, time, value, None, flag, id_)
            for quantity, value in (values or {}).items()
        ]
        error = "slot 0 is not the bitmap of a report" if values is None else None
        self.store.set_decoded([(id_, readings, error)])
        good = [each for each in readings if each.value is not None and each.flag < 4]
        rows = [(each.dev_eui, each.quantity, each.time, each.value or 0.0) for each in good]
        rollups.add(self.store.connection, rows)
        return uplink, readings
