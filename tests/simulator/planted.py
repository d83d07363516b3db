"""A bug planted in the firmware: the lease of uplink counters is written one block late.

`python -m tests.simulator.planted simulate ...` is messfunk with it.
"""

import json
import sys
from pathlib import Path
from typing import Any

from firmware import session as sessions
from simulator.rows import Scenario


def take_fcnt(self: sessions.Session, flash: Any, rtc: Any) -> int:
    """As firmware.session has it, but flash names the first counter of the block instead of its end."""
    taken = self.fcnt_up
    self.fcnt_up = taken + 1
    if self.fcnt_up > self._leased:
        self._leased = taken
        self.save(flash, rtc)
        self._leased = taken + 64
    self.save_fast(rtc)
    return taken


def reused_us(log: Path) -> int | None:
    """When a counter was first sent a second time with other bytes, by the frames alone."""
    sent: dict[str, str] = {}
    for text in log.read_text(encoding="utf-8").splitlines():
        event = json.loads(text)
        phy = event.get("phy", "")
        if event["event"] == "up" and int(phy[:2], 16) >> 5 in (2, 4):
            name = phy[2:10] + phy[12:16]  # DevAddr and FCnt
            if sent.setdefault(name, phy) != phy:
                return int(event["start"])
    return None


def toml(world: Scenario) -> str:
    """The world as a file that `messfunk simulate` reads."""
    given = world.model_dump(mode="json", exclude_none=True)
    rows = {key: value for key, value in given.items() if isinstance(value, dict | list)}
    lines = [f"{key} = {json.dumps(value)}" for key, value in given.items() if key not in rows]
    lines = [line.replace('"', "") if line.startswith("start") else line for line in lines]
    for key, value in rows.items():
        for row in value if isinstance(value, list) else [value]:
            lines.append(f"[[{key}]]" if isinstance(value, list) else f"[{key}]")
            lines += [f"{name} = {_value(each)}" for name, each in row.items()]
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(name)} = {_value(each)}" for name, each in value.items()) + "}"
    return json.dumps(value)


if __name__ == "__main__":
    import messfunk

    sessions.Session.take_fcnt = take_fcnt  # type: ignore[method-assign]
    messfunk.main(sys.argv[1:])
