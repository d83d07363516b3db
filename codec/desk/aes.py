"""The AES block on a host: pycryptodome's, with the key schedules in use kept."""

from functools import lru_cache

from Crypto.Cipher import AES

_KEPT = 16_384  # two a node, 0.8 kB each; making one takes longer than all blocks of a frame


class Block:
    """One key; `root` is the block of zeros, from which CMAC's subkeys come."""

    __slots__ = ("encrypt", "root")

    def __init__(self, key: bytes):
        self.encrypt = AES.new(key, AES.MODE_ECB).encrypt
        self.root = self.encrypt(bytes(16))


_scheduled = lru_cache(_KEPT)(Block)


def block(key: bytes) -> Block:
    return _scheduled(key)


def root(cipher: Block) -> bytes:
    return cipher.root


def decrypt(key: bytes, blocks: bytes) -> bytes:
    """The other direction, which only the network's side of a join needs."""
    return AES.new(key, AES.MODE_ECB).decrypt(blocks)
