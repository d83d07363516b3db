"""Messages as JSON documents in units, as `messfunk decode --json` prints and decoder.js returns them."""

from collections.abc import Callable, Sequence
from typing import Any

from codec import message, report
from codec.desk.orders import command, named
from codec.desk.words import BOARDS, FEATURES, RESET_CAUSES, RESULTS
from codec.message import ROWS, Alarm, Answer, Batch, Command, Hello, Newer, Report
from codec.quantities import in_range, to_steps, to_unit


def read(payload: bytes) -> dict[str, Any]:
    """The document of a payload."""
    return document(message.decode(payload))


def write(given: dict[str, Any]) -> bytes:
    """The payload of a report, {"distance": 1234, "pm25": "no_answer"}, or of a command with its "orders"."""
    if "orders" in given:
        return command(given.get("token", 0), given["orders"])
    return report.encode(
        {name: value if isinstance(value, str) else to_steps(name, value) for name, value in given.items()}
    )


def document(said: Any) -> dict[str, Any]:
    """The document of a message. What is not known is None, never absent."""
    kind = type(said)
    return {"message": kind.__name__.lower(), **_DOCUMENTS[kind](said)}


def warnings(said: Any) -> list[str]:
    """What no node would have sent, and what only a newer decoder could read."""
    if isinstance(said, Newer):
        return [f"{said.what} is newer than this decoder"]
    found = [
        f"{name} {str(to_unit(name, value)).removesuffix('.0')} is out of range"
        for name, value in _values(said)
        if isinstance(value, int) and not in_range(name, value)
    ]
    if isinstance(said, Report) and said.unknown[0]:
        found.append("a newer registry sent more than this decoder knows")
    return found


def _values(said: Any) -> list[tuple[str, Any]]:
    if isinstance(said, Report):
        return list(said.values.items())
    if isinstance(said, Batch):
        return [(said.quantity, reading) for reading in said.readings]
    return [(said.quantity, said.value)] if isinstance(said, Alarm) else []


def _report(said: Report) -> dict[str, Any]:
    bits, items = said.unknown
    return {
        "values": {
            name: to_unit(name, value) for name, value in said.values.items() if isinstance(value, int)
        },
        "faults": {name: value for name, value in said.values.items() if isinstance(value, str)},
        "unknown": {"bits": ones(bits), "items": items.hex()} if bits else None,
    }


def _batch(said: Batch) -> dict[str, Any]:
    return {
        "quantity": said.quantity,
        "number": said.number,
        "interval_s": said.interval_s,
        "age_s": said.age_s,
        "readings": [_value(said.quantity, reading) for reading in said.readings],
    }


def _alarm(said: Alarm) -> dict[str, Any]:
    return {
        "quantity": said.quantity,
        "number": said.number,
        "mark": said.mark,
        **_value(said.quantity, said.value),
        "rate": None if said.rate is None else to_unit(said.quantity, said.rate),
        "age_s": said.age_s,
    }


def _hello(said: Hello) -> dict[str, Any]:
    version = said.firmware
    return {
        "schema": said.schema,
        "firmware": f"{version >> 16}.{version >> 8 & 0xFF}.{version & 0xFF}",
        "board": code_name(said.board, BOARDS, "board"),
        "capabilities": [name for bit in ones(said.capabilities) for name in quantities_of(bit)],
        "features": [code_name(bit, tuple(FEATURES), "feature") for bit in ones(said.features)],
        "reset_cause": code_name(said.reset_cause, RESET_CAUSES, "reset_cause"),
        "hysteresis": said.marks[0] if said.marks else None,
        "marks": list(said.marks[1:]),
        "unknown": said.unknown.hex() or None,
    }


def _command(said: Command) -> dict[str, Any]:
    return {"token": said.token, "orders": [named(order) for order in said.orders]}


def _answer(said: Answer) -> dict[str, Any]:
    return {"token": said.token, "results": [code_name(code, RESULTS, "result") for code in said.results]}


def _newer(said: Newer) -> dict[str, Any]:
    return {"what": said.what}


def _value(name: str, value: "int | str | None") -> dict[str, Any]:
    if isinstance(value, int):
        return {"value": to_unit(name, value), "fault": None}
    return {"value": None, "fault": value}


def code_name(code: int, names: Sequence[str], what: str) -> str:
    """The name of a code, made up where the code is newer than we are."""
    return names[code] if code < len(names) else f"{what}_{code}"


def quantities_of(bit: int) -> list[str]:
    """The quantities of a bit of the registry."""
    return [row.name for row in ROWS if row.bit == bit] or [f"bit_{bit}"]


def ones(bits: int) -> list[int]:
    """The numbers of the bits that are set."""
    return [bit for bit in range(bits.bit_length()) if bits >> bit & 1]


_DOCUMENTS: dict[Any, Callable[[Any], dict[str, Any]]] = {
    Report: _report,
    Batch: _batch,
    Alarm: _alarm,
    Hello: _hello,
    Command: _command,
    Answer: _answer,
    Newer: _newer,
}
