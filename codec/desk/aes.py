"""The AES block on a host: OpenSSL's through cryptography, with the key schedules in use kept."""

from functools import lru_cache
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

if TYPE_CHECKING:
    from codec.lorawan.aes import Block

_KEPT = 16_384  # two a node; making one takes longer than all blocks of a frame


class _Block:
    """One key. A context of OpenSSL would keep half a block for the next caller: there are none of those."""

    __slots__ = ("_update",)

    def __init__(self, cipher: Cipher[modes.ECB]):
        self._update = cipher.encryptor().update

    def encrypt(self, blocks: bytes) -> bytes:
        if len(blocks) % 16:
            raise ValueError(f"{len(blocks)} bytes are no whole AES blocks")
        return self._update(blocks)


def block(key: bytes) -> "Block":
    return _scheduled(key)


def decrypt(key: bytes, blocks: bytes) -> bytes:
    """The other direction, which only the network's side of a join needs."""
    opener = _ecb(key).decryptor()
    return opener.update(blocks) + opener.finalize()


@lru_cache(_KEPT)
def _scheduled(key: bytes) -> _Block:
    return _Block(_ecb(key))


def _ecb(key: bytes) -> Cipher[modes.ECB]:
    # LoRaWAN asks for single blocks (4.3.3, 6.2.6); S305 warns of ECB as a mode for messages.
    return Cipher(algorithms.AES(key), modes.ECB())  # noqa: S305
