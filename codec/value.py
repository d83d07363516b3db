"""One value on the wire: an integer relative to what is expected, or a fault as an array of its code."""

from codec import cbor
from codec.registry import FAULTS, QUANTITIES
from codec.wire import WireError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Optional, Union

    from codec.cbor import Scalar

    # Steps of the quantity's resolution, or the name of a fault.
    Value = Union[int, str]
    Row = tuple[str, int, int, int, Optional[int]]


def expected(row: "Row", values: "Mapping[str, Value]") -> int:
    """What a zero on the wire stands for, given the values before it."""
    reference = row[4]
    if reference is None:
        return row[1]
    value = values.get(QUANTITIES[reference][0])
    return row[1] + (value if isinstance(value, int) else QUANTITIES[reference][1])


def put_value(out: bytearray, row: "Row", value: "Value", zero: int) -> None:
    """Append a value of the quantity in `row`, of which `zero` was expected."""
    if isinstance(value, str):
        put_fault(out, value)
    elif isinstance(value, int) and row[2] <= value <= row[3]:
        cbor.put_scalar(out, value - zero)
    else:
        raise WireError(f"{row[0]} {value} is not an integer from {row[2]} to {row[3]}: send a fault")


def put_fault(out: bytearray, name: str) -> None:
    if name not in FAULTS:
        raise WireError(f"no such fault: {name}")
    cbor.put_array(out, 1)
    cbor.put_scalar(out, FAULTS.index(name))


def fault_name(item: "tuple[Scalar, ...]") -> str:
    """The fault in an array that stands where a value should."""
    if len(item) != 1 or item[0] is None or item[0] < 0:
        raise WireError("a fault is an array of one code")
    code = item[0]
    return FAULTS[code] if code < len(FAULTS) else f"fault_{code}"
