"""LoRa time on air in integer microseconds (SX1272 designer's guide, section 4.1.1.7)."""

_PREAMBLE_SYMBOLS = 8
_CODING_RATE = 1  # 4/5, the only one LoRaWAN uses


def symbol_us(sf: int, bw_hz: int) -> int:
    return (1000000 << sf) // bw_hz


def airtime_us(size: int, sf: int, bw_hz: int, crc: bool = True) -> int:
    """How long a frame of `size` bytes with explicit header is on air; downlinks carry no CRC."""
    symbol = symbol_us(sf, bw_hz)
    low_rate = 2 if symbol >= 16000 else 0  # low data rate optimisation drops two bits a symbol
    bits = 8 * size - 4 * sf + 28 + (16 if crc else 0)
    per_block = 4 * (sf - low_rate)
    blocks = max(0, -(-bits // per_block))
    symbols = _PREAMBLE_SYMBOLS + 8 + blocks * (4 + _CODING_RATE)
    return symbols * symbol + symbol * 17 // 4  # the preamble ends with 4.25 symbols of sync
