"""The AES seam gives the same block on both Pythons: FIPS-197 appendix C.1 and its own inverse."""

from codec.lorawan import aes

KEY = bytes(range(16))
PLAIN = bytes.fromhex("00112233445566778899aabbccddeeff")
SEALED = bytes.fromhex("69c4e0d86a7b0430d8cdb78070b4c55a")


def test_the_block_of_fips_197():
    assert aes.block(KEY).encrypt(PLAIN) == SEALED


def test_decrypt_is_the_other_direction():
    assert aes.decrypt(KEY, SEALED) == PLAIN


def test_blocks_are_independent():
    assert aes.block(KEY).encrypt(PLAIN + bytes(16) + PLAIN)[32:] == SEALED


def transcript():
    return [aes.block(bytes([n] * 16)).encrypt(bytes([n]) + PLAIN[1:]).hex() for n in range(0, 256, 51)]
