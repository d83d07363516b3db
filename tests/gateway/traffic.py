"""What is at both ends of a gateway that is killed: nodes that keep sending, a webhook that counts."""

import base64
import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from socket import AF_INET, SOCK_DGRAM, socket
from typing import Any

import cbor2

from codec.lorawan import frames, join
from codec.lorawan.join import JoinAccept
from tests.gateway.desk import Node, abp, otaa
from tests.gateway.forwarder import PULL_DATA, PULL_RESP, PUSH_ACK, TX_ACK, head, push, rxpk

REPORT = cbor2.dumps([0b0000_0000_0100_1010 - 16, -5, 112, 1])
NODES = 8
IN_FLIGHT = 16
_JOINS_EVERY_S = 0.1
_REPLAYS = 3
_TURN_S = 0.02


class Shelf(ThreadingHTTPServer):
    """A webhook that remembers how often each uplink came."""

    daemon_threads = True

    def __init__(self) -> None:
        self.came: Counter[str] = Counter()
        super().__init__(("127.0.0.1", 0), _Answer)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request: object, client_address: object) -> None:
        """The gateway that is killed breaks its connections: that is the game."""


class _Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Shelf

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        for each in body if isinstance(body, list) else [body]:
            self.server.came[each["id"]] += 1
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


class Load:
    """Honest nodes; what is not acknowledged is sent again, in the next life if need be.

    Every third uplink wants an answer, one node joins again and again, somebody replays its requests.
    """

    def __init__(self, chance: Random) -> None:
        self.joiner = otaa(1)
        self.requests: list[bytes] = []  # to join
        self.accepts: dict[bytes, JoinAccept] = {}
        self.answers: dict[tuple[int, int], set[bytes]] = {}  # DevAddr, downlink counter: frames
        self.nodes: list[Node] = [abp(number) for number in range(1, NODES + 1)]
        self.acknowledged: set[bytes] = set()
        self.open: dict[int, bytes] = {}
        self._chance = chance
        self._token = 0
        self._eui = ""

    def send(self, peer: tuple[str, int], for_s: float, then: Callable[[], None]) -> None:
        """Keep `IN_FLIGHT` datagrams under way, `then` hear what was still said."""
        with self._air(peer) as air:
            joins_at, end = 0.0, time.monotonic() + for_s
            repeat = self._repeating(air)
            while time.monotonic() < end:
                repeat()
                if time.monotonic() > joins_at:
                    joins_at = time.monotonic() + _JOINS_EVERY_S
                    self._join(air)
                while len(self.open) < IN_FLIGHT:
                    self._token = self._token % 0xFFFF + 1
                    node = self.nodes[self._token % NODES]
                    self.open[self._token] = node.uplink(REPORT, confirmed=self._token % 3 == 0)
                    self._push(air, self.open[self._token], self._token)
                self._receive(air)
            then()
            while self._receive(air):
                pass

    def drain(self, peer: tuple[str, int], at_most_s: float) -> None:
        """Until nothing is open."""
        with self._air(peer) as air:
            end, repeat = time.monotonic() + at_most_s, self._repeating(air)
            while self.open and time.monotonic() < end:
                repeat()
                self._receive(air)

    def _air(self, peer: tuple[str, int]) -> socket:
        """Through another gateway each time: the law leaves one too little airtime for all the answers."""
        self._eui = f"aa555a{self._chance.getrandbits(40):010x}"
        air = socket(AF_INET, SOCK_DGRAM)
        air.settimeout(_TURN_S)
        air.connect(peer)
        air.send(head(PULL_DATA, eui=self._eui))
        return air

    def _repeating(self, air: socket) -> Callable[[], None]:
        """Once a second: what was committed too late is not acknowledged either."""
        at = 0.0

        def repeat() -> None:
            nonlocal at
            if time.monotonic() > at:
                at = time.monotonic() + 1.0
                for token, phy in self.open.items():
                    self._push(air, phy, token)

        return repeat

    def _push(self, air: socket, phy: bytes, token: int) -> None:
        with suppress(ConnectionRefusedError):
            air.send(push(rxpk(phy), token=token, eui=self._eui))

    def _receive(self, air: socket) -> bool:
        try:
            answer = air.recv(4096)
        except (TimeoutError, ConnectionRefusedError):
            return False
        if answer[3] == PULL_RESP:
            self._hear(air, answer)
        elif answer[3] == PUSH_ACK and (phy := self.open.pop(int.from_bytes(answer[1:3], "big"), None)):
            self.acknowledged.add(phy)
        return True

    def _join(self, air: socket) -> None:
        """With a new DevNonce, and with some that were used."""
        for phy in self._chance.sample(self.requests, min(_REPLAYS, len(self.requests))):
            self._push(air, phy, 0)
        self.requests.append(self.joiner.join_request())
        self._push(air, self.requests[-1], 0)

    def _hear(self, air: socket, answer: bytes) -> None:
        phy = base64.b64decode(json.loads(answer[4:])["txpk"]["data"])
        with suppress(ConnectionRefusedError):
            air.send(head(TX_ACK, int.from_bytes(answer[1:3], "big"), eui=self._eui))
        if frames.mtype(phy) == frames.JOIN_ACCEPT:
            self.accepts[phy] = join.open_accept(phy, self.joiner.app_key)
            return
        frame = frames.parse(phy)
        self.answers.setdefault((frame.dev_addr, frame.fcnt), set()).add(phy)
