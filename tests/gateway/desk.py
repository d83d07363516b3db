"""A desk for tests: a network server on a clock that the test turns, nodes to speak, gateways to listen."""

import heapq
import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from codec.lorawan import crypto, frames, join
from codec.lorawan.frames import Plain
from codec.lorawan.join import JoinRequest
from gateway.counters import Counters
from gateway.devices import AbpKeys, OtaaKeys
from gateway.model import Downlink, Reception, Told, Uplink
from gateway.network.answering import WayDown
from gateway.network.config import NetworkConfig
from gateway.network.server import NetworkServer
from gateway.refusals import Refusals
from gateway.store.database import Postgres, Where
from gateway.store.ledger import Store

EUIS = ("aa555a0000000101", "aa555a0000000102", "aa555a0000000103")
JOIN_EUI = "0102030405060708"
START_MS = 1_700_000_000_000


class ManualClock:
    """Stands still until `advance`."""

    def __init__(self, now_ms: int = START_MS) -> None:
        self._now_ms = now_ms
        self._serial = itertools.count()
        self._heap: list[tuple[int, int, Callable[[], Awaitable[None]]]] = []

    def now_ms(self) -> int:
        return self._now_ms

    def call_at(self, when_ms: int, action: Callable[[], Awaitable[None]]) -> None:
        heapq.heappush(self._heap, (when_ms, next(self._serial), action))

    def turn_to(self, now_ms: int) -> None:
        """Without running what is due."""
        self._now_ms = now_ms

    async def advance(self, by_ms: int) -> None:
        until_ms = self._now_ms + by_ms
        while self._heap and self._heap[0][0] <= until_ms:
            when_ms, _, action = heapq.heappop(self._heap)
            self._now_ms = max(self._now_ms, when_ms)
            await action()
        self._now_ms = until_ms


@dataclass
class Ears:
    """gateway.network.answering.WayDown: notes what is to be sent; `deaf` gateways have no way down."""

    sent: list[Downlink] = field(default_factory=list)
    deaf: set[str] = field(default_factory=set)
    refusing: list[str] = field(default_factory=list)  # the error that the next downlinks meet
    round_trip_ms: int = 5

    def reaches(self, gateway_id: str) -> bool:
        return gateway_id not in self.deaf

    def transmit(self, downlink: Downlink, told: Told) -> None:
        self.sent.append(downlink)
        told(self.refusing.pop(0) if self.refusing else None, self.round_trip_ms)


class Desk:
    def __init__(
        self,
        where: Where,
        clock: ManualClock | None = None,
        config: NetworkConfig | None = None,
        way_down: WayDown | None = None,
    ) -> None:
        self.store = Store(where)
        if isinstance(where, Path):
            self.store.connection.execute("PRAGMA synchronous = OFF")  # no test cuts the power
        self.clock = clock or ManualClock()
        self.counters = Counters()
        self.gateways = Ears()
        self.server = NetworkServer(
            config or NetworkConfig(),
            self.store,
            self.clock,
            Random(1),
            self.counters,
            Refusals(self.counters, self.clock),
            way_down or self.gateways,
        )

    def hear(self, *heard: Reception) -> list[Uplink]:
        return self.server.take(heard)

    def reception(self, phy: bytes, gateway_id: str = EUIS[0], snr_db: float | None = 5.0) -> Reception:
        """Heard now on the first channel at SF9; the gateway's counter runs with the clock."""
        now = self.clock.now_ms()
        return Reception(
            gateway_id=gateway_id,
            received_at=now,
            phy=phy,
            frequency_hz=868_100_000,
            data_rate="SF9BW125",
            rssi_dbm=-101.0,
            snr_db=snr_db,
            tmst=now * 1000 % (1 << 32),
        )

    def dump(self, *without: str) -> list[tuple[object, ...]]:
        """All rows of all tables but those that tell of who was refused."""
        select = self.store.connection.execute
        listed = "SELECT name FROM sqlite_schema WHERE type = 'table'"
        if isinstance(self.store.where, Postgres):
            listed = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
        tables = sorted(row[0] for row in select(listed))
        return [
            (table, *row)
            for table in tables
            if table not in ("stranger", "noted", "sqlite_sequence", *without)
            for row in select(f"SELECT * FROM {table}")
        ]

    def fcnts(self, dev_eui: str) -> list[tuple[int, int]]:
        found = self.store.connection.execute(
            "SELECT session_id, fcnt FROM uplink WHERE dev_eui = ? ORDER BY session_id, fcnt", (dev_eui,)
        )
        return [tuple(row) for row in found]


@dataclass
class Node:
    """The device's end: what it sends is right unless the test makes it wrong."""

    dev_eui: str
    app_key: bytes = field(default=bytes(range(16)), repr=False)
    keys: AbpKeys | None = None
    fcnt: int = -1
    dev_nonce: int = 0

    @property
    def otaa(self) -> OtaaKeys:
        return OtaaKeys(JOIN_EUI, self.app_key)

    def join_request(self) -> bytes:
        self.dev_nonce += 1
        request = JoinRequest(bytes.fromhex(JOIN_EUI), bytes.fromhex(self.dev_eui), self.dev_nonce)
        return join.build_request(request, self.app_key)

    def hear_accept(self, phy: bytes) -> None:
        accept = join.open_accept(phy, self.app_key)
        nwk_s_key, app_s_key = crypto.session_keys(
            self.app_key, accept.join_nonce, accept.net_id, self.dev_nonce
        )
        self.keys = AbpKeys(f"{accept.dev_addr:08x}", nwk_s_key, app_s_key)
        self.fcnt = -1

    def uplink(
        self, payload: bytes = b"\x01", confirmed: bool = False, gap: int = 1, fctrl: int = 0, fport: int = 1
    ) -> bytes:
        self.fcnt += gap
        mtype = frames.CONFIRMED_UP if confirmed else frames.UNCONFIRMED_UP
        return self._build(mtype, fctrl, self.fcnt, fport, payload)

    def _build(self, mtype: int, fctrl: int, fcnt: int, fport: int, payload: bytes) -> bytes:
        if self.keys is None:
            raise ValueError("not joined")
        plain = Plain(mtype, int(self.keys.dev_addr, 16), fctrl, fcnt, b"", fport, payload)
        return frames.build(plain, self.keys.nwk_s_key, self.keys.app_s_key)


def abp(number: int, dev_addr: str | None = None) -> Node:
    """An ABP node; `dev_addr` its own unless given."""
    keys = AbpKeys(dev_addr or f"0000{number:04x}", bytes([number]) * 16, bytes([number + 1]) * 16)
    return Node(dev_eui=f"70b3d57ed000{number:04x}", keys=keys)


def otaa(number: int) -> Node:
    return Node(dev_eui=f"70b3d57ed001{number:04x}", app_key=bytes([number]) * 16)


def flip(phy: bytes, bit: int) -> bytes:
    """The frame with one bit turned."""
    damaged = bytearray(phy)
    damaged[bit // 8 % len(phy)] ^= 1 << bit % 8
    return bytes(damaged)
