"""MIC, payload cipher and session keys of LoRaWAN 1.0.x (TS001-1.0.4 sections 4.3.3, 4.4, 6.2).

Keys are handed in as people read them, most significant byte first; addresses, nonces, NetID and counters as
integers.
"""

import struct

from codec.lorawan import aes

UP = 0
DOWN = 1


def cmac(key: bytes, message: bytes) -> bytes:
    """AES-CMAC (RFC 4493) of `message`, 16 bytes."""
    cipher = aes.block(key)
    subkey = _double(aes.root(cipher))
    whole = len(message) and len(message) % 16 == 0
    if not whole:
        subkey = _double(subkey)
        message = message + b"\x80" + bytes(15 - len(message) % 16)
    return aes.chain(cipher, message[:-16] + aes.xor(message[-16:], subkey))


def data_mic(nwk_s_key: bytes, direction: int, dev_addr: int, fcnt: int, message: bytes) -> bytes:
    """MIC over MHDR..FRMPayload with the whole 32-bit counter (4.4)."""
    b0 = _counter_block(0x49, direction, dev_addr, fcnt, len(message))
    return cmac(nwk_s_key, b0 + message)[:4]


def cipher_payload(key: bytes, direction: int, dev_addr: int, fcnt: int, payload: bytes) -> bytes:
    """Encrypt or decrypt FRMPayload, the same operation (4.3.3). `key`: NwkSKey for FPort 0, else AppSKey."""
    cipher = aes.block(key)
    out = b""
    for at in range(0, len(payload), 16):
        stream = cipher.encrypt(_counter_block(0x01, direction, dev_addr, fcnt, at // 16 + 1))
        part = payload[at : at + 16]
        out += aes.xor(part, stream[: len(part)])
    return out


def session_keys(app_key: bytes, join_nonce: int, net_id: int, dev_nonce: int) -> "tuple[bytes, bytes]":
    """(NwkSKey, AppSKey) of a join (6.2.6)."""
    tail = _little(join_nonce, 3) + _little(net_id, 3) + _little(dev_nonce, 2) + bytes(7)
    cipher = aes.block(app_key)
    return cipher.encrypt(b"\x01" + tail), cipher.encrypt(b"\x02" + tail)


def _counter_block(first: int, direction: int, dev_addr: int, fcnt: int, last: int) -> bytes:
    """B0 of the MIC and Ai of the cipher (tables 12 and 13)."""
    return struct.pack("<BIBIIBB", first, 0, direction, dev_addr, fcnt, 0, last)


def _little(value: int, size: int) -> bytes:
    return value.to_bytes(size, "little")


def _double(block: bytes) -> bytes:
    """Multiply by x in GF(2^128), as RFC 4493 derives its subkeys."""
    value = int.from_bytes(block, "big") << 1
    if value >> 128:
        value = (value & ((1 << 128) - 1)) ^ 0x87
    return value.to_bytes(16, "big")
