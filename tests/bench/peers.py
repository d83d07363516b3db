"""How large the same reports are in other formats, each used as its users use it."""

import json
import statistics
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from typing import Any

import cbor2
import msgpack
from cayennelpp import LppFrame
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from codec.message import ROWS
from codec.quantities import QUANTITIES, to_unit

# RFC 8428 section 6: labels in CBOR.
_SENML = {"bn": -2, "bt": -3, "n": 0, "u": 1, "v": 2, "t": 6}
# RFC 8428 and 8798.
_SENML_UNITS = {"ug/m3": "ug/m3", "%": "%RH"}
_STEP_S = 300


def in_units(values: dict[str, Any]) -> dict[str, Any]:
    """Numbers in units as in JSON; a fault is its name."""
    return {name: value if isinstance(value, str) else to_unit(name, value) for name, value in values.items()}


def levels(readings: list[Any]) -> dict[str, Any]:
    """A batch by columns, which is the shortest way to say it in JSON."""
    return {"dt": _STEP_S, "distance": readings}


def cayenne_lpp(values: dict[str, Any]) -> bytes:
    """CayenneLPP has no noise and no dust: they go as analog values."""
    frame = LppFrame()
    adders = {
        "distance": lambda channel, value: frame.add_distance(channel, value / 1000),
        "temperature": frame.add_temperature,
        "humidity": frame.add_humidity,
        "battery": frame.add_voltage,
    }
    for channel, (name, value) in enumerate(in_units(values).items()):
        if isinstance(value, str):
            frame.add_digital_input(channel, 0)
        else:
            adders.get(name, frame.add_analog_input)(
                channel, min(value, 327.67) if name not in adders else value
            )
    return bytes(frame)


def cayenne_batch(readings: list[Any]) -> bytes:
    """Twelve channels: CayenneLPP knows no time but that of the frame."""
    frame = LppFrame()
    for channel, reading in enumerate(readings):
        if isinstance(reading, int):
            frame.add_distance(channel, reading / 1000)
    return bytes(frame)


def senml_cbor(values: dict[str, Any]) -> bytes:
    records = []
    for name, value in in_units(values).items():
        unit = QUANTITIES[name].unit
        record = {_SENML["n"]: name, _SENML["u"]: _SENML_UNITS.get(unit, unit), _SENML["v"]: value}
        records.append(record)
    return cbor2.dumps(records, canonical=True)


def senml_batch(readings: list[Any]) -> bytes:
    records: list[dict[int, Any]] = [
        {_SENML["t"]: -_STEP_S * (len(readings) - 1 - place), _SENML["v"]: reading}
        for place, reading in enumerate(readings)
    ]
    records[0].update({_SENML["bn"]: "distance", _SENML["u"]: "mm"})
    return cbor2.dumps(records, canonical=True)


@cache
def _protobuf() -> Any:
    """A proto3 message: sint32 in steps for each quantity by its number, and packed deltas for a batch."""
    file = descriptor_pb2.FileDescriptorProto(name="report.proto", package="bench", syntax="proto3")
    made = file.message_type.add(name="Report")
    for number, row in enumerate(ROWS):
        made.field.add(name=row.name, number=number + 1, type=17, label=1)  # optional sint32
    made.field.add(name="deltas", number=len(ROWS) + 1, type=17, label=3)  # repeated sint32
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("bench.Report"))


def protobuf(values: dict[str, Any]) -> bytes:
    steps = {name: value for name, value in values.items() if isinstance(value, int)}
    encoded: bytes = _protobuf()(**steps).SerializeToString()
    return encoded


def protobuf_batch(number: int, readings: list[Any]) -> bytes:
    known = [reading for reading in readings if isinstance(reading, int)]
    deltas = [after - before for before, after in pairwise(known)]
    encoded: bytes = _protobuf()(number=number, distance=known[0], deltas=deltas).SerializeToString()
    return encoded


def compact(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


Encoders = tuple[Callable[[dict[str, Any]], bytes], Callable[[int, list[Any]], bytes]]


def mean(encoders: Encoders) -> Callable[[Any], float]:
    """The mean size of a row of the benchmark, a batch or reports."""
    one, batch = encoders

    def of(row: Any) -> float:
        if hasattr(row, "batches"):
            return statistics.mean(len(batch(number, readings)) for number, readings in row.batches)
        return statistics.mean(len(one(values)) for values in row.reports)

    return of


PEERS: list[tuple[str, Callable[[Any], float]]] = [
    ("CayenneLPP", mean((cayenne_lpp, lambda _, readings: cayenne_batch(readings)))),
    ("SenML-CBOR", mean((senml_cbor, lambda _, readings: senml_batch(readings)))),
    (
        "MessagePack",
        mean((lambda v: msgpack.packb(in_units(v)), lambda n, r: msgpack.packb({"n": n, **levels(r)}))),
    ),
    ("JSON", mean((lambda v: compact(in_units(v)), lambda n, r: compact({"n": n, **levels(r)})))),
    ("protobuf", mean((protobuf, protobuf_batch))),
]
