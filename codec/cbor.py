"""The CBOR that messfunk speaks: of deterministic CBOR (RFC 8949 section 4.2.1) integers, null and arrays.

A payload is one array; its items are integers of up to 32 bits, null, or arrays of these. Nothing nests
deeper, so nothing here recurses; and every length is held against the bytes that are left before anything is
built from it.
"""

from codec.compat import const
from codec.wire import Reader, WireError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Optional, Union

    Scalar = Optional[int]
    Item = Union[Scalar, "tuple[Scalar, ...]"]

_NEGATIVE = const(1)
_ARRAY = const(4)
_SIMPLE = const(7)
_NULL = const(22)

# What stands for each major type (section 3.1) in the reason of a refusal.
_MAJORS = ("", "", "byte string", "text string", "array in an array", "map", "tag", "simple value or float")


def put_head(out: bytearray, major: int, argument: int) -> None:
    """Append the head of a data item in its shortest form (section 4.2.1)."""
    if argument < 24:
        out.append(major << 5 | argument)
        return
    if argument >> 32:
        raise WireError(f"{argument} needs more than 32 bits")
    info = 24 if argument < 0x100 else 25 if argument < 0x10000 else 26
    out.append(major << 5 | info)
    shift = 8 << (info - 24)
    while shift:
        shift -= 8
        out.append(argument >> shift & 0xFF)


def put_array(out: bytearray, count: int) -> None:
    """Open an array: `count` items have to follow."""
    put_head(out, _ARRAY, count)


def put_scalar(out: bytearray, value: "Scalar") -> None:
    """Append an integer or null."""
    if value is None:
        put_head(out, _SIMPLE, _NULL)
    elif value < 0:
        put_head(out, _NEGATIVE, -1 - value)
    else:
        put_head(out, 0, value)


def put_item(out: bytearray, item: "Item") -> None:
    """Append an integer, null, or an array of these."""
    if isinstance(item, tuple):
        put_array(out, len(item))
        for value in item:
            put_scalar(out, value)
    else:
        put_scalar(out, item)


def encode(items: "tuple[Item, ...]") -> bytes:
    """The payload of these items."""
    out = bytearray()
    put_array(out, len(items))
    for item in items:
        put_item(out, item)
    return bytes(out)


def get_head(reader: Reader) -> "tuple[int, int]":
    """Major type and argument of the next data item, which has to be in its shortest form."""
    at = reader.at
    first = reader.uint(1)
    major, info = first >> 5, first & 0x1F
    if info < 24:
        return major, info
    if info == 31:
        raise WireError("indefinite length", at)
    if info > 26 or major == _SIMPLE:
        raise WireError(f"no item begins with {first:#04x}", at)
    argument = int.from_bytes(reader.take(1 << (info - 24)), "big")
    if argument < (24, 0x100, 0x10000)[info - 24]:
        raise WireError(f"{argument} is not in its shortest form", at)
    return major, argument


def get_array(reader: Reader) -> int:
    """Open an array: how many items follow."""
    at = reader.at
    major, count = get_head(reader)
    if major != _ARRAY:
        raise WireError("not an array", at)
    return _checked(count, reader, at)


def decode(payload: bytes) -> "tuple[Item, ...]":
    """The items of a payload: all of them, and nothing after the last."""
    reader = Reader(payload)
    items = tuple([_get_item(reader) for _ in range(get_array(reader))])
    reader.end()
    return items


def _get_item(reader: Reader) -> "Item":
    at = reader.at
    major, argument = get_head(reader)
    if major != _ARRAY:
        return _scalar(major, argument, at)
    values = []
    for _ in range(_checked(argument, reader, at)):
        at = reader.at
        major, argument = get_head(reader)
        values.append(_scalar(major, argument, at))
    return tuple(values)


def _scalar(major: int, argument: int, at: int) -> "Scalar":
    if major == 0:
        return argument
    if major == _NEGATIVE:
        return -1 - argument
    if major == _SIMPLE and argument == _NULL:
        return None
    raise WireError(_MAJORS[major], at)


def _checked(count: int, reader: Reader, at: int) -> int:
    if count > reader.left():  # each item takes at least one byte
        raise WireError(f"{count} items cannot be in {reader.left()} bytes", at)
    return count
