"""Commands as a gateway writes them: the table of orders, with names and ranges of their arguments."""

from dataclasses import dataclass
from typing import Any

from codec import cbor
from codec.message import ROWS
from codec.wire import WireError

_COMMAND = -20


@dataclass(frozen=True)
class Argument:
    """A number that goes with an order; `least` and `most` bound it."""

    name: str
    least: int
    most: int


@dataclass(frozen=True)
class Order:
    """What a command can ask for. `several`, if there is one, takes all arguments behind the others."""

    code: int
    text: str
    arguments: tuple[Argument, ...] = ()
    several: Argument | None = None


_QUANTITY = Argument("quantity", 0, len(ROWS) - 1)
AT_ONCE = 7  # so many marks a node can watch

ORDERS = {
    "interval": Order(
        1,
        "sample a quantity this often, while it rises this often, and report it this often",
        (
            _QUANTITY,
            Argument("sample_s", 1, 86400),
            Argument("rising_s", 1, 86400),
            Argument("report_s", 10, 604800),
        ),
    ),
    "marks": Order(
        2,
        "watch these distances, that of the lowest water first; an alarm ends `hysteresis` below its mark",
        (Argument("hysteresis", 0, 5000),),
        Argument("marks", 0, 40000),
    ),
    "offset": Order(3, "add these steps to a quantity", (_QUANTITY, Argument("steps", -100000, 100000))),
    "journal": Order(
        4,
        "send so many readings of a quantity, from this running number on",
        (_QUANTITY, Argument("first", 0, 0xFFFF), Argument("count", 1, 0xFFFF)),
    ),
    "reboot": Order(5, "start anew"),
    "rejoin": Order(6, "join the network anew"),
    "time": Order(7, "so many seconds have passed since the GPS epoch", (Argument("gps_s", 0, 0xFFFFFFFF),)),
    "confirm": Order(
        8, "have nothing (0), alarms (1) or everything (2) acknowledged", (Argument("policy", 0, 2),)
    ),
}


def command(token: int, orders: Any) -> bytes:
    """The payload of a command: of each order its name as `order`, and its arguments by name."""
    if not isinstance(orders, list):
        raise WireError("orders are a list")
    if not orders:
        raise WireError("a command without orders")
    _check(Argument("token", 0, 0xFFFFFFFF), token)
    return cbor.encode((_COMMAND, token, *map(_coded, orders)))


def named(coded: tuple[int, ...]) -> dict[str, Any]:
    """An order with its name and those of its arguments, or with bare numbers where they do not fit."""
    name = _NAMES.get(coded[0], f"order_{coded[0]}")
    order = ORDERS.get(name)
    given = coded[1:]
    if order is None or not _fits(order, len(given)):
        return {"order": name, "arguments": list(given)}
    arguments: dict[str, Any] = {each.name: given[i] for i, each in enumerate(order.arguments)}
    if order.several:
        arguments[order.several.name] = list(given[len(order.arguments) :])
    if "quantity" in arguments:
        arguments["quantity"] = quantity_name(arguments["quantity"])
    return {"order": name, **arguments}


def quantity_name(number: int) -> str:
    return ROWS[number].name if 0 <= number < len(ROWS) else f"quantity_{number}"


def _fits(order: Order, count: int) -> bool:
    return count == len(order.arguments) or (count > len(order.arguments) and order.several is not None)


def _coded(given: Any) -> tuple[int, ...]:
    if not isinstance(given, dict):
        raise WireError("an order is an object")
    name = given.get("order")
    if not isinstance(name, str) or name not in ORDERS:
        raise WireError(f"no such order: {name}. There are {', '.join(ORDERS)}")
    order = ORDERS[name]
    wanted = [each.name for each in order.arguments] + ([order.several.name] if order.several else [])
    if sorted(given) != sorted(["order", *wanted]):
        raise WireError(f"{name} takes {', '.join(wanted) or 'no arguments'}")
    numbers = [_check(each, given[each.name]) for each in order.arguments]
    if order.several:
        several = given[order.several.name]
        if not isinstance(several, list) or len(several) > AT_ONCE:
            raise WireError(f"{order.several.name} is a list of up to {AT_ONCE} numbers")
        numbers += [_check(order.several, each) for each in several]
    return (order.code, *numbers)


def _check(argument: Argument, value: Any) -> int:
    if argument is _QUANTITY and isinstance(value, str):
        value = _NUMBERS.get(value, value)
    if isinstance(value, bool) or not isinstance(value, int) or not argument.least <= value <= argument.most:
        raise WireError(f"{argument.name} is {value!r}, not in {argument.least} to {argument.most}")
    return value


_NAMES = {order.code: name for name, order in ORDERS.items()}
_NUMBERS = {row.name: number for number, row in enumerate(ROWS)}
