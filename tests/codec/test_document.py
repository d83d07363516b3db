"""Documents in and out, as the command line takes and gives them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codec import cbor, dialogue, message, report
from codec.desk import document, explain
from codec.message import ROWS
from codec.quantities import to_unit
from codec.registry import FAULTS
from codec.wire import WireError

VALUES = st.sampled_from(ROWS).flatmap(
    lambda row: st.tuples(
        st.just(row.name),
        st.integers(row.least, row.most).map(lambda steps: to_unit(row.name, steps))
        | st.sampled_from(FAULTS.split()),
    )
)


@given(st.lists(VALUES, max_size=12).map(dict))
def test_what_is_written_and_read_says_the_same(given: dict[str, float | str]) -> None:
    read = document.read(document.write(json.loads(json.dumps(given))))
    assert {**read["values"], **read["faults"]} == given
    assert (read["message"], read["unknown"]) == ("report", None)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"ph": 7}', "no such quantity: ph"),
        ('{"level": 1200}', "no quantity: level"),
        ('{"distance": 40001}', "distance cannot be 40001"),
        ('{"distance": null}', "distance: None is not a number"),
        ('{"distance": true}', "distance: True is not a number"),
        ('{"distance": NaN}', "no finite number"),
        ('{"distance": 1e400}', "no finite number"),
        ('{"distance": "asleep"}', "distance cannot be asleep"),
        ('{"orders": []}', "without orders"),
        ('{"orders": [{"order": "dance"}]}', "no such order: dance"),
        ('{"orders": [{"order": "interval"}]}', "interval takes quantity, sample_s, rising_s, report_s"),
        ('{"token": -1, "orders": [{"order": "reboot"}]}', "token is -1"),
        ('{"orders": [5]}', "an order is an object"),
        ('{"orders": 5}', "orders are a list"),
    ],
)
def test_what_cannot_be_written_is_refused_with_the_reason(line: str, reason: str) -> None:
    with pytest.raises(WireError, match=reason):
        document.write(json.loads(line))


def test_what_no_node_would_send_is_read_and_warned_of() -> None:
    too_far = cbor.encode((8 - 16, 90000 - 1654))
    assert document.read(too_far)["values"] == {"distance": 90000}
    assert document.warnings(message.decode(too_far)) == ["distance 90000 is out of range"]
    too_hot = cbor.encode((2 - 16, 900))
    assert explain.words(too_hot) == ["temperature 100.0 Cel", "temperature 100 is out of range"]
    newer = cbor.encode(((1 << 20) - 16, 1))
    assert document.warnings(message.decode(newer)) == ["a newer registry sent more than this decoder knows"]
    assert explain.words(bytes.fromhex("838102183f0b")) == ["schema 2 is newer than this decoder"]


def test_a_number_without_an_end_is_a_number() -> None:
    assert document.write({"temperature": 12.249999}) == report.encode({"temperature": 122})
    assert document.write({"distance": 1234.5}) == report.encode({"distance": 1235})


def test_words_say_what_is_faulty_missing_and_out_of_range() -> None:
    batch = dialogue.batch(65535, "distance", [1700, None, "no_echo"], 60)
    assert explain.words(batch) == [
        "3 readings of distance, one every 60 s, the last 0 s ago",
        "number 65535: distance 1700 mm",
        "number 0: no distance",
        "number 1: distance faulty: no_echo",
    ]
