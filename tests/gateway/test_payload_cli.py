"""`messfunk decode` and `messfunk encode`: one payload or a stream, in words, in bytes, in JSON."""

import json

import cbor2
import pytest
from typer.testing import CliRunner, Result

from codec.message import ROWS
from messfunk import main

CENTRE = {row.name: row.centre for row in ROWS}
BIT = {row.name: row.bit for row in ROWS}
# By cbor2, not by our own encoder.
REPORT = cbor2.dumps(
    [
        (1 << BIT["temperature"] | 1 << BIT["distance"]) - 16,
        123 - CENTRE["temperature"],
        1234 - CENTRE["distance"],
    ]
).hex()


def run(*words: str, given: str | None = None, code: int = 0) -> Result:
    done = CliRunner().invoke(main, words, input=given)
    assert done.exit_code == code, done.output
    return done


def test_a_payload_is_told_in_words() -> None:
    assert run("decode", REPORT).stdout.splitlines() == ["temperature 12.3 Cel", "distance 1234 mm"]


def test_a_payload_is_told_as_a_document_in_units() -> None:
    said = json.loads(run("decode", REPORT, "--fport", "1", "--json").stdout)
    assert said == {
        "message": "report",
        "values": {"temperature": 12.3, "distance": 1234},
        "faults": {},
        "unknown": None,
    }


def test_each_byte_is_explained() -> None:
    lines = run("decode", REPORT, "--explain").stdout.splitlines()
    assert "".join(line.split()[1] for line in lines) == REPORT
    assert "temperature 12.3 Cel" in lines[2]


@pytest.mark.parametrize("payload", ["", "00", "ff", "8518"])
def test_what_is_no_message_is_a_failure(payload: str) -> None:
    done = run("decode", payload, code=1)
    assert done.stdout == "" and done.stderr.startswith("messfunk: not a message of a node: ")


def test_mac_commands_are_not_taken_for_a_message() -> None:
    assert "FPort 0" in run("decode", REPORT, "--fport", "0", code=1).stderr


def test_what_is_not_hexadecimal_is_a_mistake_of_usage() -> None:
    assert "expected hexadecimal digits" in run("decode", "zz", code=2).stderr


def test_values_become_the_payload() -> None:
    assert run("encode", '{"distance": 1234, "temperature": 12.3}').stdout == REPORT + "\n"
    assert json.loads(run("encode", '{"distance": 1234, "temperature": 12.3}', "--json").stdout) == {
        "payload": REPORT
    }


@pytest.mark.parametrize(
    "values",
    ["[]", "{", '{"height": 3}', '{"distance": 99999}', '{"distance": "broken"}', '{"distance": []}'],
)
def test_values_that_cannot_be_sent_are_a_mistake_of_usage(values: str) -> None:
    done = run("encode", values, code=2)
    assert done.stdout == "" and done.stderr.startswith("messfunk: ")


def test_streams_go_line_by_line_and_a_bad_line_costs_only_itself() -> None:
    done = run("decode", given=f"{REPORT}\nzz\n{REPORT}\n", code=1)
    assert [bool(line) for line in done.stdout.splitlines()] == [True, False, True]
    assert "line 2" in done.stderr
    assert run("encode", given='{"distance": 1234, "temperature": 12.3}\n' * 2).stdout == f"{REPORT}\n" * 2
