"""The payload before an independent encoder, the RFC's own examples, and what hypothesis comes up with."""

from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codec import cbor, message, report
from codec.desk.generate.examples import EXAMPLES
from codec.message import ROWS, Alarm, Answer, Batch, Command, Hello, Report
from codec.registry import FAULTS
from codec.wire import WireError
from tests.codec import reference

INT32 = st.integers(-(1 << 32), (1 << 32) - 1)
UINT32 = st.integers(0, (1 << 32) - 1)
SCALAR = st.none() | INT32
ITEM = SCALAR | st.lists(SCALAR, max_size=5).map(tuple)
NAME = st.sampled_from([row.name for row in ROWS])
FAULT = st.sampled_from(FAULTS.split())


def in_range(name: str) -> st.SearchStrategy[int]:
    row = reference.ROW[name]
    return st.integers(row.least, row.most)


@st.composite
def reports(draw: st.DrawFn) -> dict[str, Any]:
    return {name: draw(in_range(name) | FAULT) for name in draw(st.lists(NAME, unique=True))}


@st.composite
def messages(draw: st.DrawFn) -> Any:
    name = draw(NAME)
    age_s = draw(st.just(0) | st.integers(11, (1 << 32) - 1))
    number = draw(st.integers(0, 0xFFFF))
    readings = draw(st.lists(st.none() | in_range(name) | FAULT, min_size=1, max_size=12))
    order = st.lists(INT32, min_size=1, max_size=6).map(tuple)
    return draw(
        st.one_of(
            st.builds(Report, reports(), st.just((0, b""))),
            st.builds(
                Batch,
                st.just(number),
                st.just(name),
                st.integers(1, 86400),
                st.just(age_s),
                st.just(tuple(readings)),
            ),
            st.builds(
                Alarm,
                st.just(number),
                st.just(name),
                st.integers(0, 255),
                in_range(name) | FAULT,
                st.none() | INT32,
                st.just(age_s),
            ),
            st.builds(Hello, *[UINT32] * 6, st.lists(UINT32).map(tuple), st.just(b"")),
            st.builds(Command, UINT32, st.lists(order, min_size=1).map(tuple)),
            st.builds(Answer, UINT32, st.lists(UINT32, min_size=1).map(tuple)),
        )
    )


@given(st.lists(ITEM).map(tuple))
def test_cbor2_writes_and_reads_the_same_bytes(items: tuple[Any, ...]) -> None:
    payload = cbor.encode(items)
    assert payload == cbor2.dumps(items, canonical=True)
    assert cbor.decode(payload) == items
    assert cbor2.loads(payload) == [list(each) if isinstance(each, tuple) else each for each in items]


@given(reports())
def test_the_reference_writes_the_same_report(values: dict[str, Any]) -> None:
    payload = report.encode(values)
    assert payload == reference.payload(Report(values, (0, b"")))


@given(messages())
def test_what_the_reference_writes_is_read_as_it_was_meant(said: Any) -> None:
    assert message.decode(reference.payload(said)) == said


@given(messages(), st.data())
def test_a_bent_message_is_refused_or_means_just_what_it_says(said: Any, data: st.DataObject) -> None:
    payload = bytearray(reference.payload(said))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(payload) - 1))
        payload[at : at + data.draw(st.integers(0, 1))] = data.draw(st.binary(max_size=2))
    assert_refused_or_exact(bytes(payload))


@given(st.binary(max_size=70))
def test_any_bytes_are_refused_or_mean_just_what_they_say(payload: bytes) -> None:
    assert_refused_or_exact(payload)


def assert_refused_or_exact(payload: bytes) -> None:
    try:
        said = message.decode(payload)
    except WireError as error:
        assert 0 <= error.at <= len(payload)
    else:
        assert reference.payload(said) == payload


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.title)
def test_each_example_is_what_the_reference_writes(example: Any) -> None:
    assert reference.payload(message.decode(example.payload)) == example.payload


def test_1000_valid_frames_cut_anywhere_are_refused() -> None:
    cuts = 0
    for number in range(1000):
        values = {
            row.name: row.least + number * 7919 % (row.most - row.least + 1) for row in ROWS[number % 7 :: 5]
        }
        payload = report.encode(dict(values))
        for size in range(len(payload)):
            with pytest.raises(WireError):
                message.decode(payload[:size])
            cuts += 1
    assert cuts > 10_000


def test_a_deep_or_long_or_lying_payload_costs_no_more_than_its_length() -> None:
    for payload in (
        b"\x81" * 1_000_000,
        b"\xc1" * 1_000_000,
        b"\x9a\x7f\xff\xff\xff",
        b"\x81\x9a\x7f\xff\xff\xff",
    ):
        with pytest.raises(WireError):
            message.decode(payload)


# RFC 8949 appendix A: of the arrays and of single items put into one, just our subset is accepted.
APPENDIX_A = [
    ("00", 0), ("01", 1), ("0a", 10), ("17", 23), ("1818", 24), ("1819", 25), ("1864", 100), ("1903e8", 1000),
    ("1a000f4240", 1000000), ("20", -1), ("29", -10), ("3863", -100), ("3903e7", -1000), ("f6", None),
    ("80", ()), ("83010203", (1, 2, 3)),
]  # fmt: skip


@pytest.mark.parametrize(("text", "value"), APPENDIX_A)
def test_what_is_ours_of_appendix_a_is_accepted(text: str, value: Any) -> None:
    assert cbor.decode(bytes.fromhex("81" + text)) == (value,)
