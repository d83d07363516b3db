"""Parts of `make fuzz-codec`, small enough for every day."""

import itertools
import random

import pytest

from codec.wire import WireError
from tests.codec import agreement, fuzz


def test_every_payload_of_up_to_two_bytes_is_refused_or_exact() -> None:
    # `81 2f` is a report without values, `81 36` and `81 37` are messages newer than ours.
    assert fuzz.accepted(fuzz.short_inputs(2)) == (65_793, 3)


def test_three_bytes_that_begin_like_a_payload_are_refused_or_exact() -> None:
    tried, taken = fuzz.accepted(
        bytes([first, *rest]) for first in (0x81, 0x82) for rest in itertools.product(range(256), repeat=2)
    )
    assert tried == 2 * 65_536
    assert taken > 500


def test_bent_payloads_are_refused_or_exact() -> None:
    chance = random.Random(20261122)
    tried, taken = fuzz.accepted(fuzz.bent(chance) for _ in range(20_000))
    assert tried == 20_000
    assert taken > 500


def test_the_fuzzer_sees_a_decoder_that_takes_what_it_should_not(monkeypatch: pytest.MonkeyPatch) -> None:
    decode = fuzz.message.decode

    def lenient(payload: bytes) -> object:
        try:
            return decode(payload)
        except WireError:
            return decode(payload[:-1])  # bytes too many are overlooked

    monkeypatch.setattr(fuzz.message, "decode", lenient)
    with pytest.raises(AssertionError, match="was taken for"):
        fuzz.accepted([b"\x81\x2f\x00"])


def test_five_codecs_agree_on_seeded_reports() -> None:
    assert agreement.agree(5000, 500) == {
        "CPython and cbor2": 5000,
        "Node": 5000,
        "QuickJS": 5000,
        "MicroPython": 500,
    }
