"""Judges at a start what a node was given: keeps what is right, says what is not, leaves a plan in flash."""

import json

from firmware import config, limits, sensors, settings


def make(board: "Board", read: "Callable[[str], dict[str, Any]]") -> "dict[str, Any]":
    """Judge what was given, keep what is right, say what is not; ConfigError when no sensor is left."""
    config.check_secrets(read("secrets.json"))
    plan, complaints = config.read(read("config.json"))
    wired = plan["sensors"]
    if hasattr(board, "PINS") and any(sensors.is_bare(row) for row in wired):  # a real one
        wiring = __import__("firmware.wiring", None, None, ("judge",))
        wired, unfit = wiring.judge(wired, board.PINS)
        complaints += unfit
    rows = []
    for row in wired:
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
