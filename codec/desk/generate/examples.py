"""Messages of every kind, for the wire-format page and the test vectors."""

from typing import NamedTuple

from codec import cbor, dialogue, report
from codec.desk.orders import command
from codec.desk.words import BOARDS, FPORTS

_NEWER_BIT = 1 << 20


class Example(NamedTuple):
    """A message, the kind whose port it comes on, and its payload."""

    title: str
    kind: str
    payload: bytes

    @property
    def fport(self) -> int:
        return FPORTS[self.kind]


EXAMPLES = (
    Example("A creek", "report", report.encode({"distance": 1234, "temperature": 123})),
    Example("A street", "report", report.encode({"laeq": 613, "lafmax": 789, "l10": 642, "l90": 521})),
    Example(
        "Dust, with what its correction needs",
        "report",
        report.encode({"pm25": 84, "pm10": 127, "temperature": 123, "humidity": 71}),
    ),
    Example(
        "Everything at once",
        "report",
        report.encode(
            {
                "distance": 1234,
                "temperature": 123,
                "humidity": 71,
                "pm1": 61,
                "pm25": 84,
                "pm4": 90,
                "pm10": 127,
                "laeq": 613,
                "lafmax": 789,
                "l10": 642,
                "l90": 521,
                "battery": 371,
            }
        ),
    ),
    Example(
        "Faults: no echo, a silent dust sensor, and its PM4 never fitted",
        "report",
        report.encode({"distance": "no_echo", "pm25": "no_answer", "pm10": "no_answer", "pm1": 12}),
    ),
    Example(
        "Held back for seven minutes, with its number in the journal",
        "report",
        report.encode({"distance": 1234, "number": 4711, "age_s": 420}),
    ),
    Example(
        "Rain, pressure, battery and status",
        "report",
        report.encode({"rain": 12, "rain_total": 31415, "pressure": 9871, "battery": 318, "status": 2}),
    ),
    Example(
        "From a newer registry: bit 20 is unknown here",
        "report",
        cbor.encode(((1 << 3 | _NEWER_BIT) - 16, -420, 7, (3,))),
    ),
    Example(
        "An hour of a flood, with a gap",
        "batch",
        dialogue.batch(
            4700,
            "distance",
            [1650, 1647, 1601, None, 1480, 1433, 1390, 1388, 1377, 1370, 1371, 1372],
        ),
    ),
    Example(
        "Readings from the journal, sent 6 hours later",
        "batch",
        dialogue.batch(120, "laeq", [512, "overload", "overload", 540], 600, 21600),
    ),
    Example("The second mark is reached", "alarm", dialogue.alarm(4712, 2, 1180, -46)),
    Example("No mark is reached any more", "alarm", dialogue.alarm(4790, 0, 1702, 3, 25)),
    Example(
        "A node starts",
        "hello",
        dialogue.hello(0x000100, BOARDS.index("heltec_v3"), 0b1001010, 0b101, 1, (20, 1400, 1200, 900)),
    ),
    Example("A node that knows no marks", "hello", dialogue.hello(0x000100, 0, 0b10000, 0b10, 3, ())),
    Example(
        "New marks and intervals, then a restart",
        "command",
        command(
            7,
            [
                {"order": "marks", "hysteresis": 20, "marks": [1400, 1200, 900]},
                {
                    "order": "interval",
                    "quantity": "distance",
                    "sample_s": 300,
                    "rising_s": 60,
                    "report_s": 900,
                },
                {"order": "reboot"},
            ],
        ),
    ),
    Example(
        "Readings are missing",
        "command",
        command(8, [{"order": "journal", "quantity": "distance", "first": 4700, "count": 12}]),
    ),
    Example("Done, and one argument was bad", "answer", dialogue.answer(7, 0, 2, 0)),
    Example("A newer schema", "report", bytes.fromhex("838102183f0b")),
)
