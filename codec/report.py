"""The report: what a node measured at one moment, in as few bytes as deterministic CBOR allows."""

from codec import cbor
from codec.compat import const
from codec.registry import FAULTS, TABLE
from codec.wire import WireError

_ARRAY = const(0x80)

# Slot 0 is the bitmap less this, so that the bitmaps 0..39 take one byte.
_BIAS = const(16)


# Columns of the registry.
_WIDTH = const(6)
_NAME = const(1)
_CENTRE = const(2)
_LEAST = const(3)
_MOST = const(4)
_REFERENCE = const(5)

_AGE = const(0b100000000)
_AGE_AND_NUMBER = const(0b110000000)
_ROOM_FOR_A_FAULT = const(11)  # what US915 allows at its slowest; any group fits into it as a fault


def encode(values: "dict[str, int | str]") -> bytes:
    """The payload. Refuses what is no quantity and what is out of its range: send a fault instead."""
    return _payload(values, _bitmap(values))


def decode(payload: bytes) -> "dict[str, int | str]":
    """The values. Those out of their range pass: to flag them is the gateway's business."""
    return read(cbor.decode(payload))


def read(items: "tuple[int | tuple[int | None, ...] | None, ...]") -> "dict[str, int | str]":
    """The values in the items of a payload."""
    slot = items[0] if items else None
    bitmap = slot + _BIAS if isinstance(slot, int) else -1
    values = {}  # type: dict[str, int | str]
    place = 1
    group = None
    before = None  # type: int | str | None
    for at in range(0, len(TABLE), _WIDTH):
        if bitmap >> TABLE[at] & 1:
            if TABLE[at] != group:
                group = TABLE[at]
                before = None
            # For an item that is not there the empty array stands in, and is counted as one too many.
            before = value(items[place] if place < len(items) else (), before, _expected(at, values, bitmap))
            place += 1
            if before is not None:
                values[TABLE[at + _NAME]] = before
    # The bits of the values are others than ours if a group is nothing but null, or of a newer registry.
    if place != len(items) or _bitmap(values) != bitmap:
        raise WireError("no report")
    return values


def value(
    item: "int | tuple[int | None, ...] | None", before: "int | str | None", zero: int
) -> "int | str | None":
    """What an item stands for where `zero` was expected and `before` stands before it."""
    if item is None:
        return None
    if isinstance(item, int):
        return item + zero
    if item == () and isinstance(before, str):
        return before
    code = item[0] if len(item) == 1 else None
    if code is not None and code >= 0:
        faults = FAULTS.split()
        fault = faults[code] if code < len(faults) else f"fault_{code}"
        if fault != before:
            return fault
    raise WireError("no fault")


def split(values: "dict[str, int | str]", limit_bytes: int) -> "list[bytes]":
    """The report as payloads of at most `limit_bytes`, the most urgent first.

    What fits into no payload travels as the fault "no_room": nobody shall take it for not measured.
    """
    if limit_bytes < _ROOM_FOR_A_FAULT:
        raise WireError("no room")
    values = dict(values)
    bitmap = _bitmap(values)
    parts = []  # type: list[int]
    # Water, state of the node, noise, dust and what explains it, housekeeping. Number and age are not among
    # these bits: they go with every part that has room.
    for bit in b"\x03\x0e\x0a\x09\x04\x02\x05\x00\x01\x0b\x06\x0c\x0d":
        group = bitmap & 1 << bit
        stamped = group | bitmap & _AGE_AND_NUMBER
        if group and not _placed((stamped, group | bitmap & _AGE), values, parts, limit_bytes):
            for at in range(0, len(TABLE), _WIDTH):
                if TABLE[at] == bit and TABLE[at + _NAME] in values:
                    values[TABLE[at + _NAME]] = "no_room"
            _placed((stamped, group), values, parts, limit_bytes)
    return [_payload(values, part) for part in parts or [bitmap]]


def item(
    at: int, value: "int | str | None", before: "int | str | None", zero: int
) -> "int | tuple[int, ...] | None":
    """What a value of row `at` is on the wire, where `zero` was expected and `before` stands before it."""
    if value is None:
        return None
    if isinstance(value, str):
        if value == before:
            return ()
        place = FAULTS.find(f" {value} ")
        if place >= 0 and " " not in value:
            return (FAULTS.count(" ", 0, place),)
    elif isinstance(value, int) and TABLE[at + _LEAST] <= value <= TABLE[at + _MOST]:
        return value - zero
    raise WireError(f"{TABLE[at + _NAME]} cannot be {value}")


def _bitmap(values: "dict[str, int | str]") -> int:
    bitmap = named = 0
    for at in range(0, len(TABLE), _WIDTH):
        if values.get(TABLE[at + _NAME]) is not None:
            named += 1
            bitmap |= 1 << TABLE[at]
    if named != len(values):
        raise WireError("no quantity: " + " ".join(values))
    return bitmap


def _payload(values: "dict[str, int | str]", bitmap: int) -> bytes:
    count = 1
    for at in range(0, len(TABLE), _WIDTH):
        count += bitmap >> TABLE[at] & 1
    out = bytearray()
    cbor.put_head(out, _ARRAY, count)
    cbor.put(out, bitmap - _BIAS)
    group = before = None
    for at in range(0, len(TABLE), _WIDTH):
        if bitmap >> TABLE[at] & 1:
            if TABLE[at] != group:
                group = TABLE[at]
                before = None
            value = values.get(TABLE[at + _NAME])
            cbor.put(out, item(at, value, before, _expected(at, values, bitmap)))
            before = value
    return bytes(out)


def _expected(at: int, values: "dict[str, int | str]", bitmap: int) -> int:
    """The value that a zero stands for. Where no value of the reference goes along, its centre has to do."""
    zero: int = TABLE[at + _CENTRE]
    if TABLE[at + _REFERENCE] is not None:
        reference = TABLE[at + _REFERENCE] * _WIDTH
        value = values.get(TABLE[reference + _NAME]) if bitmap >> TABLE[reference] & 1 else None
        zero += value if isinstance(value, int) else TABLE[reference + _CENTRE]
    return zero


def _placed(
    choices: "tuple[int, ...]", values: "dict[str, int | str]", parts: "list[int]", limit_bytes: int
) -> bool:
    """Add the bits of the first choice that fits to the first part with room for them, else to a new one."""
    for choice in choices:
        for i in range(len(parts) + 1):
            part = (parts + [0])[i] | choice
            if len(_payload(values, part)) <= limit_bytes:
                parts[i : i + 1] = [part]
                return True
    return False
