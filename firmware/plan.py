"""What a start settles and later wakes only read: the config with what commands changed, as kept in flash."""

import json

from codec.compat import const

_DEEP_SLEEP = const(4)  # of RESET_CAUSES: the usual waking


def load(board: "Board", read: "Callable[[str], dict[str, Any]]") -> "dict[str, Any]":
    """The plan in force. `read` gives the content of config.json and secrets.json by name."""
    saved = board.flash().get("plan")
    cause = board.reset_cause()
    if cause != _DEEP_SLEEP:
        board.rtc().put("greet", bytes([cause]))  # the next look tells it
    elif saved:
        return json.loads(saved)
    from firmware.planning import make

    return make(board, read)


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from firmware.contracts import Board
