"""The one seam where the AES block comes in: codec/desk's on a host, cryptolib's on a device."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class Block(Protocol):
        """AES-128 over whole blocks of 16 bytes (ECB); only the encrypting direction is needed."""

        def encrypt(self, blocks: bytes) -> bytes: ...


try:
    from codec.desk.aes import block as block
    from codec.desk.aes import decrypt as decrypt
except ImportError:
    from cryptolib import aes

    def block(key: bytes) -> "Block":
        return aes(key, 1)

    def decrypt(key: bytes, blocks: bytes) -> bytes:
        return aes(key, 1).decrypt(blocks)
