"""The packets of MQTT 5 and 3.1.1 that who publishes needs, as bytes (OASIS mqtt-v5.0, mqtt-v3.1.1).

A library takes 50 to 200 us for a PUBLISH and its PUBACK; this takes two.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

from codec.wire import Reader, WireError


class Kind(IntEnum):
    """The upper half of a packet's first byte (2.1.2)."""

    CONNECT = 1
    CONNACK = 2
    PUBLISH = 3
    PUBACK = 4
    SUBSCRIBE = 8
    SUBACK = 9
    PINGREQ = 12
    PINGRESP = 13
    DISCONNECT = 14


PINGREQ = b"\xc0\x00"
DISCONNECT = b"\xe0\x00"
_MOST = 1 << 16  # of a packet for us: we only hear that Home Assistant has started
_ANY = 0xFFFF
_QOS_1, _RETAIN = 0x02, 0x01
_RECEIVE_MAXIMUM = 0x21
# The size of each property of a CONNACK (2.2.2.2); texts and binary data bring their length.
_SIZES = {
    0x11: 4,
    _RECEIVE_MAXIMUM: 2,
    0x24: 1,
    0x25: 1,
    0x27: 4,
    0x22: 2,
    0x28: 1,
    0x29: 1,
    0x2A: 1,
    0x13: 2,
}
_TEXTS = {0x12: 1, 0x1F: 1, 0x26: 2, 0x1A: 1, 0x1C: 1, 0x15: 1, 0x16: 1}
# What a broker says to a CONNECT (3.1.1 section 3.2.2.3; 5 section 3.2.2.2).
_REASONS = {
    1: "unacceptable protocol version", 2: "identifier rejected", 3: "server unavailable",
    4: "bad user name or password", 5: "not authorized",
    0x84: "unsupported protocol version", 0x85: "client identifier not valid",
    0x86: "bad user name or password", 0x87: "not authorized", 0x88: "server unavailable",
    0x89: "server busy", 0x8A: "banned", 0x97: "quota exceeded",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Hello:
    """What a CONNECT says of us; `will` is topic and body, retained."""

    client_id: str
    keepalive_s: int
    will: tuple[str, bytes] | None = None
    username: str | None = None
    password: str | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """`window`: so many PUBLISH of QoS 1 may be open (5 section 3.2.2.3.3)."""

    window: int


@dataclass(frozen=True, slots=True)
class Heard:
    """A PUBLISH that came; `number` None at QoS 0."""

    topic: str
    payload: bytes
    number: int | None


def connect(hello: Hello, is_5: bool) -> bytes:
    """Without a session: what we say is kept in the outbox, not by the broker."""
    flags = 0x02
    body = [_text(hello.client_id)]
    if hello.will:
        flags |= 0x04 | 1 << 3 | 0x20
        topic, said = hello.will
        body += [b"\x00" if is_5 else b"", _text(topic), _sized(said)]
    for bit, given in ((0x80, hello.username), (0x40, hello.password)):
        if given is not None:
            flags |= bit
            body.append(_text(given))
    level = 5 if is_5 else 4
    head = _text("MQTT") + bytes([level, flags]) + struct.pack(">H", hello.keepalive_s)
    return _packet(Kind.CONNECT << 4, head + (b"\x00" if is_5 else b"") + b"".join(body))


def subscribe(topics: Sequence[str], is_5: bool) -> bytes:
    """At QoS 0."""
    filters = b"".join(_text(topic) + b"\x00" for topic in topics)
    return _packet(Kind.SUBSCRIBE << 4 | 0x02, b"\x00\x01" + (b"\x00" if is_5 else b"") + filters)


def publish(topic: bytes, body: bytes, number: int | None, retain: bool, is_5: bool) -> bytes:
    """At QoS 1 under a number, else at QoS 0."""
    first = Kind.PUBLISH << 4 | (_RETAIN if retain else 0)
    middle = b"\x00" if is_5 else b""
    if number is not None:
        first |= _QOS_1
        middle = number.to_bytes(2, "big") + middle
    length = 2 + len(topic) + len(middle) + len(body)
    return b"%c%b%b%b%b%b" % (first, _length(length), len(topic).to_bytes(2, "big"), topic, middle, body)


class Packets:
    """Cuts what comes in into packets: (kind, flags, body)."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[tuple[Kind, int, bytes]]:
        data = self._rest + data
        at = 0
        while (body := _body(data, at)) is not None and body.stop <= len(data):
            try:
                kind = Kind(data[at] >> 4)
            except ValueError:
                raise WireError(f"packet type {data[at] >> 4} is not for a client") from None
            yield kind, data[at] & 0x0F, data[body.start : body.stop]
            at = body.stop
        self._rest = data[at:]


def read_accepted(body: bytes, is_5: bool) -> Accepted:
    """WireError with the broker's reason when it does not accept."""
    r = Reader(body)
    r.take(1)
    code = r.uint(1)
    if code:
        raise WireError(f"refused: {_REASONS.get(code, f'code {code}')}")
    return Accepted(_receive_maximum(r) if is_5 else _ANY)


def read_puback(body: bytes) -> tuple[int, int]:
    """Number, and the reason code: from 0x80 on it was not taken."""
    return int.from_bytes(Reader(body).take(2), "big"), body[2] if len(body) > 2 else 0


def read_publish(flags: int, body: bytes, is_5: bool) -> Heard:
    r = Reader(body)
    topic = _read_text(r)
    number = int.from_bytes(r.take(2), "big") if flags & 0x06 else None
    if is_5:
        r.take(_read_length(r))
    return Heard(topic.decode("utf-8", "replace"), r.take(r.left()), number)


def _receive_maximum(r: Reader) -> int:
    found = _ANY
    r = Reader(r.take(_read_length(r)))
    while r.left():
        name = r.uint(1)
        if name == _RECEIVE_MAXIMUM:
            found = int.from_bytes(r.take(2), "big")
        elif name in _SIZES:
            r.take(_SIZES[name])
        elif name in _TEXTS:
            for _ in range(_TEXTS[name]):
                _read_text(r)
        else:
            raise WireError(f"CONNACK with a property {name:#04x}")
    if not found:
        raise WireError("a receive maximum of 0")
    return found


def _read_text(r: Reader) -> bytes:
    return r.take(int.from_bytes(r.take(2), "big"))


def _read_length(r: Reader) -> int:
    length = shift = 0
    while shift < 28:
        byte = r.uint(1)
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return length
    raise WireError("a length of more than four bytes")


def _body(data: bytes, at: int) -> range | None:
    """Where the body of the packet is; None while its head is not complete."""
    length = shift = 0
    for place in range(at + 1, min(at + 5, len(data))):
        length |= (data[place] & 0x7F) << shift
        shift += 7
        if data[place] < 0x80:
            if length > _MOST:
                raise WireError(f"a packet of {length} bytes")
            return range(place + 1, place + 1 + length)
    if len(data) - at >= 5:
        raise WireError("a length of more than four bytes")
    return None


def _packet(first: int, body: bytes) -> bytes:
    return bytes([first]) + _length(len(body)) + body


def _length(length: int) -> bytes:
    """Seven bits a byte, the lowest first (1.5.5)."""
    if length < 0x80:
        return bytes((length,))
    if length < 0x4000:
        return bytes((length & 0x7F | 0x80, length >> 7))
    out = bytearray()
    while length > 0x7F:
        out.append(length & 0x7F | 0x80)
        length >>= 7
    return bytes(out) + bytes((length,))


def _text(text: str) -> bytes:
    return _sized(text.encode())


def _sized(content: bytes) -> bytes:
    return struct.pack(">H", len(content)) + content
