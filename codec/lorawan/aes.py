"""The one seam where the AES block comes in: pycryptodome on a host, cryptolib on a device."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class Block(Protocol):
        """AES-128 over whole blocks of 16 bytes (ECB); only the encrypting direction is needed."""

        def encrypt(self, blocks: bytes) -> bytes: ...


try:
    from Crypto.Cipher import AES

    def block(key: bytes) -> "Block":
        return AES.new(key, AES.MODE_ECB)

    def decrypt(key: bytes, blocks: bytes) -> bytes:
        """The other direction, which only the network's side of a join needs."""
        return AES.new(key, AES.MODE_ECB).decrypt(blocks)

except ImportError:
    from cryptolib import aes

    def block(key: bytes) -> "Block":
        return aes(key, 1)

    def decrypt(key: bytes, blocks: bytes) -> bytes:
        return aes(key, 1).decrypt(blocks)
