"""As much of MQTT 3.1.1 as a load needs, from the standard: the bench's own end, which outruns both peers."""

import struct
from socket import IPPROTO_TCP, TCP_NODELAY, create_connection

CONNACK, PUBLISH, PUBACK, SUBACK = 2, 3, 4, 9
_CONNECT = b"\x00\x04MQTT\x04\x02\x02\x58"  # clean session, 600 s


class Peer:
    """One connection; `read` gives whole packets as (first byte, body)."""

    def __init__(self, port: int, name: str):
        self._socket = create_connection(("127.0.0.1", port))
        self._socket.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        self._rest = b""
        self._socket.sendall(_packet(0x10, _CONNECT + _text(name)))
        self._expect(CONNACK)

    def subscribe(self, topic: str) -> None:
        self._socket.sendall(_packet(0x82, b"\x00\x01" + _text(topic) + b"\x01"))
        self._expect(SUBACK)

    def publish(self, messages: list[tuple[str, bytes, int]]) -> None:
        """(topic, body, packet number from 1 to 65535), at QoS 1."""
        self._socket.sendall(
            b"".join(
                _packet(0x32, _text(topic) + number.to_bytes(2, "big") + body)
                for topic, body, number in messages
            )
        )

    def acknowledge(self, numbers: list[bytes]) -> None:
        self._socket.sendall(b"".join(b"\x40\x02" + number for number in numbers))

    def read(self, wait_s: float = 60) -> list[tuple[int, bytes]]:
        """At least one."""
        self._socket.settimeout(wait_s)
        found: list[tuple[int, bytes]] = []
        while not found:
            data = self._rest + self._socket.recv(1 << 18)
            at = 0
            while (end := _end(data, at)) is not None and end[1] <= len(data):
                found.append((data[at], data[end[0] : end[1]]))
                at = end[1]
            self._rest = data[at:]
        return found

    def close(self) -> None:
        self._socket.close()

    def _expect(self, kind: int) -> None:
        ((first, _),) = self.read()
        if first >> 4 != kind:
            raise ConnectionError(f"packet {first >> 4} instead of {kind}")


def received(body: bytes) -> tuple[str, bytes, bytes]:
    """Topic, number and content of a PUBLISH at QoS 1."""
    (length,) = struct.unpack_from(">H", body)
    return body[2 : 2 + length].decode(), body[2 + length : 4 + length], body[4 + length :]


def _packet(first: int, body: bytes) -> bytes:
    length, rest = b"", len(body)
    while rest > 0x7F:
        length += bytes([rest & 0x7F | 0x80])
        rest >>= 7
    return bytes([first]) + length + bytes([rest]) + body


def _text(text: str) -> bytes:
    encoded = text.encode()
    return len(encoded).to_bytes(2, "big") + encoded


def _end(data: bytes, at: int) -> tuple[int, int] | None:
    """Where the body of the packet begins and ends."""
    length = shift = 0
    for place in range(at + 1, min(at + 5, len(data))):
        length |= (data[place] & 0x7F) << shift
        shift += 7
        if not data[place] & 0x80:
            return place + 1, place + 1 + length
    return None
