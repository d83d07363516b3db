"""The life of a node: wake, measure, report, send, obey, sleep."""

from codec import message, report
from codec.compat import const
from firmware import commands

REPORT = const(1)  # FPorts, see codec/README.md
COMMAND = const(10)
ANSWER = const(11)


class Node:
    """One wake of one node. Deep sleep ends the program, so nothing here outlives `wake()` but the stores."""

    def __init__(self, board: "Board", link: "Link", sensors: "list[Sensor]", config: "dict"):
        self._board = board
        self._clock = board.clock()
        self._link = link
        self._sensors = sensors
        self._config = config
        self._settings = commands.Settings(board.flash(), config)
        self._rtc = board.rtc()

    async def wake(self) -> int:
        """One life between two sleeps; returns for how many ms to sleep."""
        started_ms = self._clock.now_ms()
        if not self._link.joined() and not await self._link.join():
            return self._rest_ms()
        if self._link.wait_ms():
            return self._rest_ms()
        values = await self._measure()
        downlink = await self._link.send(REPORT, report.encode(values))
        if downlink is not None:
            self._obey(downlink)
        next_ms = started_ms + self._settings.interval_s * 1000
        return max(self._link.wait_ms(), next_ms - self._clock.now_ms())

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
