"""The AES block on a host: pycryptodome's, with the key schedules in use kept."""

from collections.abc import Callable
from functools import lru_cache
from threading import Lock

from Crypto.Cipher import AES

_KEPT = 16_384  # two a node, 0.8 kB each; making one takes longer than all blocks of a frame


class Block:
    """One key; `root` is the block of zeros, from which CMAC's subkeys come."""

    __slots__ = ("_before", "_chained", "_key", "_lock", "encrypt", "root")

    def __init__(self, key: bytes):
        self.encrypt = AES.new(key, AES.MODE_ECB).encrypt
        self.root = self.encrypt(bytes(16))
        self._key = key
        self._lock = Lock()
        self._before = bytes(16)
        self._chained: Callable[[bytes], bytes] | None = None  # not every key signs

    def chain(self, blocks: bytes) -> bytes:
        """In one call, by a cipher that goes on from its last block: that is taken away again first."""
        with self._lock:
            if self._chained is None:
                self._chained = AES.new(self._key, AES.MODE_CBC, bytes(16)).encrypt
            first = int.from_bytes(blocks[:16], "big") ^ int.from_bytes(self._before, "big")
            self._before = mac = self._chained(first.to_bytes(16, "big") + blocks[16:])[-16:]
        return mac


_scheduled = lru_cache(_KEPT)(Block)


def block(key: bytes) -> Block:
    return _scheduled(key)


def root(cipher: Block) -> bytes:
    return cipher.root


def chain(cipher: Block, blocks: bytes) -> bytes:
    """The last block of CBC from zeros, which is what CMAC is made of."""
    return cipher.chain(blocks)


def decrypt(key: bytes, blocks: bytes) -> bytes:
    """The other direction, which only the network's side of a join needs."""
    return AES.new(key, AES.MODE_ECB).decrypt(blocks)
