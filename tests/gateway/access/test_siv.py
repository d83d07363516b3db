"""AES-SIV of one block: what the library says, and nothing that was bent opens."""

import pytest
from Crypto.Cipher import AES
from hypothesis import given
from hypothesis import strategies as st

from gateway.access.siv import Siv

KEYS = st.binary(min_size=64, max_size=64)
PLAIN = st.binary(min_size=16, max_size=16)
CONTEXTS = st.lists(st.binary(max_size=40), max_size=3)


@given(KEYS, PLAIN, CONTEXTS)
def test_it_seals_as_the_library_does(key: bytes, plain: bytes, context: list[bytes]) -> None:
    judge = AES.new(key, AES.MODE_SIV)
    for part in context:
        judge.update(part)
    ciphertext, tag = judge.encrypt_and_digest(plain)
    sealed = Siv(key).seal(plain, context)
    assert sealed == tag + ciphertext
    assert Siv(key).open(sealed, context) == plain


@given(KEYS, PLAIN, CONTEXTS, st.integers(0, 255))
def test_nothing_bent_opens(key: bytes, plain: bytes, context: list[bytes], bit: int) -> None:
    siv = Siv(key)
    bent = bytearray(siv.seal(plain, context))
    bent[bit // 8] ^= 1 << bit % 8
    with pytest.raises(ValueError, match="otherwise"):
        siv.open(bytes(bent), context)
    with pytest.raises(ValueError, match="otherwise"):
        siv.open(siv.seal(plain, context), [*context, b"elsewhere"])
    assert "slots" not in repr(siv) and plain.hex() not in repr(siv)
