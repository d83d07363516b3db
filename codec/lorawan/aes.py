"""The one seam where the AES block comes in: codec/desk's on a host, cryptolib's on a device."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from codec.desk.aes import Block

try:
    from codec.desk.aes import block as block
    from codec.desk.aes import decrypt as decrypt
    from codec.desk.aes import root as root
except ImportError:
    from cryptolib import aes

    def block(key: bytes) -> "Block":
        """AES-128 over whole blocks of 16 bytes (ECB); only the encrypting direction is needed."""
        return aes(key, 1)

    def root(cipher: "Block") -> bytes:
        """The block of zeros, from which CMAC's subkeys come."""
        return cipher.encrypt(bytes(16))

    def decrypt(key: bytes, blocks: bytes) -> bytes:
        return aes(key, 1).decrypt(blocks)
