"""Plays a recording of frames over UDP into a gateway, as its packet forwarder once did.

A gateway in this process gets the recording's own time. What the recording's network server knew is told it
in the open: sessions are derived from recorded joins by the AppKey, and between the recording's runs, where
devices began anew, `reset_session` is called. Nothing is checked less strictly for it.
"""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from codec.lorawan import crypto, frames, join, join_server
from codec.wire import WireError
from gateway import devices
from gateway.app import App
from gateway.model import Downlink
from simulator import pcap
from simulator.clock import VirtualClock
from simulator.forwarder import UdpGateway
from simulator.inprocess import GatewayClock, gateway
from simulator.recording import Record
from simulator.run import RunError

_LAST_WINDOW_US = 8_000_000  # the second window of a join closes within this


@dataclass(frozen=True)
class Played:
    """What a replay came to; `gateway`: the counters of /healthz, None when it runs elsewhere."""

    recording: str
    records: int
    uplinks: int
    acknowledged: int
    downlinks: int
    sessions_derived: int
    sessions_reset: int
    database: str | None
    gateway: dict[str, Any] | None
    real_s: float
    fault: str | None = None  # where the recording is cut off
    left_out: dict[str, int] | None = None  # by cause: what could not be sealed again

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def lines(self) -> list[str]:
        text = [
            f"{self.recording}: {self.uplinks} uplinks sent in {self.real_s:.1f} s, "
            f"{self.acknowledged} acknowledged, {self.downlinks} downlinks asked for"
        ]
        if self.fault:
            text.append(self.fault)
        if self.left_out is not None:
            causes = ", ".join(f"{count} {cause}" for cause, count in sorted(self.left_out.items()))
            text.append(f"sealed again under the replay's own keys; left out: {causes or 'none'}")
        if self.gateway is None:
            return text
        counted = self.gateway
        refused = ", ".join(f"{count} {cause}" for cause, count in counted["refused"].items() if count)
        return [
            *text,
            f"sessions: {self.sessions_derived} derived from recorded joins, "
            f"{self.sessions_reset} reset between runs",
            f"gateway: {counted['joins']} joins, {counted['uplinks']} uplinks stored, "
            f"{counted['repetitions']} repetitions, {counted['duplicates']} duplicates, "
            f"{counted['undecoded']} undecoded; refused: {refused or 'none'}",
            f"database: {self.database}",
        ]


@dataclass(frozen=True)
class Options:
    """`speed` None is as fast as it goes; `resets` calls reset_session between the recording's runs."""

    speed: float | None
    resets: bool = True


def read_keys(path: Path) -> list[devices.Provisioning]:
    """The devices of a recording: {"devices": [{"dev_eui", keys as for `messfunk device add`}]}.

    Or the sessions that `simulate --keys` wrote for Wireshark; their devices are called by their addresses.
    """
    try:
        sessions = pcap.read_keys(path)
        if sessions:
            return [_of_session(session) for session in sessions]
        rows = json.loads(path.read_text(encoding="utf-8"))["devices"]
        return [
            devices.Provisioning(
                dev_eui=row["dev_eui"],
                name=row.get("name", row["dev_eui"]),
                keys=devices.parse_keys({k: v for k, v in row.items() if k not in ("dev_eui", "name")}),
            )
            for row in rows
        ]
    except OSError as error:
        raise RunError(f"{path}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError):  # never with the text: it holds keys
        raise RunError(
            f'{path}: expected {{"devices": [{{"dev_eui": ..., "join_eui": ..., "app_key": ...}}]}} '
            "or dev_addr, nwk_s_key and app_s_key instead of the last two"
        ) from None


def _of_session(session: pcap.SessionKeys) -> devices.Provisioning:
    dev_addr = f"{session.dev_addr:08x}"
    abp = devices.AbpKeys(dev_addr, session.nwk_s_key, session.app_s_key)
    return devices.Provisioning(dev_eui=f"0200006d{dev_addr}", name=dev_addr, keys=abp)


class RecordedNetwork:
    """What the recording's network server knew and ours must be told: sessions, and new beginnings."""

    def __init__(self, app: App, resets: bool):
        self.derived = 0
        self.reset = 0
        self._app = app
        self._resets = resets
        self._run: str | None = None
        self._requests: dict[str, join.JoinRequest] = {}  # the last one of each device

    def follow(self, record: Record) -> None:
        """Take what one record says before it is played."""
        if self._run is not None and record.run != self._run and self._resets:
            for device in self._app.store.devices():
                self.reset += devices.reset_session(self._app.store, device.dev_eui, self._app.clock.now_ms())
        self._run = record.run
        kind = frames.mtype(record.phy)
        if kind == frames.JOIN_REQUEST:
            request = join_server.parse_request(record.phy)
            self._requests[request.dev_eui.hex()] = request
        elif kind == frames.JOIN_ACCEPT:
            self._derive(record.phy)

    def _derive(self, phy: bytes) -> None:
        """Install the session of a recorded join-accept for the device whose AppKey opens it."""
        for device in self._app.store.devices():
            request = self._requests.get(device.dev_eui)
            if device.app_key is None or request is None:
                continue
            try:
                accept = join.open_accept(phy, device.app_key)
            except WireError:
                continue
            keys = crypto.session_keys(device.app_key, accept.join_nonce, accept.net_id, request.dev_nonce)
            abp = devices.AbpKeys(f"{accept.dev_addr:08x}", *keys)
            devices.install_session(self._app.store, device.dev_eui, abp, self._app.clock.now_ms())
            self.derived += 1


async def in_process(
    source: Path, records: list[Record], db: Path, keys: list[devices.Provisioning], options: Options
) -> Played:
    """Play into a gateway in this process, on the recording's time."""
    clock = VirtualClock(records[0].at_ms * 1000)
    gateway_clock = GatewayClock(clock)
    async with gateway(gateway_clock, db, seed=0) as app:
        for device in keys:
            devices.add(app.store, device, clock.now_ms())
        network = RecordedNetwork(app, options.resets)
        player = _Player(clock, euis_of(records), network.follow)
        gateway_clock.settle = player.settle
        clock.set_speed(options.speed)
        await player.play(records, app.udp_address)
        return Played(
            **player.counts(source, records),
            sessions_derived=network.derived,
            sessions_reset=network.reset,
            database=str(db),
            gateway=app.counters.as_dict(),
        )


def moved(records: list[Record], start: datetime) -> list[Record]:
    """As if the recording had begun at `start`."""
    by_ms = round(start.timestamp() * 1000) - records[0].at_ms if records else 0
    return [record.moved(by_ms) for record in records]


def euis_of(records: list[Record]) -> list[str]:
    """The gateways that heard something, in the order of their first frame."""
    return list(dict.fromkeys(row.reception.gateway_id for row in records if row.reception))


async def against(source: Path, records: list[Record], server: tuple[str, int]) -> Played:
    """Play into a gateway in another process, at the pace of the recording."""
    player = _Player(VirtualClock(records[0].at_ms * 1000, 1.0), euis_of(records), lambda _: None)
    await player.play(records, server)
    return Played(
        **player.counts(source, records), sessions_derived=0, sessions_reset=0, database=None, gateway=None
    )


class _Player:
    """Pushes each uplink at its time; downlinks are acknowledged and counted, nobody hears them."""

    def __init__(self, clock: VirtualClock, euis: list[str], follow: Callable[[Record], None]):
        self._udp = {eui: UdpGateway(eui, self._transmit) for eui in euis}
        self._clock = clock
        self._follow = follow
        self._pushed = 0
        self._acknowledged = 0
        self._downlinks = 0
        self._real_s = 0.0

    async def play(self, records: list[Record], server: tuple[str, int]) -> None:
        began = time.monotonic()
        started: list[UdpGateway] = []
        try:
            for udp in self._udp.values():
                started.append(udp)
                if not await udp.start(server):
                    raise RunError(
                        f"no gateway answers at {server[0]}:{server[1]}: start it first, then run this again"
                    )
            for record in records:
                await self._clock.run(record.at_ms * 1000)
                self._follow(record)
                if record.reception is not None:
                    self._pushed += 1
                    udp = self._udp[record.reception.gateway_id]
                    self._acknowledged += await udp.push([record.reception])
            await self._clock.run(records[-1].at_ms * 1000 + _LAST_WINDOW_US)
        finally:
            for udp in started:
                udp.stop()
        self._real_s = time.monotonic() - began

    async def settle(self) -> None:
        for udp in self._udp.values():
            await udp.settle()

    def counts(self, source: Path, records: list[Record]) -> dict[str, Any]:
        return {
            "recording": str(source),
            "records": len(records),
            "uplinks": self._pushed,
            "acknowledged": self._acknowledged,
            "downlinks": self._downlinks,
            "real_s": round(self._real_s, 3),
        }

    def _transmit(self, downlink: Downlink) -> None:
        self._downlinks += 1
