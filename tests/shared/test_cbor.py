"""The CBOR subset, on both Pythons."""

from codec import cbor
from codec.wire import WireError

# Heads at each change of length, and the items a payload is made of.
EXAMPLES = (
    ("80", ()),
    ("8100", (0,)),
    ("8117", (23,)),
    ("811818", (24,)),
    ("8118ff", (255,)),
    ("81190100", (256,)),
    ("8119ffff", (65535,)),
    ("811a00010000", (65536,)),
    ("811affffffff", (4294967295,)),
    ("8120", (-1,)),
    ("8137", (-24,)),
    ("813818", (-25,)),
    ("8138ff", (-256,)),
    ("81390100", (-257,)),
    ("8139ffff", (-65536,)),
    ("813a00010000", (-65537,)),
    ("813affffffff", (-4294967296,)),
    ("81f6", (None,)),
    ("8180", ((),)),
    ("838102f620", ((2,), None, -1)),
    ("8282f6181801", ((None, 24), 1)),
)

# What each attack of facts/codec.md section 6 and its kin must be refused for.
REFUSED = (
    ("", "wanted 1 bytes"),
    ("00", "not an array"),
    ("f6", "not an array"),
    ("81", "too many items"),
    ("8218ff", "wanted 1 bytes, 0 left"),
    ("8000", "1 bytes too many"),
    ("81818100", "array too deep"),
    ("8181818181818181", "array too deep"),
    ("81818180", "array too deep"),
    ("9a7fffffff00", "too many items"),
    ("819a7fffffff00", "too many items"),
    ("9b7fffffffffffffff", "0x9b"),
    ("5a7fffffff", "0x5a"),
    ("815a7fffffff", "0x"),
    ("8140", "0x"),
    ("8160", "0x60"),
    ("81a0", "0xa"),
    ("81a200010002", "0xa"),
    ("81c100", "0x"),
    ("81d81c00", "0x"),
    ("c1c1c1", "0xc1"),
    ("9fff", "0x"),
    ("819fff", "0x"),
    ("815f4100ff", "0x"),
    ("81ff", "0x"),
    ("811805", "not shortest"),
    ("81190005", "not shortest"),
    ("8119000500", "not shortest"),
    ("811a0000ffff", "not shortest"),
    ("811b0000000000000005", "0x1b"),
    ("813b0000000100000000", "0x3b"),
    ("8138", "wanted 1 bytes"),
    ("813817", "not shortest"),
    ("981700", "not shortest"),
    ("81f97e00", "0xf9"),
    ("81fa7fc00000", "0xfa"),
    ("81fb7ff8000000000000", "0xfb"),
    ("81c249010000000000000000", "0x"),
    ("81f818", "0xf8"),
    ("81f816", "0xf8"),
    ("81f4", "0xf"),
    ("81f5", "0xf"),
    ("81f7", "0xf"),
    ("81fc", "0xfc"),
    ("811c", "0x1c"),
)


def refusal(payload: bytes, do=cbor.decode) -> str:
    try:
        do(payload)
    except WireError as error:
        assert 0 <= error.at <= len(payload)
        return str(error)
    raise AssertionError(payload)


def test_each_example_both_ways():
    for text, items in EXAMPLES:
        assert cbor.encode(items).hex() == text
        assert cbor.decode(bytes.fromhex(text)) == items


def test_each_attack_is_refused_for_its_reason():
    for text, reason in REFUSED:
        assert reason in refusal(bytes.fromhex(text)), (text, refusal(bytes.fromhex(text)))


def test_every_strict_prefix_is_refused():
    for text, _ in EXAMPLES:
        payload = bytes.fromhex(text)
        for size in range(len(payload)):
            refusal(payload[:size])


def test_deep_nesting_ends_at_the_second_level():
    for size in (4, 50000):
        assert refusal(b"\x81" * size) == "array too deep"


def test_what_needs_more_than_32_bits_is_not_encoded():
    for value in (1 << 32, -1 - (1 << 32), 1 << 64, -(1 << 80)):
        assert "over 32 bits" in refusal((value,), cbor.encode)


def transcript():
    return [refusal(bytes.fromhex(text)) for text, _ in REFUSED] + [
        cbor.encode(items).hex() for _, items in EXAMPLES
    ]
