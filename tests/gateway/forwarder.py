"""A packet forwarder for tests, written from the protocol's text and not with the gateway's own builder."""

import asyncio
import base64
import json
import socket
import struct
from typing import Any

from gateway.config import Address

EUI = "aa555a0000000101"
PUSH_DATA, PUSH_ACK, PULL_DATA, PULL_RESP, PULL_ACK, TX_ACK = range(6)


def head(kind: int, token: int = 1, eui: str = EUI, version: int = 2) -> bytes:
    return struct.pack(">BHB", version, token, kind) + bytes.fromhex(eui)


def rxpk(phy: bytes, **changes: Any) -> dict[str, Any]:
    return {
        "tmst": 1000,
        "freq": 868.1,
        "chan": 0,
        "rfch": 0,
        "stat": 1,
        "modu": "LORA",
        "datr": "SF9BW125",
        "codr": "4/5",
        "rssi": -101,
        "lsnr": 5.5,
        "size": len(phy),
        "data": base64.b64encode(phy).decode(),
    } | changes


def push(*packets: Any, token: int = 1, eui: str = EUI) -> bytes:
    return head(PUSH_DATA, token, eui) + json.dumps({"rxpk": packets}).encode()


class Forwarder:
    """One connected socket, as a forwarder has for each direction."""

    def __init__(self, server: Address, host: str = "") -> None:
        family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        if host:
            self._socket.bind((host, 0))
        self._socket.connect(server)

    def close(self) -> None:
        self._socket.close()

    def send(self, datagram: bytes) -> None:
        self._socket.send(datagram)

    async def receive(self, wait_s: float = 5) -> bytes:
        return await asyncio.wait_for(asyncio.get_running_loop().sock_recv(self._socket, 65536), wait_s)

    async def ask(self, datagram: bytes) -> bytes:
        self.send(datagram)
        return await self.receive()

    async def pull(self, token: int = 9, eui: str = EUI) -> None:
        """A barrier: what was sent before on this socket is done with."""
        assert await self.ask(head(PULL_DATA, token, eui)) == struct.pack(">BHB", 2, token, PULL_ACK)
