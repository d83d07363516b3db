"""The CBOR that messfunk speaks: of deterministic CBOR (RFC 8949 section 4.2.1) integers, null and arrays.

A payload is one array; its items are integers of up to 32 bits, null, or arrays of these. Nothing nests
deeper, so decoding does not recurse; and a length is held against the bytes left before anything is built.
"""

from codec.compat import const
from codec.wire import Reader, WireError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Initial bytes of the major types (section 3.1), and the one simple value there is.
_UNSIGNED = const(0x00)
_NEGATIVE = const(0x20)
_ARRAY = const(0x80)
_NULL = const(0xF6)


def put(out: bytearray, item: "int | tuple[Any, ...] | None") -> None:
    """Append an integer, null, or an array."""
    if item is None:
        out.append(_NULL)
    elif isinstance(item, tuple):
        put_head(out, _ARRAY, len(item))
        for each in item:
            put(out, each)
    elif item < 0:
        put_head(out, _NEGATIVE, -1 - item)
    else:
        put_head(out, _UNSIGNED, item)


def encode(items: "tuple[Any, ...]") -> bytes:
    """The payload of these items."""
    out = bytearray()
    put(out, items)
    return bytes(out)


def decode(payload: bytes) -> "tuple[Any, ...]":
    """The items of a payload: all of them, and nothing after the last."""
    reader = Reader(payload)
    major, count = get_head(reader)
    if major != _ARRAY:
        raise WireError("not an array")
    items = []
    for _ in range(count):
        major, item = get_head(reader)
        if major == _ARRAY:
            inner = []
            for _ in range(item):
                at = reader.at
                major, item = get_head(reader)
                if major == _ARRAY:
                    raise WireError("array too deep", at)
                inner.append(item)
            item = tuple(inner)
        items.append(item)
    reader.end()
    return tuple(items)


def put_head(out: bytearray, first: int, argument: int) -> None:
    """Append the head of an item: of an array the count of its items, which have to follow."""
    if argument >> 32:
        raise WireError("over 32 bits")
    size = 0 if argument < 24 else 1 if argument < 0x100 else 2 if argument < 0x10000 else 4
    out.append(first | (24 + size // 2 if size else argument))
    while size:
        size -= 1
        out.append(argument >> 8 * size & 0xFF)


def get_head(reader: Reader) -> "tuple[int, Any]":
    """The next integer or null, of an array the count of its items. Refuses every form but the shortest."""
    at = reader.at
    first = reader.byte()
    major, argument = first & 0xE0, first & 0x1F
    if first == _NULL:
        return major, None
    if argument > 26 or major not in (_UNSIGNED, _NEGATIVE, _ARRAY):
        raise WireError(f"{first:#04x} refused", at)
    if argument > 23:
        size = 1 << argument - 24
        argument = int.from_bytes(reader.take(size), "big")
        if argument < max(24, 1 << 4 * size):
            raise WireError("not shortest", at)
    if major == _ARRAY and argument > reader.left():  # an item takes at least one byte
        raise WireError("too many items", at)
    return major, -1 - argument if major == _NEGATIVE else argument
