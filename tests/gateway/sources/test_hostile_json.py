"""Whatever an MQTT client says under an LNS's topic, a reader answers with a value or with WireError."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codec.wire import WireError
from gateway.sources import chirpstack, tts
from gateway.sources.lns import LnsAnswer, LnsJoin, LnsUplink
from tests.gateway.sources.samples import CHIRPSTACK_TOPIC, CHIRPSTACK_UP, TTS_TOPIC, TTS_UP, V3_TOPIC, V3_UP

READERS: list[tuple[Callable[[str, bytes], object], str, dict[str, Any]]] = [
    (chirpstack.read_v4, CHIRPSTACK_TOPIC, CHIRPSTACK_UP),
    (chirpstack.read_v3, V3_TOPIC, V3_UP),
    (tts.read, TTS_TOPIC, TTS_UP),
]
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.text("0123456789abcdefAZ+/=-", max_size=20)
)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20
)


def paths(value: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner: Any = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    return [path, *(found for key, each in inner for found in paths(each, (*path, key)))]


def replaced(value: Any, path: tuple[Any, ...], new: object) -> Any:
    if not path:
        return new
    copy = value.copy()
    copy[path[0]] = replaced(value[path[0]], path[1:], new)
    return copy


def is_sound(message: object) -> bool:
    """What may go into the ledger."""
    if isinstance(message, LnsUplink):
        return (
            0 <= message.fcnt <= 0xFFFFFFFF
            and len(message.payload) <= 255
            and len(bytes.fromhex(message.dev_eui)) == 8
            and (message.dev_addr is None or len(bytes.fromhex(message.dev_addr)) == 4)
            and all(each.gateway_id.encode() for each in message.hearings)
            and bool(message.name.encode())
        )
    return message is None or isinstance(message, LnsJoin | LnsAnswer)


@pytest.mark.parametrize("reader", READERS, ids=["v4", "v3", "tts"])
@given(data=st.data())
def test_a_sample_with_one_part_replaced(
    reader: tuple[Callable[[str, bytes], object], str, dict[str, Any]], data: st.DataObject
) -> None:
    read, topic, sample = reader
    path = data.draw(st.sampled_from(paths(sample)))
    body = json.dumps(replaced(sample, path, data.draw(anything))).encode()
    try:
        assert is_sound(read(topic, body))
    except WireError:
        pass


@pytest.mark.parametrize("reader", READERS, ids=["v4", "v3", "tts"])
@given(body=st.binary() | anything.map(lambda value: json.dumps(value).encode()), kind=st.text(max_size=8))
def test_any_bytes_under_any_topic(
    reader: tuple[Callable[[str, bytes], object], str, dict[str, Any]], body: bytes, kind: str
) -> None:
    read, topic, _ = reader
    for each in (topic, f"{topic.rpartition('/')[0]}/{kind}", kind):
        try:
            assert is_sound(read(each, body))
        except WireError:
            pass


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"null",
        b"[" * 60_000,
        b'{"a":' * 13_000,
        b'{"fCnt":' + b"9" * 5000 + b"}",
        b'{"fCnt":NaN}',
        b'{"fCnt":1e999}',
        b'{"fCnt":"' + b"9" * 40 + b'"}',
        b" " * 70_000 + b"{}",
        b"\xef\xbb\xbf{}",
    ],
    ids=[
        "empty",
        "no utf-8",
        "null",
        "deep list",
        "deep object",
        "long number",
        "NaN",
        "infinity",
        "digits",
        "long",
        "mark",
    ],
)
def test_what_breaks_parsers(body: bytes) -> None:
    for read, topic, _ in READERS:
        with pytest.raises(WireError):
            read(topic, body)


def test_the_text_of_a_refusal_does_not_quote_the_peer() -> None:
    for read, topic, sample in READERS:
        for path in paths(sample):
            try:
                read(topic, json.dumps(replaced(sample, path, "marker <script>")).encode())
            except WireError as error:
                assert "marker" not in str(error)
