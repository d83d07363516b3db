"""The shape of a payload in CDDL (RFC 8610), but for what it cannot say: that slot 0 counts the items."""

import textwrap

from codec.desk.orders import ORDERS, Argument, Order
from codec.desk.words import RESULTS
from codec.message import ROWS, SCHEMA
from codec.registry import FAULTS

_TEXT = """\
; A messfunk payload, schema {schema}. Made by `make generate` from codec/registry.py: change that, not this.
; Encoded as RFC 8949 section 4.2.1 (core deterministic) demands. The meaning is in codec/README.md.

message = report / batch / other-batch / alarm / hello / command / answer / newer

; Slot 0 is the bitmap less 16. For each of its bits follow the items of that bit's group, lowest bit first.
report = [slot: -16..4294967295, * item]
item = value / not-measured / fault / same-fault
value = int32
not-measured = null
fault = [fault-code]
same-fault = []

; The usual batch: of distances, 300 s apart, the last one new. Any other says what it is of.
batch = [-17, first-number: running, 1*12 item]
other-batch = [-22, first-number: running, series: [quantity, interval-s: 1..4294967295, age-s: 0 / age],
               1*12 item]
alarm = [-18, its-number: running, mark: 0..255 / [quantity, 0..255], reached: value / fault,
         rate: int32 / null, ? age-s: age]
hello = [-19, schema: uint32, firmware: uint32, board: uint32, capabilities: uint32, features: uint32,
         reset-cause: uint32, marks: [* uint32], * newer-field: int32 / null / [* (int32 / null)]]
command = [-20, token: uint32, + order]
answer = [-21, token: uint32, + result]

; An array in slot 0: a schema newer than this.
newer = [[schema: {next_schema}..4294967295, * any], * any]

uint32 = 0..4294967295
int32 = -4294967296..4294967295
running = 0..65535
age = 11..4294967295

{quantities}
quantity = 0..{last_quantity}
{faults}
fault-code = uint32
{results}
result = uint32

order = {order_names}
      / newer-order
{orders}
newer-order = [code: uint32, * int32]
"""


def payload() -> str:
    """The text of payload.cddl."""
    return _TEXT.format(
        schema=SCHEMA,
        next_schema=SCHEMA + 1,
        last_quantity=len(ROWS) - 1,
        quantities=_listed([row.name for row in ROWS]),
        faults=_listed(FAULTS.split()),
        results=_listed(list(RESULTS)),
        order_names="\n      / ".join(f"{name}-order" for name in ORDERS),
        orders="\n".join(f"{name}-order = {_order(order)}" for name, order in ORDERS.items()),
    )


def _listed(names: list[str]) -> str:
    """A comment with the names that stand for 0, 1, 2 ..."""
    text = ", ".join(f"{number} {name}" for number, name in enumerate(names))
    return "\n".join("; " + line for line in textwrap.wrap(text, 100))


def _order(order: Order) -> str:
    arguments = [_argument(each) for each in order.arguments]
    several = [f"* {_argument(order.several)}"] if order.several else []
    return f"[{', '.join([str(order.code), *arguments, *several])}]"


def _argument(argument: Argument) -> str:
    if argument.name == "quantity":
        return "quantity"
    return f"{_name(argument.name)}: {argument.least}..{argument.most}"


def _name(name: str) -> str:
    return name.replace("_", "-")
