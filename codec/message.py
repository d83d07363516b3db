"""Any message, as its receiver reads it; a node reads only commands, and those by codec/dialogue.py."""

from collections import namedtuple

from codec import cbor, report
from codec.registry import TABLE
from codec.wire import Reader, WireError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Values are steps (int) or the name of a fault (str); `unknown` is what a newer registry put at the end: in a
# report its bits and their items, in a hello its items, as they came.
Report = namedtuple("Report", ("values", "unknown"))
Batch = namedtuple("Batch", ("number", "quantity", "interval_s", "age_s", "readings"))
Alarm = namedtuple("Alarm", ("number", "quantity", "mark", "value", "rate", "age_s"))
Hello = namedtuple(
    "Hello", ("schema", "firmware", "board", "capabilities", "features", "reset_cause", "marks", "unknown")
)
Command = namedtuple("Command", ("token", "orders"))
Answer = namedtuple("Answer", ("token", "results"))
# Well formed, but of a newer schema, kind or quantity than these.
Newer = namedtuple("Newer", ("what", "payload"))

# What the registry and the messages are together; a device says so in its hello.
SCHEMA = 1

Row = namedtuple("Row", ("bit", "name", "centre", "least", "most", "reference"))
ROWS = tuple([Row(*TABLE[at : at + 6]) for at in range(0, len(TABLE), 6)])

_BITS = ROWS[-1].bit + 1
_BIAS = 16
_ARRAY = 0x80
_READINGS = 12
_USUAL_INTERVAL_S = 300
_FRESH_S = 10
_ANY = (1 << 32) - 1
_DISTANCE = [row.name for row in ROWS].index("distance")


def decode(payload: bytes) -> "Report | Batch | Alarm | Hello | Command | Answer | Newer":
    """What a payload says. Values out of their range are decoded; it is the gateway that flags them."""
    schema = _newer_schema(payload)
    if schema:
        return Newer(f"schema {schema}", payload)
    items = cbor.decode(payload)
    if not items or items[0] is None:
        raise WireError("slot 0 says neither what is measured nor what kind of message this is")
    if items[0] >= -_BIAS:
        return _report(items[0] + _BIAS, items[1:])
    if items[0] not in _KINDS:
        return Newer(f"message {items[0]}", payload)
    least, most, read = _KINDS[items[0]]
    if not least <= len(items) <= most:
        raise WireError(f"message {items[0]} of {len(items)} items")
    return read(items, payload)


def _newer_schema(payload: bytes) -> int:
    """The schema that an array in slot 0 names, or 0. What follows it is not ours to read."""
    reader = Reader(payload)
    major, count = cbor.get_head(reader)
    if major != _ARRAY or not count or payload[reader.at] & 0xE0 != _ARRAY:
        return 0
    _, count = cbor.get_head(reader)
    schema = cbor.get_head(reader)[1] if count else None
    return _uint(schema, "a newer schema", SCHEMA + 1)


def _uint(item: "Any", what: str, least: int = 0, most: int = _ANY) -> int:
    if not isinstance(item, int) or not least <= item <= most:
        raise WireError(f"{what} is {item}")
    return item


def _uints(items: "Any", what: str) -> "tuple[int, ...]":
    if not isinstance(items, tuple):
        raise WireError(f"{what} are {items}")
    return tuple([_uint(item, what) for item in items])


def _report(bitmap: int, items: "tuple[Any, ...]") -> Report:
    newer = bitmap >> _BITS << _BITS
    known = sum([bitmap >> row.bit & 1 for row in ROWS])
    tail = items[known:]
    # A newer group has at least one item, and an item without a bit belongs to nobody.
    if len(tail) < bin(newer).count("1") or (tail and not newer):
        raise WireError(f"{len(items)} items for {known} quantities and the newer bits {newer:#x}")
    return Report(report.read((bitmap - newer - _BIAS,) + items[:known]), (newer, _raw(tail)))


def _raw(items: "tuple[Any, ...]") -> bytes:
    out = bytearray()
    for item in items:
        cbor.put(out, item)
    return bytes(out)


def _batch(items: "tuple[Any, ...]", payload: bytes) -> Batch:
    return _readings(items[1], _DISTANCE, _USUAL_INTERVAL_S, 0, items[2:])


def _other_batch(items: "tuple[Any, ...]", payload: bytes) -> "Batch | Newer":
    series = _uints(items[2], "a series")
    if len(series) != 3 or not series[1] or 0 < series[2] <= _FRESH_S:
        raise WireError(f"a series is a quantity, an interval and an age, not {series}")
    if series == (_DISTANCE, _USUAL_INTERVAL_S, 0):
        raise WireError("the usual batch is said without its series")
    if series[0] >= len(ROWS):
        return Newer(f"quantity {series[0]}", payload)
    return _readings(items[1], *series, items[3:])


def _readings(number: "Any", quantity: int, interval_s: int, age_s: int, items: "tuple[Any, ...]") -> Batch:
    readings = []
    zero, before = ROWS[quantity].centre, None
    for item in items:
        before = report.value(item, before, zero)
        readings.append(before)
        if isinstance(before, int):
            zero = before
    number = _uint(number, "a running number", 0, 0xFFFF)
    return Batch(number, ROWS[quantity].name, interval_s, age_s, tuple(readings))


def _alarm(items: "tuple[Any, ...]", payload: bytes) -> "Alarm | Newer":
    mark, quantity = items[2], _DISTANCE
    if isinstance(mark, tuple):
        if len(mark) != 2 or mark[0] == _DISTANCE:
            raise WireError("a mark is a number, or a quantity other than distance and a number")
        quantity, mark = _uints(mark, "a mark")
    if quantity >= len(ROWS):
        return Newer(f"quantity {quantity}", payload)
    value = report.value(items[3], None, ROWS[quantity].centre)
    rate = items[4]
    if value is None or isinstance(rate, tuple):
        raise WireError("an alarm without its value, or with an array for its rate")
    age_s = _uint(items[5], "an age", _FRESH_S + 1) if len(items) > 5 else 0
    number = _uint(items[1], "a running number", 0, 0xFFFF)
    return Alarm(number, ROWS[quantity].name, _uint(mark, "a mark", 0, 0xFF), value, rate, age_s)


def _hello(items: "tuple[Any, ...]", payload: bytes) -> Hello:
    fields = [_uint(item, "a field of a hello") for item in items[1:7]]  # type: list[Any]
    return Hello(*(fields + [_uints(items[7], "marks"), _raw(items[8:])]))


def _command(items: "tuple[Any, ...]", payload: bytes) -> Command:
    for order in items[2:]:
        if not isinstance(order, tuple) or order == () or None in order:
            raise WireError("an order is an array of integers")
    return Command(_uint(items[1], "a token"), items[2:])


def _answer(items: "tuple[Any, ...]", payload: bytes) -> Answer:
    return Answer(_uint(items[1], "a token"), _uints(items[2:], "a result"))


# Slot 0, how many items there can be, and who reads them.
_KINDS = {
    -17: (3, 2 + _READINGS, _batch),
    -18: (5, 6, _alarm),
    -19: (8, _ANY, _hello),
    -20: (3, _ANY, _command),
    -21: (3, _ANY, _answer),
    -22: (4, 3 + _READINGS, _other_batch),
}
