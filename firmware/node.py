"""The life of a node: wake, measure, report, send, obey, sleep.

A wake has two halves, look and talk, that meet in the board's stores alone. Each loads its modules when it is
due, and the board may unload those of the first before the second: memory never holds both.
"""

from codec.compat import const

_LOOK = "look"  # keys of RTC memory: the instant at which that half is due
_TALK = "talk"
_COMMAND = const(10)  # FPort


class Node:
    """One wake of one node. Deep sleep ends the program: only the board's stores outlive `wake()`."""

    def __init__(
        self,
        board: "Board",
        plan: "dict[str, Any]",
        open_sensors: "Callable[[], list[Sensor]]",
        open_link: "Callable[[], Link]",
    ):
        self._board = board
        self._clock = board.clock()
        self._rtc = board.rtc()
        self._plan = plan
        self._open_sensors = open_sensors
        self._open_link = open_link

    async def wake(self) -> int:
        """One life between two sleeps; returns for how many ms to sleep."""
        if self._is_due(_LOOK):
            await self._look()
        if self._is_due(_TALK):
            self._board.forget()
            downlink = await self._send()
            if self._is_ordered(downlink):
                self._board.forget()
                await self._obey(downlink)
        return self._sleep()

    async def _look(self) -> None:
        """Measure, keep it in the journal, and put into the outbox what of it has to leave."""
        from firmware.looking import Looking

        looking = Looking(self._board, self._plan, self._open_sensors())
        await looking.measure()
        looking.judge()
        self._rtc.put(_LOOK, looking.save().to_bytes(8, "little"))

    async def _send(self) -> "Downlink | None":
        """The most urgent of what waits; returns what the gateway had to say."""
        from firmware.outbox import Outbox
        from firmware.sending import Sending

        outbox = Outbox(self._rtc)
        downlink = await Sending(self._open_link, outbox, self._board, self._plan["confirm"]).send()
        outbox.save()
        return downlink

    def _is_ordered(self, downlink: "Downlink | None") -> bool:
        """Whether a command came, or one from earlier is not done with."""
        came = downlink is not None and downlink.fport == _COMMAND
        return came or bool(self._rtc.get("after") or self._rtc.get("wanted"))

    async def _obey(self, downlink: "Downlink | None") -> None:
        """Do what a command asks and answer it; go on with what takes more than one wake."""
        from firmware.orders import Orders

        orders = Orders(self._board)
        if downlink is not None and downlink.fport == _COMMAND:
            orders.obey(downlink.payload)
        await orders.follow(self._open_link)
        orders.save()

    def _sleep(self) -> int:
        """How long until something is due."""
        due_ms = [int.from_bytes(at, "little") for at in map(self._rtc.get, (_LOOK, _TALK)) if at]
        return max(min(due_ms) - self._clock.now_ms(), 1)

    def _is_due(self, half: str) -> bool:
        """After power loss nothing is known but that it is time to look."""
        at = self._rtc.get(half)
        return int.from_bytes(at, "little") <= self._clock.now_ms() if at else at is None and half == _LOOK


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from firmware.contracts import Board, Link, Sensor
    from firmware.mac.actions import Downlink
