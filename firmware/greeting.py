"""The hello: who this node is, what it can, why it started and which marks are in force."""

from codec import dialogue, registry
from codec.compat import const

FIRMWARE = const(0x000100)  # 0.1.0
_COLUMNS = const(6)  # of the registry's table
_NAME = const(1)

# Bits of `features`, as codec/desk/words.py names them.
_JOURNAL = const(1)
_FASTER_WHILE_RISING = const(4)


def hello(board: "Board", measures: "list[str]", config: "dict[str, Any]", cause: int) -> bytes:
    """`cause` is a place in RESET_CAUSES of codec/desk/words.py."""
    table = registry.TABLE
    capabilities = 0
    for at in range(0, len(table), _COLUMNS):
        if table[at + _NAME] in measures:
            capabilities |= 1 << table[at]
    marks = (config["hysteresis_mm"],) + tuple(config["marks_mm"]) if config["marks_mm"] else ()
    features = _JOURNAL | _FASTER_WHILE_RISING
    return dialogue.hello(FIRMWARE, board.NUMBER, capabilities, features, cause, marks)


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from firmware.contracts import Board
