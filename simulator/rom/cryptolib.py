"""`cryptolib.aes` in ECB, over the AES of whoever hosts the VM."""

import _host


class aes:  # noqa: N801, its name on a board
    def __init__(self, key: bytes, mode: int):
        if mode != 1:
            raise ValueError("only ECB is served here")
        self._key = key.hex()

    def encrypt(self, blocks: bytes) -> bytes:
        return bytes.fromhex(_host.aes_ecb(self._key, blocks.hex(), True))

    def decrypt(self, blocks: bytes) -> bytes:
        return bytes.fromhex(_host.aes_ecb(self._key, blocks.hex(), False))
