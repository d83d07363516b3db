"""The checksum of Sensirion's I2C parts: each word of two bytes is followed by it."""


def crc8(word: bytes) -> int:
    """Polynomial 0x31, start 0xFF: the two bytes BE EF give 92."""
    crc = 0xFF
    for byte in word:
        crc ^= byte
        for _ in range(8):
            crc = crc << 1 ^ 0x31 if crc & 0x80 else crc << 1
        crc &= 0xFF
    return crc


def words(answer: bytes) -> "bytes | None":
    """The words without their checksums; None when one of these disagrees."""
    clean = b""
    for at in range(0, len(answer), 3):
        word = answer[at : at + 2]
        if len(answer) < at + 3 or crc8(word) != answer[at + 2]:
            return None
        clean += word
    return clean
