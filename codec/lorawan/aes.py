"""The one seam where the AES block comes in: codec/desk's on a host, cryptolib's on a device."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from codec.desk.aes import Block


def xor(a: bytes, b: bytes) -> bytes:
    # By one big number: a list of 16 small ones costs a board half a kilobyte of heap.
    return (int.from_bytes(a, "big") ^ int.from_bytes(b, "big")).to_bytes(len(a), "big")


try:
    from codec.desk.aes import block as block
    from codec.desk.aes import chain as chain
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

    def chain(cipher: "Block", blocks: bytes) -> bytes:
        """The last block of CBC from zeros, which is what CMAC is made of."""
        mac = bytes(16)
        for at in range(0, len(blocks), 16):
            mac = cipher.encrypt(xor(mac, blocks[at : at + 16]))
        return mac

    def decrypt(key: bytes, blocks: bytes) -> bytes:
        return aes(key, 1).decrypt(blocks)
