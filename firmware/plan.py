"""What a start settles and later wakes only read: the config with what commands changed, as kept in flash."""

import json

from codec.compat import const

_DEEP_SLEEP = const(4)  # of RESET_CAUSES: the usual waking


def load(board: "Board", read: "Callable[[str], dict[str, Any]]") -> "dict[str, Any]":
    """The plan in force. `read` gives the content of config.json and secrets.json by name."""
    saved = board.flash().get("plan")
    if saved and board.reset_cause() == _DEEP_SLEEP:
        return json.loads(saved)
    return _make(board, read)


def _make(board: "Board", read: "Callable[[str], dict[str, Any]]") -> "dict[str, Any]":
    """Judge what was given, keep what is right, say what is not; ConfigError when no sensor is left."""
    from firmware import config, limits, sensors, settings

    config.check_secrets(read("secrets.json"))
    plan, complaints = config.read(read("config.json"))
    rows = []
    for row in plan["sensors"]:
        try:
            sensors.create(row, board, board.clock())
            rows.append(row)
        except ValueError as error:  # noqa: PERF203
            complaints.append(str(error))
    if not rows:
        raise limits.ConfigError("; ".join(complaints))
    for complaint in complaints:
        board.log(f"config.json: {complaint}")
    plan = settings.settled(board.flash(), plan)
    plan["sensors"] = rows
    plan["faulty"] = bool(complaints)
    try:
        board.flash().put("plan", json.dumps(plan).encode())
    except OSError:  # full or worn out: each wake plans anew
        board.log("flash: the plan cannot be kept")
    return plan


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from firmware.contracts import Board
