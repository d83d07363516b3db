"""Data frames (TS001-1.0.4 section 4): MHDR | FHDR | [FPort | FRMPayload] | MIC."""

import struct
from collections import namedtuple

from codec.compat import const
from codec.lorawan import crypto
from codec.wire import WireError

JOIN_REQUEST = const(0)
JOIN_ACCEPT = const(1)
UNCONFIRMED_UP = const(2)
UNCONFIRMED_DOWN = const(3)
CONFIRMED_UP = const(4)
CONFIRMED_DOWN = const(5)

_FOPTS = const(8)  # where they begin
_SHORTEST = const(12)

_BOTH = "MAC commands in FOpts and in FPort 0 (4.3.1.6)"

ADR = const(0x80)
ADR_ACK_REQ = const(0x40)
ACK = const(0x20)
F_PENDING = const(0x10)

# `dev_addr` is an integer, `fctrl` holds the flags without FOptsLen, `fcnt` is the 16 bits on air,
# `fport` is None when the frame carries no payload, `payload` is encrypted as on air.
DataFrame = namedtuple(
    "DataFrame", ("mtype", "dev_addr", "fctrl", "fcnt", "fopts", "fport", "payload", "mic")
)

# What a build needs: `fcnt` is the whole 32-bit counter, `payload` in the clear.
Plain = namedtuple("Plain", ("mtype", "dev_addr", "fctrl", "fcnt", "fopts", "fport", "payload"))


def mtype(phy: bytes) -> int:
    """The message type of any frame; refuses what is not LoRaWAN R1 (4.2)."""
    if len(phy) < 5:
        raise WireError(f"{len(phy)} bytes are too few for a LoRaWAN frame", len(phy))
    if phy[0] & 0b11:
        raise WireError(f"MHDR {phy[0]:#04x} is not LoRaWAN R1")
    return phy[0] >> 5


def parse(phy: bytes) -> DataFrame:
    """Split a data frame into fields. Shape only: the MIC is not checked, the payload stays encrypted."""
    kind = mtype(phy)
    if not UNCONFIRMED_UP <= kind <= CONFIRMED_DOWN:
        raise WireError(f"message type {kind} is not a data frame")
    if len(phy) < _SHORTEST:
        raise WireError(f"{len(phy)} bytes are too few for a data frame", len(phy))
    dev_addr, fctrl, fcnt = struct.unpack_from("<IBH", phy, 1)
    at, end = _FOPTS + (fctrl & 0x0F), len(phy) - 4
    if at > end:
        raise WireError(f"{fctrl & 0x0F} bytes of FOpts, {end - _FOPTS} left", _FOPTS)
    fopts = phy[_FOPTS:at]
    fport = phy[at] if at < end else None
    if fport == 0 and fopts:
        raise WireError(_BOTH, at)
    return DataFrame(kind, dev_addr, fctrl & 0xF0, fcnt, fopts, fport, phy[at + 1 : end], phy[end:])


def is_up(kind: int) -> bool:
    return kind in (UNCONFIRMED_UP, CONFIRMED_UP)


def mic_fits(phy: bytes, nwk_s_key: bytes, fcnt: int) -> bool:
    """Whether the frame's MIC is right for this key and this 32-bit counter."""
    direction = crypto.UP if is_up(phy[0] >> 5) else crypto.DOWN
    dev_addr = int.from_bytes(phy[1:5], "little")
    return crypto.data_mic(nwk_s_key, direction, dev_addr, fcnt, phy[:-4]) == phy[-4:]


def open_payload(frame: DataFrame, nwk_s_key: bytes, app_s_key: bytes, fcnt: int) -> bytes:
    """FRMPayload in the clear."""
    key = nwk_s_key if frame.fport == 0 else app_s_key
    direction = crypto.UP if is_up(frame.mtype) else crypto.DOWN
    return crypto.cipher_payload(key, direction, frame.dev_addr, fcnt, frame.payload)


def build(plain: Plain, nwk_s_key: bytes, app_s_key: bytes) -> bytes:
    """The frame as it goes on air, encrypted and with its MIC."""
    _check(plain)
    direction = crypto.UP if is_up(plain.mtype) else crypto.DOWN
    fctrl = plain.fctrl | len(plain.fopts)
    head = struct.pack("<BIBH", plain.mtype << 5, plain.dev_addr, fctrl, plain.fcnt & 0xFFFF) + plain.fopts
    if plain.fport is not None:
        key = nwk_s_key if plain.fport == 0 else app_s_key
        sealed = crypto.cipher_payload(key, direction, plain.dev_addr, plain.fcnt, plain.payload)
        head += bytes([plain.fport]) + sealed
    return head + crypto.data_mic(nwk_s_key, direction, plain.dev_addr, plain.fcnt, head)


def _check(plain: Plain) -> None:
    if not UNCONFIRMED_UP <= plain.mtype <= CONFIRMED_DOWN:
        raise WireError(f"message type {plain.mtype} is not a data frame")
    if plain.fctrl & 0x0F or len(plain.fopts) > 15:
        raise WireError("FOpts longer than 15 bytes")
    if not 0 <= plain.fcnt <= 0xFFFFFFFF:
        raise WireError(f"frame counter {plain.fcnt} is not 32 bits")
    if plain.fport is None and plain.payload:
        raise WireError("a payload needs an FPort")
    if plain.fport == 0 and plain.fopts:
        raise WireError(_BOTH)


def full_fcnt(last: int, fcnt16: int) -> int:
    """The 32-bit counter after `last` whose low 16 bits are `fcnt16`; `last` is -1 before the first frame."""
    expected = last + 1
    return expected + ((fcnt16 - expected) & 0xFFFF)
