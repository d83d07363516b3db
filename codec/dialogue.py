"""What node and gateway say to each other beside reports: batch, alarm, hello, command and answer."""

from codec import cbor
from codec.compat import const
from codec.registry import TABLE
from codec.report import item
from codec.wire import WireError

_ARRAY = const(0x80)

# Slot 0 of each kind of message. A report has its bitmap there, which is never this low.
_BATCH = const(-17)
_ALARM = const(-18)
_HELLO = const(-19)
_COMMAND = const(-20)
_ANSWER = const(-21)
_OTHER_BATCH = const(-22)

# What goes without saying: a batch of distances at this interval, an age in which nothing important moves.
_INTERVAL_S = const(300)
_FRESH_S = const(10)

_READINGS = const(12)
_SCHEMA = const(1)  # as in codec/message.py


def batch(
    number: int, name: str, readings: "list[int | str | None]", interval_s: int = 300, age_s: int = 0
) -> bytes:
    """Up to 12 readings of a quantity, None for a gap; the first has this number, the last this age."""
    if len(readings) > _READINGS:
        raise WireError("no room")
    at = TABLE.index(name) - 1
    if age_s <= _FRESH_S:
        age_s = 0
    other = age_s or interval_s != _INTERVAL_S or name != "distance"
    out = bytearray()
    cbor.put_head(out, _ARRAY, len(readings) + (3 if other else 2))
    cbor.put(out, _OTHER_BATCH if other else _BATCH)
    cbor.put(out, number & 0xFFFF)
    if other:
        cbor.put(out, (at // 6, interval_s, age_s))
    zero = TABLE[at + 2]
    before = None
    for reading in readings:
        cbor.put(out, item(at, reading, before, zero))
        before = reading
        if isinstance(reading, int):
            zero = reading
    return bytes(out)


def alarm(
    number: int, mark: int, value: "int | str", rate: "int | None", age_s: int = 0, name: str = "distance"
) -> bytes:
    """The mark now reached, 0 for none, the value that shows it, and its change in steps per minute."""
    at = TABLE.index(name) - 1
    which = mark if name == "distance" else (at // 6, mark)
    items = (_ALARM, number & 0xFFFF, which, item(at, value, None, TABLE[at + 2]), rate)
    return cbor.encode(items + (age_s,) if age_s > _FRESH_S else items)


def hello(*who: "int | tuple[int, ...]") -> bytes:
    """Firmware, board, capabilities, features, reset cause, and the marks as the command gave them."""
    return cbor.encode((_HELLO, _SCHEMA) + who)


def answer(*said: int) -> bytes:
    """The token of a command, and what became of each of its orders."""
    return cbor.encode((_ANSWER,) + said)


def command(payload: bytes) -> "tuple[int | tuple[int, ...], ...]":
    """The token of a command, then its orders: of each, its code and its arguments."""
    items = cbor.decode(payload)
    good = len(items) > 2 and items[0] == _COMMAND and isinstance(items[1], int)
    for order in items[2:]:
        good = good and isinstance(order, tuple) and order != () and None not in order
    if not good:
        raise WireError("no command")
    return items[1:]
