"""The life of a node: wake, measure, report, send, obey, sleep."""

from codec import report
from codec.compat import const

_REPORT = const(1)  # FPort
_RETRY_MS = const(30000)  # after a join that nobody answered, beside what the duty cycle asks for


class Node:
    """One wake of one node. Deep sleep ends the program: only the board's stores outlive `wake()`."""

    def __init__(self, board: "Board", link: "Link", sensors: "list[Sensor]", config: "dict[str, Any]"):
        self._board = board
        self._clock = board.clock()
        self._link = link
        self._sensors = sensors
        self._config = config

    async def wake(self) -> int:
        """One life between two sleeps; returns for how many ms to sleep."""
        woke_ms = self._clock.now_ms()
        if not self._link.joined() and not await self._link.join():
            return max(self._link.wait_ms(), _RETRY_MS)
        if self._link.wait_ms():  # measure when it can be sent: a report should be young
            return self._link.wait_ms()
        values = await self._measure()
        await self._link.send(_REPORT, report.encode(values))
        next_ms = woke_ms + self._config["interval_s"] * 1000
        return max(next_ms - self._clock.now_ms(), self._link.wait_ms())

    async def _measure(self) -> "dict[str, int | str]":
        """Every quantity this node reports: steps of the registry, or the name of the fault."""
        values = {}
        for sensor in self._sensors:
            values.update(await sensor.read())
        wanted = self._config["quantities"]
        if wanted:
            values = {name: value for name, value in values.items() if name in wanted}
        if self._battery_is_due():
            values["battery"] = self._board.battery()
        return values

    def _battery_is_due(self) -> bool:
        """The battery sinks over months: every so many reports say it, and the first after power-on."""
        rtc = self._board.rtc()
        saved = rtc.get("reports")
        reports = int.from_bytes(saved, "little") if saved else 0
        rtc.put("reports", (reports + 1).to_bytes(4, "little"))
        return reports % self._config["battery_every"] == 0


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from firmware.contracts import Board, Link, Sensor
