"""The voltage at a RUI3 module, which measures it itself (RUI3 AT command manual: AT+BAT, in volts)."""

import time

from codec.compat import const

_TRIES = const(3)  # the first bytes after its sleep are lost
_LOOKS = const(25)
_LOOK_MS = const(20)
_ANSWER = b"AT+BAT="


def read(row: "dict[str, Any]", board: "ModemBoard") -> "int | str":
    """In steps of 10 mV, or the fault."""
    uart = board.modem()
    for _ in range(_TRIES):
        uart.write(b"AT+BAT=?\r\n")
        said = b""
        for _ in range(_LOOKS):
            time.sleep_ms(_LOOK_MS)  # type: ignore[attr-defined]
            said += uart.read() or b""
            begin = said.rfind(_ANSWER)
            end = said.find(b"\r", begin)
            if 0 <= begin < end and said[begin + len(_ANSWER) : end] != b"?":
                return _centivolts(said[begin + len(_ANSWER) : end])
    return "no_answer"


def _centivolts(text: bytes) -> "int | str":
    try:
        return int(float(text) * 100 + 0.5)
    except ValueError:
        return "bad_data"


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from firmware.contracts import ModemBoard
