"""Nodes that have long settled in, and a packet forwarder that sends as fast as it is acknowledged."""

import hashlib
import struct
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from socket import AF_INET, SO_RCVBUF, SOCK_DGRAM, SOL_SOCKET, socket

from codec import report
from codec.lorawan import frames, regions
from gateway import devices
from gateway.devices import AbpKeys, Provisioning
from gateway.network import channels, ledger, link
from gateway.network.link import Link
from gateway.store.database import Where
from gateway.store.ledger import Store
from tests.gateway.desk import Node
from tests.gateway.forwarder import PUSH_ACK, push, rxpk

GATEWAYS = tuple(f"aa555a00000001{number:02x}" for number in range(8))
MOUNT_MM = 3000
_SETTLED = Link(data_rate=5, mask=channels.wanted_mask(regions.REGIONS["EU868"], (), 0))
_SNRS_DB = (2.0, 2.5, 1.5, 2.25)  # at SF7 nothing is to spare


def register(where: Where, nodes: int) -> list[Node]:
    """Level nodes, each with an active session and with settings that the network would not change."""
    made = [_node(number) for number in range(nodes)]
    now = time.time_ns() // 1_000_000
    with closing(Store(where)) as store, store.transaction():
        for node in made:
            provisioning = Provisioning(node.dev_eui, f"Pegel {node.dev_eui}", node.keys, mount_mm=MOUNT_MM)
            devices.add(store, provisioning, now)
            session = store.newest_session(node.dev_eui, "active")
            assert session
            ledger.keep(store.connection, link.into(session._replace(rx_delay_s=1), _SETTLED))
    return made


def _node(number: int) -> Node:
    drawn = hashlib.sha256(number.to_bytes(4)).digest()
    return Node(f"70b3d57ed0{number:06x}", keys=AbpKeys(f"{number:08x}", drawn[:16], drawn[16:]))


def payload(number: int, fcnt: int) -> bytes:
    """What a node with an ultrasonic sensor says each quarter of an hour."""
    return report.encode({"distance": 1600 + (fcnt + number) % 40, "battery": 361, "number": fcnt & 0xFFFF})


def datagrams(nodes: list[Node], rounds: int) -> Iterator[bytes]:
    """Each node in its turn; tokens count up from 0."""
    tokens = count()
    for _ in range(rounds):
        for number, node in enumerate(nodes):
            phy = node.uplink(payload(number, node.fcnt + 1), fctrl=frames.ADR)
            token = next(tokens)
            heard = rxpk(phy, datr="SF7BW125", tmst=token * 1000 & 0xFFFFFFFF, lsnr=_SNRS_DB[token % 4])
            yield push(heard, token=token & 0xFFFF, eui=GATEWAYS[token % len(GATEWAYS)])


class Sender:
    """Never more than `window` datagrams without their PUSH_ACK."""

    def __init__(self, peer: tuple[str, int], window: int = 512):
        self._socket = socket(AF_INET, SOCK_DGRAM)
        self._socket.setsockopt(SOL_SOCKET, SO_RCVBUF, 4 << 20)
        self._socket.settimeout(0.5)
        self._socket.connect(peer)
        self.again = 0
        self._window = window

    def send(self, prepared: list[bytes]) -> None:
        """All of them, in order; again what is not acknowledged in half a second: it was committed late."""
        open_: dict[int, bytes] = {}
        for datagram in prepared:
            while len(open_) >= self._window:
                self._hear(open_)
            self._socket.send(datagram)
            open_[token_of(datagram)] = datagram
        while open_:
            self._hear(open_)

    def _hear(self, open_: dict[int, bytes]) -> None:
        try:
            answer = self._socket.recv(100)
        except TimeoutError:
            self.again += len(open_)
            for datagram in open_.values():
                self._socket.send(datagram)
            return
        if answer[3] == PUSH_ACK:
            open_.pop(token_of(answer), None)

    def close(self) -> None:
        self._socket.close()


def token_of(datagram: bytes) -> int:
    token: int = struct.unpack_from(">H", datagram, 1)[0]
    return token
