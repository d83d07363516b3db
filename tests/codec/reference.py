"""A second encoder of the payload, by cbor2 and straight from the wire-format page: judge of the first."""

from typing import Any

import cbor2

from codec.message import ROWS, Alarm, Answer, Batch, Command, Hello, Newer, Report, Row
from codec.registry import FAULTS

ROW = {row.name: row for row in ROWS}
NUMBER = {row.name: number for number, row in enumerate(ROWS)}
LAST_BIT = max(row.bit for row in ROWS)


def payload(said: Any) -> bytes:
    """The bytes of a message, whether its values are in range or not."""
    return said.payload if isinstance(said, Newer) else cbor2.dumps(_ITEMS[type(said)](said), canonical=True)


def code(fault: str) -> int:
    return int(fault.removeprefix("fault_")) if fault.startswith("fault_") else FAULTS.split().index(fault)


def item(value: Any, before: Any, zero: int) -> Any:
    if isinstance(value, str):
        return [] if value == before else [code(value)]
    return None if value is None else value - zero


def report(said: Report) -> list[Any]:
    values, (newer, tail) = said
    bits = {ROW[name].bit for name in values}
    items: list[Any] = []
    before: tuple[int, Any] = (-1, None)
    for row in ROWS:
        if row.bit in bits:
            value = values.get(row.name)
            items.append(item(value, before[1] if before[0] == row.bit else None, zero(row, values)))
            before = (row.bit, value)
    return [sum(1 << bit for bit in bits) + newer - 16, *items, *unknown(tail)]


def zero(row: Row, values: dict[str, Any]) -> int:
    if row.reference is None:
        return row.centre
    other = values.get(ROWS[row.reference].name)
    return row.centre + (other if isinstance(other, int) else ROWS[row.reference].centre)


def batch(said: Batch) -> list[Any]:
    series = [NUMBER[said.quantity], said.interval_s, said.age_s]
    usual = series == [NUMBER["distance"], 300, 0]
    items: list[Any] = [-17, said.number] if usual else [-22, said.number, series]
    last, before = ROW[said.quantity].centre, None
    for reading in said.readings:
        items.append(item(reading, before, last))
        before = reading
        last = reading if isinstance(reading, int) else last
    return items


def alarm(said: Alarm) -> list[Any]:
    mark = said.mark if said.quantity == "distance" else [NUMBER[said.quantity], said.mark]
    value = item(said.value, None, ROW[said.quantity].centre)
    return [-18, said.number, mark, value, said.rate, *([said.age_s] if said.age_s else [])]


def hello(said: Hello) -> list[Any]:
    return [-19, *said[:6], list(said.marks), *unknown(said.unknown)]


def unknown(tail: bytes) -> list[Any]:
    """The items of a CBOR sequence (RFC 8742)."""
    items = []
    at = 0
    while at < len(tail):
        items.append(cbor2.loads(tail[at:]))
        at += len(cbor2.dumps(items[-1], canonical=True))
    return items


_ITEMS = {
    Report: report,
    Batch: batch,
    Alarm: alarm,
    Hello: hello,
    Command: lambda said: [-20, said.token, *map(list, said.orders)],
    Answer: lambda said: [-21, said.token, *said.results],
}
