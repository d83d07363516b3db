"""A payload in words: what it says, and which of its bytes says what."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from codec import cbor, message
from codec.desk.document import code_name, document, ones, quantities_of, warnings
from codec.desk.orders import ORDERS, named
from codec.desk.words import FEATURES, RESULTS, STATUS
from codec.message import ROWS, Alarm, Answer, Batch, Command, Hello, Newer, Report, Row
from codec.quantities import QUANTITIES, to_unit
from codec.wire import Reader

_BIAS = 16
_ARRAY = 0x80
_USUAL_BATCH = -17
_ROW = {row.name: row for row in ROWS}


class Line(NamedTuple):
    """An item of a payload: its offset, its bytes, the bits of the first of them, and what it says."""

    at: int
    content: bytes
    bits: str
    text: str


def words(payload: bytes) -> list[str]:
    """What a payload says."""
    said = message.decode(payload)
    return [*_WORDS[type(said)](said), *warnings(said)]


def explain(payload: bytes) -> list[Line]:
    """What each item of a payload says."""
    said = message.decode(payload)
    reader = Reader(payload)
    _, count = cbor.get_head(reader)
    lines = [_line(payload, 0, reader.at, f"an array of {count} items")]
    if isinstance(said, Newer):
        return [*lines, _line(payload, reader.at, len(payload), f"{said.what}, newer than this decoder")]
    for text in _ITEMS[type(said)](said, cbor.decode(payload)):
        start = reader.at
        major, inner = cbor.get_head(reader)
        for _ in range(inner if major == _ARRAY else 0):
            cbor.get_head(reader)
        lines.append(_line(payload, start, reader.at, text))
    return lines


def _line(payload: bytes, start: int, end: int, text: str) -> Line:
    first = payload[start]
    return Line(start, payload[start:end], f"{first >> 5:03b} {first & 0x1F:05b}", text)


def shown(name: str, value: "int | str | None") -> str:
    """A value with its unit, or what there is in its place."""
    if value is None:
        return f"no {name}"
    if isinstance(value, str):
        return f"{name} faulty: {value}"
    return f"{name} {to_unit(name, value)} {QUANTITIES[name].unit}".rstrip()


def _words_of_report(said: Report) -> Iterator[str]:
    for name, value in said.values.items():
        yield shown(name, value)
    status = said.values.get("status", 0)
    for bit in ones(status) if isinstance(status, int) else ():
        yield "status: " + dict(enumerate(STATUS.values())).get(bit, f"bit {bit}")


def _words_of_batch(said: Batch) -> Iterator[str]:
    yield (
        f"{len(said.readings)} readings of {said.quantity}, one every {said.interval_s} s,"
        f" the last {said.age_s} s ago"
    )
    for place, reading in enumerate(said.readings):
        yield f"number {said.number + place & 0xFFFF}: {shown(said.quantity, reading)}"


def _words_of_alarm(said: Alarm) -> Iterator[str]:
    yield f"mark {said.mark} reached" if said.mark else "no mark reached any more"
    yield f"{shown(said.quantity, said.value)}, number {said.number}, {said.age_s} s ago"
    if said.rate is not None:
        unit = QUANTITIES[said.quantity].unit
        yield f"changing by {to_unit(said.quantity, said.rate)} {unit} per minute"


def _words_of_hello(said: Hello) -> Iterator[str]:
    known = document(said)
    yield f"board {known['board']}, firmware {known['firmware']}, schema {said.schema}"
    yield f"started because of {known['reset_cause']}"
    yield f"can measure {', '.join(known['capabilities'])}"
    for feature in known["features"]:
        yield FEATURES.get(feature, feature)
    marks = ", ".join(str(mark) for mark in known["marks"])
    yield f"marks {marks}, hysteresis {known['hysteresis']}" if said.marks else "no marks in force"


def _words_of_command(said: Command) -> Iterator[str]:
    yield f"command {said.token}"
    for order in said.orders:
        yield _order(order)


def _words_of_answer(said: Answer) -> Iterator[str]:
    yield f"answer to command {said.token}: " + ", ".join(document(said)["results"])


def _order(coded: tuple[int, ...]) -> str:
    order = named(coded)
    arguments = ", ".join(f"{name} {value}" for name, value in order.items() if name != "order")
    text = ORDERS[order["order"]].text if order["order"] in ORDERS else "of a newer schema"
    return f"{order['order']} ({text})" + (f": {arguments}" if arguments else "")


def _value(row: Row, item: Any, value: "int | str | None") -> str:
    """What an item says that stands for a value."""
    if isinstance(item, int) and isinstance(value, int):
        return f"{item} + {value - item} = {value}: {shown(row.name, value)}"
    if item == ():
        return f"the same fault again: {shown(row.name, value)}"
    return ("null" if item is None else f"fault {item[0]}") + f": {shown(row.name, value)}"


def _items_of_report(said: Report, items: tuple[Any, ...]) -> Iterator[str]:
    bitmap = items[0] + _BIAS
    groups = (f"bit {bit} {' '.join(quantities_of(bit))}" for bit in ones(bitmap))
    yield f"{items[0]} + {_BIAS} = {bitmap:#b}: {', '.join(groups)}"
    present = [row for row in ROWS if bitmap >> row.bit & 1]
    for row, item in zip(present, items[1:]):
        text = _value(row, item, said.values.get(row.name))
        yield text if row.reference is None else f"{text}, relative to {ROWS[row.reference].name}"
    for _ in items[1 + len(present) :]:
        yield "of a newer registry, kept as it is"


def _items_of_batch(said: Batch, items: tuple[Any, ...]) -> Iterator[str]:
    series = f"{said.quantity}, one every {said.interval_s} s, the last {said.age_s} s ago"
    yield f"{items[0]}: a batch" + (f" of {series}" if items[0] == _USUAL_BATCH else "")
    yield f"running number {said.number} of the first reading"
    if items[0] != _USUAL_BATCH:
        yield f"readings of {series}"
    for item, reading in zip(items[-len(said.readings) :], said.readings):
        yield _value(_ROW[said.quantity], item, reading)


def _items_of_alarm(said: Alarm, items: tuple[Any, ...]) -> Iterator[str]:
    yield f"{items[0]}: an alarm"
    yield f"running number {said.number}"
    yield f"mark {said.mark} of {said.quantity}"
    yield _value(_ROW[said.quantity], items[3], said.value)
    yield "no rate" if said.rate is None else f"changing by {said.rate} steps per minute"
    if said.age_s:
        yield f"{said.age_s} s ago"


def _items_of_hello(said: Hello, items: tuple[Any, ...]) -> Iterator[str]:
    known = document(said)
    yield f"{items[0]}: a hello"
    yield f"schema {said.schema}"
    yield f"firmware {known['firmware']}"
    yield f"board {known['board']}"
    yield f"capabilities {said.capabilities:#b}: {', '.join(known['capabilities'])}"
    yield f"features {said.features:#b}: {', '.join(known['features']) or 'none'}"
    yield f"reset cause {known['reset_cause']}"
    yield f"hysteresis and marks: {said.marks}" if said.marks else "no marks in force"
    for _ in items[8:]:
        yield "of newer firmware, kept as it is"


def _items_of_command(said: Command, items: tuple[Any, ...]) -> Iterator[str]:
    yield f"{items[0]}: a command"
    yield f"token {said.token}"
    for order in said.orders:
        yield _order(order)


def _items_of_answer(said: Answer, items: tuple[Any, ...]) -> Iterator[str]:
    yield f"{items[0]}: an answer"
    yield f"token {said.token}"
    for result in said.results:
        yield code_name(result, RESULTS, "result")


_WORDS: dict[Any, Callable[[Any], Iterator[str]]] = {
    Report: _words_of_report,
    Batch: _words_of_batch,
    Alarm: _words_of_alarm,
    Hello: _words_of_hello,
    Command: _words_of_command,
    Answer: _words_of_answer,
    Newer: lambda said: iter(()),
}
_ITEMS: dict[Any, Callable[[Any, tuple[Any, ...]], Iterator[str]]] = {
    Report: _items_of_report,
    Batch: _items_of_batch,
    Alarm: _items_of_alarm,
    Hello: _items_of_hello,
    Command: _items_of_command,
    Answer: _items_of_answer,
}
