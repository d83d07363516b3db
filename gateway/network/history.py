"""A session's last 20 uplinks at one data rate and power: three bytes each, in the session's row."""

from array import array
from struct import Struct
from typing import NamedTuple

LENGTH = 20
_HEAD, _ROW = 2, 3
_ROWS = Struct("<Hb")  # counter, SNR in quarters of a dB
_UNKNOWN = -128  # the gateway told no SNR
_QUARTERS = 4


class Frame(NamedTuple):
    fcnt: int  # 16 bits
    snr_db: float | None


class Heard(NamedTuple):
    """So many frames; `loss` is the share of counters between the first and the last that never came."""

    frames: int
    best_snr_db: float | None
    loss: float


def add(history: bytes, data_rate: int, power_index: int, fcnt: int, snr_db: float | None) -> bytes:
    """With one more frame; at another data rate or power the history begins anew."""
    head = bytes([data_rate, power_index])
    rows = history[_HEAD:] if history[:_HEAD] == head else b""
    return head + rows[-(LENGTH - 1) * _ROW :] + (fcnt & 0xFFFF).to_bytes(2, "little") + _pack(snr_db)


def improve(history: bytes, snr_db: float | None) -> bytes:
    """A further gateway heard the last frame: the best counts."""
    if len(history) < _HEAD + _ROW or _level(_pack(snr_db)[0]) <= _level(history[-1]):
        return history
    return history[:-1] + _pack(snr_db)


def frames(history: bytes) -> list[Frame]:
    return [
        Frame(fcnt, None if level == _UNKNOWN else level / _QUARTERS)
        for fcnt, level in _ROWS.iter_unpack(history[_HEAD:])
    ]


def heard(history: bytes) -> Heard:
    """Of each uplink, so without a value for every frame."""
    rows = history[_HEAD:]
    if not rows:
        return Heard(0, None, 0.0)
    levels = array("b", rows[2::_ROW])
    best, first, last = max(levels), rows[0] | rows[1] << 8, rows[-3] | rows[-2] << 8
    span = (last - first & 0xFFFF) + 1
    return Heard(len(levels), None if best == _UNKNOWN else best / _QUARTERS, 1 - len(levels) / span)


def _pack(snr_db: float | None) -> bytes:
    level = _UNKNOWN if snr_db is None else round(min(max(snr_db, -31), 31) * _QUARTERS)
    return level.to_bytes(1, "little", signed=True)


def _level(packed: int) -> int:
    return packed - 256 if packed & 0x80 else packed
