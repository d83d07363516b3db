"""Batch, alarm, hello, command and answer, on both Pythons."""

from codec import cbor, dialogue, message
from codec.message import ROWS, Alarm, Answer, Batch, Command, Hello, Newer
from codec.wire import WireError

DISTANCE = [row.name for row in ROWS].index("distance")

FLOOD = [1700, 1698, 1650, None, 1500, "no_echo", "no_echo", "unstable", 1300, 1250, 1240, 1239]

NEWER_QUANTITY = cbor.encode((-22, 1, (len(ROWS), 60, 0), 5))

EXAMPLES = (
    (dialogue.batch(1200, "distance", FLOOD), Batch(1200, "distance", 300, 0, tuple(FLOOD))),
    (dialogue.batch(65535, "laeq", [480], 60, 7200), Batch(65535, "laeq", 60, 7200, (480,))),
    (dialogue.batch(0, "l90", [430, 431], 300, 11), Batch(0, "l90", 300, 11, (430, 431))),
    (
        dialogue.batch(7, "distance", [None, "stuck", 2000], 900),
        Batch(7, "distance", 900, 0, (None, "stuck", 2000)),
    ),
    (dialogue.alarm(1201, 2, 1240, -46), Alarm(1201, "distance", 2, 1240, -46, 0)),
    (dialogue.alarm(1202, 0, 1700, None, 600), Alarm(1202, "distance", 0, 1700, None, 600)),
    (dialogue.alarm(3, 1, "no_echo", 0), Alarm(3, "distance", 1, "no_echo", 0, 0)),
    (dialogue.alarm(3, 1, 900, 12, 0, "head"), Alarm(3, "head", 1, 900, 12, 0)),
    (
        dialogue.hello(0x000102, 2, 0b100010, 1, 3, (20, 1500, 1200)),
        Hello(message.SCHEMA, 0x000102, 2, 0b100010, 1, 3, (20, 1500, 1200), b""),
    ),
    (dialogue.hello(1, 0, 1, 0, 0, ()), Hello(1, 1, 0, 1, 0, 0, (), b"")),
    (cbor.encode((-20, 7, (5,), (3, 10, -20))), Command(7, ((5,), (3, 10, -20)))),
    (dialogue.answer(7, 0, 2), Answer(7, (0, 2))),
    (cbor.encode((-23,)), Newer("message -23", bytes.fromhex("8136"))),
    (NEWER_QUANTITY, Newer("quantity " + str(len(ROWS)), NEWER_QUANTITY)),
    (bytes.fromhex("838102183f0b"), Newer("schema 2", bytes.fromhex("838102183f0b"))),
)

# Cut short or bent messages: the items of each must be refused.
REFUSED = (
    (-17, 1),
    (-17, 1) + (0,) * 13,
    (-17, -1, 0),
    (-17, 65536, 0),
    (-17, None, 0),
    (-17, 1, ()),
    (-17, 1, (1,), (1,)),
    (-17, 1, (1, 2)),
    (-22, 1, (4, 60, 0)),
    (-22, 1, (4, 60, 0)) + (0,) * 13,
    (-22, 65536, (4, 60, 0), 0),
    (-22, 1, 4, 0),
    (-22, 1, None, 0),
    (-22, 1, (), 0),
    (-22, 1, (4, 60), 0),
    (-22, 1, (4, 300, 0), 0),
    (-22, 1, (4, 60, 10), 0),
    (-22, 1, (4, 0, 60), 0),
    (-22, 1, (4, -1, 60), 0),
    (-22, 1, (4, 60, None), 0),
    (-18, 1, 1, 1),
    (-18, 1, 1, 1, 1, 11, 1),
    (-18, 1, 1, 1, 1, 10),
    (-18, 1, 1, None, 1),
    (-18, 1, 1, (), 1),
    (-18, 1, 1, 1, (1,)),
    (-18, 1, 256, 1, 1),
    (-18, 1, (DISTANCE, 1), 1, 1),
    (-18, 1, (20,), 1, 1),
    (-18, None, 1, 1, 1),
    (-19, 1, 1, 1, 1, 1, 1),
    (-19, 1, 1, 1, 1, 1, 1, 1),
    (-19, 1, 1, 1, 1, 1, -1, ()),
    (-19, 1, 1, 1, 1, 1, 1, (None,)),
    (-20, 1),
    (-20, 1, 1),
    (-20, 1, ()),
    (-20, 1, (1, None)),
    (-20, None, (1,)),
    (-21, 1),
    (-21, 1, (1,)),
    (-21, 1, -1),
    (None,),
)


def refusal(do, *arguments):
    try:
        do(*arguments)
    except WireError as error:
        return str(error)
    raise AssertionError(arguments)


def test_each_example_comes_back():
    for payload, said in EXAMPLES:
        assert message.decode(payload) == said, payload.hex()
        assert type(message.decode(payload)) is type(said)


def test_no_prefix_is_read():
    for payload, said in EXAMPLES:
        if not isinstance(said, Newer):
            for size in range(len(payload)):
                refusal(message.decode, payload[:size])


def test_what_is_bent_is_refused():
    for items in REFUSED:
        refusal(message.decode, cbor.encode(items))


def test_an_array_in_slot_0_names_a_newer_schema():
    for text, what in (("818102", "2"), ("82810300", "3"), ("838202f9", "2"), ("9818811863", "99")):
        payload = bytes.fromhex(text) + bytes(30)
        assert message.decode(payload) == Newer("schema " + what, payload)
    for text in ("8180", "818101", "818100", "818120", "8181f6", "818181ff"):
        assert "schema" in refusal(message.decode, bytes.fromhex(text))
    for text in ("", "81", "8181", "819f02ff", "9f8102ff", "81811802", "9801810200"):
        refusal(message.decode, bytes.fromhex(text))


def test_what_newer_firmware_adds_to_a_hello_is_kept():
    said = message.decode(cbor.encode((-19, 2, 5, 1, 1, 0, 1, (), 7, (1, 2))))
    assert (said.schema, said.unknown) == (2, bytes.fromhex("07820102"))


def test_a_node_reads_the_orders_of_a_command():
    payload = cbor.encode((-20, 255, (5,), (2, 20, 1500, 1200)))
    assert dialogue.command(payload) == (255, (5,), (2, 20, 1500, 1200))
    for size in range(len(payload)):
        refusal(dialogue.command, payload[:size])
    for items in (
        (),
        (-20,),
        (-20, 1),
        (-20, None, (5,)),
        (-20, 1, 5),
        (-20, 1, ()),
        (-20, 1, (None,)),
        (0, 1, (5,)),
    ):
        refusal(dialogue.command, cbor.encode(items))


def test_a_reading_out_of_range_is_refused_by_the_encoder():
    for readings in ([1700, 40001], [-1], ["asleep"], [12.5]):
        assert "distance" in refusal(dialogue.batch, 1, "distance", readings)
    assert "distance" in refusal(dialogue.alarm, 1, 1, 40001, 0)


def test_a_fresh_age_goes_without_saying():
    assert dialogue.batch(1, "distance", [1700], 300, 10) == dialogue.batch(1, "distance", [1700])
    assert dialogue.alarm(1, 1, 1700, 0, 10) == dialogue.alarm(1, 1, 1700, 0)


def transcript():
    return [payload.hex() for payload, _ in EXAMPLES] + [
        refusal(message.decode, cbor.encode(items)) for items in REFUSED
    ]
