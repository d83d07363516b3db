"""MAC commands of class A: one table of identifiers and lengths, the cut into commands (TS001-1.0.4, 5)."""

from codec.compat import const
from codec.wire import Reader

LINK_CHECK = const(0x02)
LINK_ADR = const(0x03)
DUTY_CYCLE = const(0x04)
RX_PARAM_SETUP = const(0x05)
DEV_STATUS = const(0x06)
NEW_CHANNEL = const(0x07)
RX_TIMING_SETUP = const(0x08)
TX_PARAM_SETUP = const(0x09)
DL_CHANNEL = const(0x0A)
DEVICE_TIME = const(0x0D)

_TABLE = (
    # cid          down up  length in bytes without the identifier
    (LINK_CHECK,      2, 0),
    (LINK_ADR,        4, 1),
    (DUTY_CYCLE,      1, 0),
    (RX_PARAM_SETUP,  4, 1),
    (DEV_STATUS,      0, 2),
    (NEW_CHANNEL,     5, 1),
    (RX_TIMING_SETUP, 1, 0),
    (TX_PARAM_SETUP,  1, 0),
    (DL_CHANNEL,      4, 1),
    (DEVICE_TIME,     5, 0),
)  # fmt: skip
DOWN = {cid: down for cid, down, _ in _TABLE}
UP = {cid: up for cid, _, up in _TABLE}


def split(data: bytes, lengths: "dict[int, int]") -> "tuple[list[tuple[int, bytes]], bytes]":
    """(commands as (identifier, body), rest). An unknown or cut short command hides where the next begins."""
    r = Reader(data)
    commands = []
    while r.left():
        cid = data[r.at]
        if cid not in lengths or r.left() <= lengths[cid]:
            break
        r.take(1)
        commands.append((cid, r.take(lengths[cid])))
    return commands, r.take(r.left())
