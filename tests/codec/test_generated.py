"""What follows from the registry is as the registry has it, and its examples run."""

import json
import re
from collections.abc import Callable
from importlib import resources
from typing import Any

import cbor2
import pytest

from codec import message
from codec.desk import document, explain
from codec.desk.generate import FILES
from codec.desk.generate.examples import EXAMPLES
from codec.quantities import UNITS
from codec.registry import FAULTS
from tests.codec.javascript import ROOT, in_node, uplinks

PAGE = (ROOT / "codec/README.md").read_text(encoding="utf-8")
# Title, payload, the lines of bytes, the document.
ON_THE_PAGE = re.findall(r"\*\*(.+)\*\*, \d+ bytes .+: `(\w+)`\n\n((?:    .+\n)+)\n```json\n(.+)\n```", PAGE)

BENT = (
    [], [None], [-17, 1], [-17, 1, *[0] * 13], [-17, 70000, 0], [-22, 1, [99, 60, 0], 1], [-22, 1, 4, 1],
    [-22, 1, [4, 60, 5], 1], [0, 1.5], [0, "x"], [0, [1, 2]], [0, {}], [-18, 1, 1, None, 1],
    [-18, 1, 1, 1, 1, 5], [-19, 1], [-20, 1], [-20, 1, []], [-21, 1], [-23], [[1]],
)  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_generated_file_is_not_stale(name: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8") == FILES[name](), "run: make generate"


def test_every_example_stands_on_the_page() -> None:
    assert [title for title, *_ in ON_THE_PAGE] == [example.title for example in EXAMPLES]


@pytest.mark.parametrize(("title", "payload", "lines", "shown"), ON_THE_PAGE)
def test_an_example_of_the_page_runs(title: str, payload: str, lines: str, shown: str) -> None:
    content = bytes.fromhex(payload)
    assert document.read(content) == json.loads(shown)
    assert in_node(uplinks([content]))[0]["data"] == json.loads(shown)
    # The bytes of the lines, one below the other, are the payload.
    assert "".join(re.findall(r"^    ((?:[0-9a-f]{2} )+)", lines, re.MULTILINE)).replace(" ", "") == payload
    for line, each in zip(lines.splitlines(), explain.explain(content), strict=True):
        assert line.split(None, len(each.content))[-1] == each.text


def test_the_first_example_of_the_page_is_the_first_below() -> None:
    first = re.search(r"^    ((?:[0-9a-f]{2} ?)+)$", PAGE, re.MULTILINE)
    assert first
    assert bytes.fromhex(first[1]) == EXAMPLES[0].payload


def test_the_page_names_every_quantity_and_fault() -> None:
    for name in [*(row.name for row in message.ROWS), *FAULTS.split()]:
        assert re.search(rf"\| `?{name}`? \|", PAGE), name
    assert UNITS.keys() - {row.name for row in message.ROWS} == {"level"}


@pytest.fixture(scope="module")
def shape() -> Callable[[bytes], Any]:
    """The CDDL as zcbor understands it."""
    # zcbor 0.9 imports a name that cbor2 6 has dropped.
    cbor2.CBORDecodeValueError = cbor2.CBORDecodeError  # type: ignore[attr-defined]
    import zcbor

    prelude = next(
        path for path in resources.files(zcbor).joinpath("zcbor").iterdir() if path.name == "prelude.cddl"
    )
    text = prelude.read_text() + (ROOT / "codec/payload.cddl").read_text(encoding="utf-8")
    return zcbor.DataTranslator.from_cddl(text, 16).my_types["message"].validate_str


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.title)
def test_each_example_has_the_shape_of_the_cddl(example: Any, shape: Callable[[bytes], Any]) -> None:
    shape(example.payload)


@pytest.mark.parametrize("items", BENT, ids=str)
def test_what_is_bent_has_not(items: Any, shape: Callable[[bytes], Any]) -> None:
    with pytest.raises(Exception, match=r"did not decode|not consumed"):
        shape(cbor2.dumps(items))


def test_explaining_covers_every_byte_of_every_example() -> None:
    for example in EXAMPLES:
        lines = explain.explain(example.payload)
        assert b"".join(line.content for line in lines) == example.payload
        assert [line.at for line in lines] == [
            sum(len(each.content) for each in lines[:i]) for i in range(len(lines))
        ]
        assert explain.words(example.payload)
