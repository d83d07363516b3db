"""codec/decoder.js in Node and QuickJS says what our own decoder says, and refuses what it refuses."""

import json
import random
import re
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from codec import message, report
from codec.desk.generate.examples import EXAMPLES
from codec.desk.generate.vectors import decoded
from codec.wire import WireError
from tests.codec.fuzz import bent, short_inputs
from tests.codec.javascript import DECODER, ROOT, asked, in_node, in_quickjs, uplinks
from tests.shared.test_report import random_reports

Engine = Callable[[list[str]], list[Any]]
ENGINES = [in_node, in_quickjs]
VECTORS = ROOT / "codec/vectors"


def said(payload: bytes) -> Any:
    """What Python makes of a payload, in the decoder's words; None for a refusal."""
    try:
        return decoded(payload)
    except WireError:
        return None


def same(answers: list[Any], payloads: list[bytes]) -> None:
    assert len(answers) == len(payloads)
    for answer, payload in zip(answers, payloads, strict=True):
        expected = said(payload)
        if expected is None:
            assert list(answer) == ["errors"], payload.hex()
        else:
            assert answer == expected, payload.hex()


@pytest.mark.parametrize("engine", ENGINES)
def test_both_engines_pass_the_vectors_of_chirpstack(engine: Engine) -> None:
    for name, do in (
        ("test_decode_messfunk.json", "decodeUplink"),
        ("test_encode_messfunk.json", "encodeDownlink"),
    ):
        vectors = json.loads((VECTORS / name).read_text())
        assert vectors
        assert engine(asked(do, (vector["input"] for vector in vectors))) == [
            each["expected"] for each in vectors
        ]


@pytest.mark.parametrize("engine", ENGINES)
def test_both_engines_pass_the_vectors_of_the_things_network(engine: Engine) -> None:
    codec = yaml.safe_load((VECTORS / "messfunk-codec.yaml").read_text())
    functions = {
        "uplinkDecoder": "decodeUplink",
        "downlinkEncoder": "encodeDownlink",
        "downlinkDecoder": "decodeDownlink",
    }
    assert codec.keys() == functions.keys()
    for part, do in functions.items():
        assert codec[part]["fileName"] == "decoder.js"
        examples = codec[part]["examples"]
        assert engine(asked(do, (each["input"] for each in examples))) == [
            each["output"] for each in examples
        ]


@pytest.mark.parametrize("engine", ENGINES)
def test_random_reports_are_read_alike(engine: Engine) -> None:
    payloads = [report.encode(values) for values in random_reports(1000)]
    same(engine(uplinks(payloads)), payloads)


@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_bent_or_short_is_refused_alike(engine: Engine) -> None:
    chance = random.Random(20261122)
    payloads = [example.payload for example in EXAMPLES] + [bent(chance) for _ in range(2000)]
    payloads += chance.sample(list(short_inputs(2)), 2000)
    assert sum(said(payload) is not None for payload in payloads) > 100
    same(engine(uplinks(payloads)), payloads)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_command_that_makes_no_sense_is_refused(engine: Engine) -> None:
    orders: list[Any] = [
        [],
        None,
        [{}],
        [{"order": "dance"}],
        [{"order": "toString"}],
        [{"order": "reboot", "now": 1}],
        [{"order": "marks", "hysteresis": 20}],
        [{"order": "marks", "hysteresis": 20, "marks": list(range(8))}],
        [{"order": "marks", "hysteresis": 20, "marks": 1200}],
        [{"order": "marks", "hysteresis": -1, "marks": []}],
        [{"order": "confirm", "policy": 1.5}],
        [{"order": "confirm", "policy": "1"}],
        [{"order": "offset", "quantity": "level", "steps": 1}],
    ]
    answers = engine(asked("encodeDownlink", ({"data": {"token": 1, "orders": each}} for each in orders)))
    assert [list(answer) for answer in answers] == [["errors"]] * len(orders)


def test_it_is_es5_without_what_the_servers_lack() -> None:
    parsed = subprocess.run(
        ["node", "node_modules/acorn/bin/acorn", "--ecma5", "--silent", "codec/decoder.js"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert parsed.returncode == 0, parsed.stderr
    assert not re.search(r"\b(BigInt|TextDecoder|Buffer|require|import|module|console)\b", DECODER)


def test_the_check_for_es5_sees_newer_words() -> None:
    newer = subprocess.run(
        ["node", "node_modules/acorn/bin/acorn", "--ecma5", "--silent"],
        cwd=ROOT,
        input="const f = () => 1;",
        capture_output=True,
        text=True,
    )
    assert newer.returncode != 0


def test_messages_of_every_kind_are_among_the_vectors() -> None:
    kinds = {type(message.decode(example.payload)) for example in EXAMPLES}
    assert {kind.__name__ for kind in kinds} == {
        "Report", "Batch", "Alarm", "Hello", "Command", "Answer", "Newer",
    }  # fmt: skip
