"""The life of a node: wake, measure, report, send, obey, sleep."""

from codec import report
from codec.compat import const
from codec.wire import WireError
from firmware import outbox as ports
from firmware import settings
from firmware.journal import Journal
from firmware.marks import Marks
from firmware.outbox import Outbox
from firmware.power import QUIET_FACTOR, Power
from firmware.sampling import Sampling
from firmware.schedule import Schedule

# Bits of `status`, as codec/desk/words.py names them.
_JOURNAL_FAILS = const(1)
_QUIET = const(2)  # a quarter of the samples, no batches
_CONFIG_FAULTY = const(4)

_DEEP_SLEEP = const(4)  # of RESET_CAUSES: the usual waking


class Node:
    """One wake of one node. Deep sleep ends the program: only the board's stores outlive `wake()`."""

    def __init__(
        self,
        board: "Board",
        open_link: "Callable[[], Link]",
        sensors: "list[Sensor]",
        config: "dict[str, Any]",
    ):
        self._board = board
        self._reset_cause = board.reset_cause()
        self._clock = board.clock()
        self._flash = board.flash()
        self._rtc = rtc = board.rtc()
        self._config = config = settings.load(self._flash, config)
        self._marks = Marks(rtc, config["marks_mm"], config["hysteresis_mm"], config["rising_mm"])
        self._sampling = Sampling(sensors, config, self._marks, board)
        self._schedule = Schedule(rtc, len(sensors), board.randrange)
        self._journal = Journal(self._flash, rtc)
        self._outbox = Outbox(rtc)
        self._power = Power(rtc, config["quiet_cv"])
        self._open_link = open_link

    async def wake(self) -> int:
        """One life between two sleeps; returns for how many ms to sleep."""
        values = await self._measure()
        if values:
            self._greet()
            self._report(values)
        downlink = await self._send()
        await self._obey(downlink)
        return self._sleep()

    async def _measure(self) -> "dict[str, int | str]":
        """Read the sensors that are due and keep it in the journal; steps of the registry or faults."""
        now_ms = self._clock.now_ms()
        due = self._sampling.due(self._schedule, now_ms)
        values = {}
        for at in due:
            seen = await self._sampling.read(at)
            period_s = self._sampling.period_s(at, "distance" in seen)
            self._schedule.sampled(at, now_ms, self._stretched(period_s))
            values.update(seen)
        if values:
            self._number = self._journal.add(values, self._clock.now_ms())
        self._is_slow = any(self._sampling.is_slow(at) for at in due)
        return values

    def _greet(self) -> None:
        """After a start that was no waking from sleep, and after new marks: say who this is."""
        if self._reset_cause != _DEEP_SLEEP or self._rtc.get("greet"):
            from firmware.greeting import hello

            self._rtc.put("greet", b"")
            said = hello(self._board, self._sampling.measures(), self._config, self._reset_cause)
            self._outbox.put(ports.HELLO, said, self._clock.now_ms())

    def _report(self, values: "dict[str, int | str]") -> None:
        """Put into the outbox what of this look has to leave: an alarm at once, a report when it is due."""
        now_ms = self._clock.now_ms()
        crossed = self._sampling.over
        if crossed != self._marks.crossed:
            from codec import dialogue

            self._marks.crossed = crossed
            alarm = dialogue.alarm(self._number, crossed, values["distance"], self._sampling.rate)
            self._outbox.put(ports.ALARM, alarm, now_ms)
        if not self._schedule.report_due(now_ms) and not self._is_slow:
            return
        battery = self._board.battery()
        self._power.judge(battery)
        if self._power.is_due(self._config["battery_every"]):
            values["battery"] = battery
        if self._status():
            values["status"] = self._status()
        values["number"] = self._number
        self._power.reported()
        self._outbox.put(ports.REPORT, report.encode(values), now_ms)
        self._schedule.reported(now_ms, self._stretched(self._config["interval_s"]))

    async def _send(self) -> "Downlink | None":
        """The most urgent of what waits; a wake that only samples loads nothing of the way to the air."""
        if self._outbox.first(self._clock.now_ms()) is None:
            return None
        return await self._sending().send()

    def _sending(self) -> "Sending":
        from firmware.sending import Sending

        return Sending(self._open_link, self._outbox, self._clock, self._config["confirm"])

    async def _obey(self, downlink: "Downlink | None") -> None:
        """Do what a command asks and answer it; loaded by the wakes that have something to obey."""
        ordered = downlink is not None and downlink.fport == ports.COMMAND
        if not ordered and not self._rtc.get("after") and not self._rtc.get("wanted"):
            return
        from firmware.orders import Orders

        orders = Orders(self._board, self._journal, self._outbox, self._sampling.measures())
        if downlink and ordered:
            try:
                orders.obey(downlink.payload)
            except WireError:
                self._power.misread += 1  # counted for `messfunk node check`, and nothing else
        if not self._power.quiet:
            orders.send_wanted()
        await orders.follow(self._sending())

    def _sleep(self) -> int:
        """Save what the next wake needs; how long until something is due."""
        for part in (self._schedule, self._marks, self._outbox, self._power, self._sampling):
            part.save()
        if self._rtc.get("after") == b"reboot" and not self._outbox.holds(ports.ANSWER):
            self._rtc.put("after", b"")
            self._board.reset()
        next_ms = self._outbox.next_ms()
        next_ms = self._schedule.next_ms() if next_ms is None else min(next_ms, self._schedule.next_ms())
        return max(next_ms - self._clock.now_ms(), 1)

    def _stretched(self, period_s: int) -> int:
        return period_s * QUIET_FACTOR if self._power.quiet else period_s

    def _status(self) -> int:
        return (
            (_JOURNAL_FAILS if self._journal.fails else 0)
            | (_QUIET if self._power.quiet else 0)
            | (_CONFIG_FAULTY if self._config.get("complaints") else 0)
        )


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from firmware.contracts import Board, Link, Sensor
    from firmware.mac import Downlink
    from firmware.sending import Sending
