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
    ("81", "1 items cannot be in 0 bytes"),
    ("8218ff", "wanted 1 bytes, 0 left"),
    ("8000", "1 bytes too many"),
    ("81818100", "array in an array"),
    ("8181818181818181", "array in an array"),
    ("81818180", "array in an array"),
    ("9a7fffffff00", "2147483647 items cannot be"),
    ("819a7fffffff00", "2147483647 items cannot be"),
    ("9b7fffffffffffffff", "no item begins with 0x9b"),
    ("5a7fffffff", "not an array"),
    ("815a7fffffff", "byte string"),
    ("8140", "byte string"),
    ("8160", "text string"),
    ("81a0", "map"),
    ("81a200010002", "map"),
    ("81c100", "tag"),
    ("81d81c00", "tag"),
    ("c1c1c1", "not an array"),
    ("9fff", "indefinite length"),
    ("819fff", "indefinite length"),
    ("815f4100ff", "indefinite length"),
    ("81ff", "indefinite length"),
    ("811805", "5 is not in its shortest form"),
    ("81190005", "5 is not in its shortest form"),
    ("8119000500", "5 is not in its shortest form"),
    ("811a0000ffff", "65535 is not in its shortest form"),
    ("811b0000000000000005", "no item begins with 0x1b"),
    ("813b0000000100000000", "no item begins with 0x3b"),
    ("8138", "wanted 1 bytes"),
    ("813817", "23 is not in its shortest form"),
    ("981700", "23 is not in its shortest form"),
    ("81f97e00", "no item begins with 0xf9"),
    ("81fa7fc00000", "no item begins with 0xfa"),
    ("81fb7ff8000000000000", "no item begins with 0xfb"),
    ("81c249010000000000000000", "tag"),
    ("81f818", "no item begins with 0xf8"),
    ("81f816", "no item begins with 0xf8"),
    ("81f4", "simple value or float"),
    ("81f5", "simple value or float"),
    ("81f7", "simple value or float"),
    ("81fc", "no item begins with 0xfc"),
    ("811c", "no item begins with 0x1c"),
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
    assert refusal(b"\x81" * 50000) == "array in an array"
    assert refusal(b"\x81" * 3) == "array in an array"


def test_what_needs_more_than_32_bits_is_not_encoded():
    for value in (1 << 32, -1 - (1 << 32), 1 << 64, -(1 << 80)):
        assert "32 bits" in refusal((value,), cbor.encode)


def transcript():
    return [refusal(bytes.fromhex(text)) for text, _ in REFUSED] + [
        cbor.encode(items).hex() for _, items in EXAMPLES
    ]
