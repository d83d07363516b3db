"""The hello: who this node is, what it can, why it started and which marks are in force."""

from codec import dialogue, registry
from codec.compat import const

FIRMWARE = const(0x000100)  # 0.1.0
_COLUMNS = const(6)  # of the registry's table
_NAME = const(1)

# Bits of `features`, as codec/desk/words.py names them.
_JOURNAL = const(1)
_NOISE_IN_BLOCKS = const(2)
_FASTER_WHILE_RISING = const(4)


def hello(board: "Board", sampling: "Sampling", plan: "dict[str, Any]", cause: int) -> bytes:
    """After the first look, which has shown what the sensors measure and whether they keep up with noise.

    `cause` is a place in RESET_CAUSES of codec/desk/words.py.
    """
    measures = sampling.measures()
    table = registry.TABLE
    capabilities = 0
    for at in range(0, len(table), _COLUMNS):
        if table[at + _NAME] in measures:
            capabilities |= 1 << table[at]
    marks = (plan["hysteresis_mm"],) + tuple(plan["marks_mm"]) if plan["marks_mm"] else ()
    features = _JOURNAL | _FASTER_WHILE_RISING | (_NOISE_IN_BLOCKS if sampling.in_blocks else 0)
    return dialogue.hello(FIRMWARE, board.NUMBER, capabilities, features, cause, marks)


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from firmware.contracts import Board
    from firmware.sampling import Sampling
