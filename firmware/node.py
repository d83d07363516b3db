"""The life of a node: wake, measure, report, send, obey, sleep."""

from codec import report
from codec.compat import const
from firmware import outbox as ports
from firmware import settings
from firmware.journal import Journal
from firmware.marks import Marks
from firmware.outbox import Outbox
from firmware.power import QUIET_FACTOR, Power
from firmware.sampling import Sampling
from firmware.schedule import Schedule

_RETRY_MS = const(30000)  # after a join that nobody answered, beside what the duty cycle asks for
_ALARM_TRIES = const(8)
_YOUNG_MS = const(2000)  # a report this young needs no age
_DATED_MS = const(11000)  # from here on a report carries its age

# Bits of `status`
JOURNAL_FAILS = const(1)  # flash is full or worn out
QUIET = const(2)  # the battery is low: a quarter of the samples, no batches
CONFIG_FAULTY = const(4)  # part of config.json was refused; `messfunk node check` says which


class Node:
    """One wake of one node. Deep sleep ends the program: only the board's stores outlive `wake()`.

    `open_link` loads the way to the air, which a wake that only samples does not need.
    """

    def __init__(
        self,
        board: "Board",
        open_link: "Callable[[], Link]",
        sensors: "list[Sensor]",
        config: "dict[str, Any]",
    ):
        self._board = board
        self._open_link = open_link
        self._clock = board.clock()
        self._flash, rtc = board.flash(), board.rtc()
        self._config = config = settings.load(self._flash, config)
        self._marks = Marks(rtc, config["marks_mm"], config["hysteresis_mm"], config["rising_mm"])
        self._sampling = Sampling(sensors, config, self._marks, self._clock)
        self._schedule = Schedule(rtc, len(sensors), board.randrange)
        self._journal = Journal(self._flash, rtc)
        self._outbox = Outbox(rtc)
        self._power = Power(rtc, config["quiet_cv"])

    async def wake(self) -> int:
        """One life between two sleeps; returns for how many ms to sleep."""
        self._greet()
        values = await self._measure()
        if values:
            self._report(values)
        downlink = await self._send()
        if downlink:
            self._obey(downlink)
        return self._sleep()

    def _greet(self) -> None:
        """After a start that was no waking from sleep: say who this is and why it started."""

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

    def _report(self, values: "dict[str, int | str]") -> None:
        """Put into the outbox what of this look has to leave: an alarm at once, a report when it is due."""
        now_ms = self._clock.now_ms()
        values["number"] = self._number
        if self._sampling.over != self._marks.crossed:
            self._marks.crossed = self._sampling.over
            self._outbox.put(ports.ALARM, report.encode(values), now_ms)
        elif self._schedule.report_due(now_ms) or self._is_slow:
            battery = self._board.battery()
            self._power.judge(battery)
            if self._power.is_due(self._config["battery_every"]):
                values["battery"] = battery
            if self._status():
                values["status"] = self._status()
            self._power.reported()
            self._outbox.put(ports.REPORT, report.encode(values), now_ms)
        else:
            return
        self._schedule.reported(now_ms, self._stretched(self._config["interval_s"]))

    async def _send(self) -> "Downlink | None":
        """The most urgent of what waits, if the air is free; returns what the gateway had to say."""
        one = self._outbox.first(self._clock.now_ms())
        if one is None:
            return None
        link = self._open_link()
        downlink = None
        if not link.joined() and not await link.join():
            self._outbox.wait_until(self._clock.now_ms() + max(link.wait_ms(), _RETRY_MS))
            return None
        if one.fport == ports.REPORT and _YOUNG_MS < self._clock.now_ms() - one.since_ms < _DATED_MS:
            self._outbox.defer(one, one.since_ms + _DATED_MS)
            return None
        is_alarm = one.fport == ports.ALARM
        if is_alarm or not link.wait_ms():  # alarms have a reserve of airtime
            payload = _dated(one, self._clock.now_ms())
            confirmed = self._is_confirmed(one)
            downlink = await link.send(one.fport, payload, confirmed, is_alarm)
            heard = not confirmed or (downlink is not None and downlink.ack)
            if heard or not is_alarm or one.tries == _ALARM_TRIES:
                self._outbox.sent(one)
            else:
                self._outbox.again(one, self._clock.now_ms())
        self._outbox.wait_until(self._clock.now_ms() + link.wait_ms())
        return downlink

    def _obey(self, downlink: "Downlink") -> None:
        """Do what a command on FPort 10 asks and put the answer into the outbox."""

    def _sleep(self) -> int:
        """Save what the next wake needs; how long until something is due."""
        for part in (self._schedule, self._marks, self._outbox, self._power):
            part.save()
        next_ms = self._outbox.next_ms()
        next_ms = self._schedule.next_ms() if next_ms is None else min(next_ms, self._schedule.next_ms())
        return max(next_ms - self._clock.now_ms(), 1)

    def _is_confirmed(self, one: "Waiting") -> bool:
        every = self._config["confirm_every"]
        return one.fport == ports.ALARM or (
            one.fport == ports.REPORT and every > 0 and self._power.reports % every == 0
        )

    def _stretched(self, period_s: int) -> int:
        return period_s * QUIET_FACTOR if self._power.quiet else period_s

    def _status(self) -> int:
        return (
            (JOURNAL_FAILS if self._journal.fails else 0)
            | (QUIET if self._power.quiet else 0)
            | (CONFIG_FAULTY if self._config.get("complaints") else 0)
        )


def _dated(one: "Waiting", now_ms: int) -> bytes:
    """A report's payload with its age, where it has one."""
    age_ms = now_ms - one.since_ms
    if one.fport != ports.REPORT or age_ms < _DATED_MS:
        return one.payload
    values = report.decode(one.payload)
    values["age_s"] = age_ms // 1000
    return report.encode(values)


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from firmware.contracts import Board, Link, Sensor
    from firmware.mac import Downlink
    from firmware.outbox import Waiting
