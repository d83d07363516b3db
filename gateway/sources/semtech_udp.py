"""The UDP socket that packet forwarders talk to; their protocol's bytes are gwmp's business."""

import asyncio
import socket
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from codec.wire import WireError
from gateway.config import Address, ConfigError, SourceConfig
from gateway.counters import Counters
from gateway.model import Clock, Downlink, GatewayError, Reception, Told, Uplink
from gateway.refusals import Refusals
from gateway.sources import gwmp, kernel
from gateway.sources.gwmp import BadCrcError, Datagram, Kind
from gateway.sources.presence import Listing, Presence
from gateway.sources.section import listed
from gateway.sources.ticking import Ticking

_TURN = 16  # datagrams, then others have theirs
_TOGETHER = 256  # datagrams a transaction
_TOGETHER_MS = 20  # or as many as come in this time: on a slow machine fewer, so that these are in time
_BEHIND = 1024  # uplinks that are decoded together while more come in
_DATAGRAM = 65536
_BUFFER = 4 << 20  # the system's default holds 166 datagrams, which a slow disk would lose

_LOOK_S = 5.0
_TOLD_WITHIN_MS = 60_000  # older forwarders send no TX_ACK
_PATIENCE_MS = 80  # forwarders wait 100 ms, and the way back takes some


class _Pushed(NamedTuple):
    """A PUSH_DATA that waits for its commit."""

    datagram: Datagram
    peer: Any
    since_ms: int
    heard: list[Reception]


class SemtechUdp:
    """`take` commits what was heard and gives the new uplinks; `follow` gets those after the PUSH_ACK."""

    def __init__(
        self,
        config: SourceConfig,
        clock: Clock,
        counters: Counters,
        refusals: Refusals,
        presence: Presence,
        take: Callable[[Iterable[Reception]], list[Uplink]],
        follow: Callable[[Iterable[Uplink]], None],
    ):
        self._config = config
        self._clock = clock
        self._counters = counters
        self._refusals = refusals
        self._presence = presence
        self._listing = Listing("semtech_udp", listed(config.gateways), config.keepalive_s * 1000)
        self._take = take
        self._follow = follow
        self._paths: dict[str, tuple[Any, int]] = {}  # EUI: where its PULL_DATA came from, protocol version
        self._sent: dict[
            int, tuple[str, int, Told | None]
        ] = {}  # token: gateway, when it was asked, who waits
        self._token = 0
        self._pushed: list[_Pushed] = []
        self._read_since = 0  # the last commit
        self._behind: list[Uplink] = []
        self._is_called = False
        self._dropped = 0
        self._ticking = Ticking()
        self._handlers: dict[Kind, Callable[[Datagram, Any], None]] = {
            Kind.PUSH_DATA: self._push,
            Kind.PULL_DATA: self._pull,
            Kind.TX_ACK: self._transmitted,
        }

    def open(self) -> None:
        bind = self._config.bind
        family = socket.AF_INET6 if ":" in bind.host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        try:
            self._socket.bind(bind)
        except OSError as error:
            self._socket.close()
            reason = error.strerror or str(error)
            raise ConfigError(f"[[source]] bind {bind}: {reason}. Choose another address.") from None
        asyncio.get_running_loop().add_reader(self._socket, self._drain)
        self._look_at_kernel()

    def close(self) -> None:
        self._looking.cancel()
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()

    @property
    def address(self) -> Address:
        host, port, *_ = self._socket.getsockname()
        return Address(host, port)

    def reaches(self, gateway_id: str) -> bool:
        return gateway_id in self._paths and not self._presence.is_anothers(gateway_id, self._listing)

    def transmit(self, downlink: Downlink, told: Told) -> None:
        """Ask a gateway that is reached; its TX_ACK says whether it will, older forwarders say nothing."""
        peer, version = self._paths[downlink.gateway_id]
        now = self._clock.now_ms()
        while self._sent and now - next(iter(self._sent.values()))[1] > _TOLD_WITHIN_MS:
            del self._sent[next(iter(self._sent))]
        self._token = (self._token + 1) & 0xFFFF
        self._sent[self._token] = (downlink.gateway_id, now, told)
        body = gwmp.txpk(downlink)
        self._send(gwmp.build(Kind.PULL_RESP, self._token, body=body, version=version), peer)

    def _look_at_kernel(self) -> None:
        """In real time, for it is the machine that is too slow."""
        self._looking = asyncio.get_running_loop().call_later(_LOOK_S, self._look_at_kernel)
        self.count_dropped()

    def count_dropped(self) -> None:
        dropped = kernel.dropped(self._socket)
        if dropped > self._dropped:
            self._refusals.refuse(
                "dropped", f"{dropped - self._dropped} datagrams: more came than were read in time"
            )
            self._counters.dropped += dropped - self._dropped
            self._dropped = dropped

    def _drain(self) -> None:
        """What comes at once is one transaction, and so one wait for the disk; decoded are those of some."""
        is_more = self._read_some()
        if is_more and self._read_since < _TOGETHER and self._waited_ms() < _TOGETHER_MS:
            self._drain_soon()
            return
        self._read_since = 0
        if self._pushed:
            self._behind += self._commit()
        if is_more and len(self._behind) < _BEHIND:
            self._drain_soon()
            return
        uplinks, self._behind = self._behind, []
        self._follow(uplinks)

    def _waited_ms(self) -> int:
        """The first of those that wait for their commit."""
        return self._clock.now_ms() - self._pushed[0].since_ms if self._pushed else 0

    def _drain_soon(self) -> None:
        """Once others have had their turn: the socket says nothing when its last datagram has been read."""
        if not self._is_called:
            self._is_called = True
            asyncio.get_running_loop().call_soon(self._drain_again)

    def _drain_again(self) -> None:
        self._is_called = False
        if self._socket.fileno() >= 0:
            self._drain()

    def _read_some(self) -> bool:
        """Whether there may be more."""
        for _ in range(_TURN):
            try:
                datagram, peer = self._socket.recvfrom(_DATAGRAM)
            except BlockingIOError:
                return False
            self._read_since += 1
            self._receive(datagram, peer)
        return True

    def _receive(self, datagram: bytes, peer: Any) -> None:
        self._counters.datagrams += 1
        try:
            parsed = gwmp.parse(datagram)
            if parsed.kind not in self._handlers:
                raise WireError(f"{parsed.kind.name} does not come from a gateway")
            if self._presence.is_served(parsed.eui or "", peer[0], self._listing):
                self._handlers[parsed.kind](parsed, peer)
        except WireError as error:
            self._refusals.refuse("malformed", str(error))

    def _push(self, datagram: Datagram, peer: Any) -> None:
        if self._presence.is_anothers(datagram.eui or "", self._listing):
            self._refusals.refuse(
                "conflict", f"{datagram.eui} is connected as a station, and pushes by UDP too"
            )
            return
        now = self._clock.now_ms()
        self._pushed.append(_Pushed(datagram, peer, now, list(self._read(datagram, now))))

    def _commit(self) -> list[Uplink]:
        """Who has waited too long has given up: it gets no acknowledgement, nor when nothing was written."""
        pushed, self._pushed = self._pushed, []
        uplinks: list[Uplink] = []
        try:
            uplinks = self._take(heard for each in pushed for heard in each.heard)
            waited_ms = self._clock.now_ms() - pushed[0].since_ms
            reason = f"committed after {waited_ms} ms" if waited_ms > _PATIENCE_MS else None
        except GatewayError as error:
            reason = str(error)
        if reason:
            self._counters.unacknowledged += len(pushed)
            self._refusals.refuse("store", reason)
        else:
            for each in pushed:
                self._acknowledge(Kind.PUSH_ACK, each.datagram, each.peer)
        return uplinks

    def _read(self, datagram: Datagram, now: int) -> Iterable[Reception]:
        """A bad packet does not harm the good one beside it."""
        for packet in gwmp.packets(datagram.body):
            try:
                heard = gwmp.read_rxpk(packet, datagram.eui or "", now)
                if self._ticking.is_odd(heard.gateway_id, heard.tmst, now):
                    self._refusals.refuse("tmst", f"{heard.gateway_id}: its tmst does not count microseconds")
                yield heard
            except BadCrcError as error:
                self._refusals.refuse("crc", str(error))
            except WireError as error:
                self._refusals.refuse("malformed", str(error))

    def _pull(self, datagram: Datagram, peer: Any) -> None:
        """Only this tells where downlinks go: a forwarder pushes from another port than it pulls."""
        if not self._presence.claim(datagram.eui or "", peer[0], self._listing):
            return
        self._paths[datagram.eui or ""] = (peer, datagram.version)
        self._acknowledge(Kind.PULL_ACK, datagram, peer)

    def _transmitted(self, datagram: Datagram, peer: Any) -> None:
        error = gwmp.tx_error(datagram.body)
        gateway_id, asked_at, told = self._sent.get(datagram.token, ("", 0, None))
        if told is None or gateway_id != datagram.eui or peer[0] != self._paths[gateway_id][0][0]:
            return
        del self._sent[datagram.token]
        told(error, self._clock.now_ms() - asked_at)

    def _acknowledge(self, kind: Kind, datagram: Datagram, peer: Any) -> None:
        self._send(gwmp.build(kind, datagram.token, version=datagram.version), peer)

    def _send(self, datagram: bytes, peer: Any) -> None:
        try:
            self._socket.sendto(datagram, peer)
        except OSError as error:
            self._refusals.refuse("send", f"a datagram was not sent: {error.strerror}")
