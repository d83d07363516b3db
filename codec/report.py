"""The report: what a node measured at one moment, in as few bytes as deterministic CBOR allows."""

from collections import namedtuple

from codec import cbor
from codec.registry import BITMAP_BIAS, GROUPS
from codec.value import expected, fault_name, put_fault, put_value
from codec.wire import WireError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from codec.cbor import Item
    from codec.value import Row, Value

# `values` maps a quantity to its steps (int) or to the name of its fault (str). `unknown` is what a newer
# registry put behind them: its bits, and their items as they came.
Report = namedtuple("Report", ("values", "unknown"))

# Bits of the groups by urgency: water, state of the node, noise, dust and what explains it, housekeeping.
_URGENCY = (5, 14, 10, 9, 4, 0, 3, 2, 1, 11, 6, 12, 13)
_TOO_SHORT = "no group of a report fits into {} bytes"


def encode(values: "dict[str, Value]") -> bytes:
    """The payload; refuses an unknown quantity and a value out of its range: send a fault instead."""
    bitmap = items = named = 0
    for bit in range(len(GROUPS)):
        present = _present(GROUPS[bit], values)
        if present:
            named += present
            bitmap |= 1 << bit
            items += 1 if _fault(GROUPS[bit], values) else len(GROUPS[bit])
    if named != len(values):
        raise WireError(f"not all of these are quantities with a value: {', '.join(sorted(values))}")
    out = bytearray()
    cbor.put_array(out, 1 + items)
    cbor.put_scalar(out, bitmap - BITMAP_BIAS)
    for bit in range(len(GROUPS)):
        if bitmap >> bit & 1:
            _put_group(out, GROUPS[bit], values)
    return bytes(out)


def decode(payload: bytes) -> Report:
    """The report in a payload; values out of their range are decoded, for the gateway to flag."""
    return read(cbor.decode(payload))


def read(items: "tuple[Item, ...]") -> Report:
    """The report in the items of a payload."""
    if not items or not isinstance(items[0], int) or items[0] < -BITMAP_BIAS:
        raise WireError("slot 0 is not the bitmap of a report")
    bitmap = items[0] + BITMAP_BIAS
    values = {}  # type: dict[str, Value]
    at = 1
    for bit in range(len(GROUPS)):
        if bitmap >> bit & 1:
            at += _get_group(items[at : at + len(GROUPS[bit])], GROUPS[bit], values)
    newer = bitmap >> len(GROUPS)
    tail = bytearray()
    for item in items[at:]:
        cbor.put_item(tail, item)
    # A newer group has at least one item, and an item without a bit belongs to nobody.
    if len(items) - at < bin(newer).count("1") or (tail and not newer):
        raise WireError(f"{len(items) - at} items do not fit the newer bits {newer:#b}")
    return Report(values, (newer << len(GROUPS), bytes(tail)))


def split(values: "dict[str, Value]", limit_bytes: int) -> "list[bytes]":
    """The report as payloads of at most `limit_bytes`, the most urgent first, each with number and age.

    Where that is too much, a part goes without its number; and a group that fits into no payload travels as
    the fault "no_room", so that nobody takes it for not measured.
    """
    whole = encode(values)
    if len(whole) <= limit_bytes:
        return [whole]
    age = _chosen(GROUPS[8], values)
    stamp = _chosen(GROUPS[7] + GROUPS[8], values)
    parts = []  # type: list[dict[str, Value]]
    for bit in _URGENCY:
        group = _chosen(GROUPS[bit], values)
        if group:
            no_room = dict.fromkeys(group, "no_room")  # type: dict[str, Value]
            _place(parts, ((stamp, group), (age, group), (stamp, no_room), (age, no_room)), limit_bytes)
    if not parts:
        raise WireError(_TOO_SHORT.format(limit_bytes))
    return [encode(part) for part in parts]


def _chosen(rows: "tuple[Row, ...]", values: "dict[str, Value]") -> "dict[str, Value]":
    return {row[0]: values[row[0]] for row in rows if row[0] in values}


def _place(
    parts: "list[dict[str, Value]]",
    choices: "tuple[tuple[dict[str, Value], dict[str, Value]], ...]",
    limit_bytes: int,
) -> None:
    """Add the first choice that fits to the first part that has room for it."""
    for stamp, group in choices:
        for part in parts + [{}]:
            joined = dict(part)
            joined.update(stamp)
            joined.update(group)
            if len(encode(joined)) <= limit_bytes:
                if not part:
                    parts.append(part)
                part.update(joined)
                return
    raise WireError(_TOO_SHORT.format(limit_bytes))


def _present(group: "tuple[Row, ...]", values: "dict[str, Value]") -> int:
    """How many of a group's quantities have a value."""
    present = 0
    for row in group:
        if values.get(row[0]) is not None:
            present += 1
    return present


def _fault(group: "tuple[Row, ...]", values: "dict[str, Value]") -> "str | None":
    """The fault of a group, if it has one: it stands for all of the group, so no value can go beside it."""
    found = None
    for row in group:
        value = values.get(row[0])
        if isinstance(value, str):
            found = value
    if found:
        for row in group:
            if values.get(row[0]) not in (None, found):
                raise WireError(f"{row[0]}: beside a fault its group can hold no value")
    return found


def _put_group(out: bytearray, group: "tuple[Row, ...]", values: "dict[str, Value]") -> None:
    fault = _fault(group, values)
    if fault:
        put_fault(out, fault)
        return
    for row in group:
        value = values.get(row[0])
        if value is None:
            cbor.put_scalar(out, None)
        else:
            put_value(out, row, value, expected(row, values))


def _get_group(items: "tuple[Item, ...]", group: "tuple[Row, ...]", values: "dict[str, Value]") -> int:
    """Read a group into `values`; tells how many items it took."""
    if items and isinstance(items[0], tuple):
        fault = fault_name(items[0])
        for row in group:
            values[row[0]] = fault
        return 1
    if len(items) < len(group) or items == (None,) * len(group):
        raise WireError(f"{group[0][0]}: of {len(group)} items there are {len(items)}, or all are null")
    for row, item in zip(group, items):
        if isinstance(item, tuple):
            raise WireError(f"{row[0]}: a fault stands for its whole group")
        if item is not None:
            values[row[0]] = item + expected(row, values)
    return len(group)
