"""The first half of a wake: read the sensors that are due, keep what they say, judge what has to leave."""

from codec import report
from codec.compat import const
from firmware.journal import Journal
from firmware.marks import Marks
from firmware.power import QUIET_FACTOR, Power
from firmware.sampling import Sampling
from firmware.schedule import Schedule

# Bits of `status`, as codec/desk/words.py names them.
_JOURNAL_FAILS = const(1)
_QUIET = const(2)  # a quarter of the samples, no batches
_CONFIG_FAULTY = const(4)
_NOISE_FLOOR = const(16)

_DEEP_SLEEP = const(4)  # of RESET_CAUSES: the usual waking
_REPORT = const(1)  # FPorts, as in firmware/outbox.py
_ALARM = const(3)
_HELLO = const(4)


class Looking:
    """`measure`, then `report`, then `save`: each once."""

    def __init__(self, board: "Board", plan: "dict[str, Any]", sensors: "list[Sensor]"):
        self._board = board
        self._reset_cause = board.reset_cause()
        self._clock = board.clock()
        self._rtc = rtc = board.rtc()
        self._plan = plan
        self._marks = Marks(rtc, plan["marks_mm"], plan["hysteresis_mm"], plan["rising_mm"])
        self._sampling = Sampling(sensors, plan, self._marks, board)
        self._schedule = Schedule(rtc, len(sensors), board.randrange)
        self._power = Power(rtc, plan["quiet_cv"])
        self._journal = Journal(board.flash(), rtc)
        self._waiting = []  # type: list[tuple[int, bytes]]
        self._values = {}  # type: dict[str, int | str]
        self._is_slow = False

    async def measure(self) -> None:
        """Read the sensors that are due and keep it in the journal; steps of the registry or faults."""
        now_ms = self._clock.now_ms()
        for at in self._sampling.due(self._schedule, now_ms):
            seen = await self._sampling.read(at)
            period_s = self._sampling.period_s(at, "distance" in seen)
            self._schedule.sampled(at, now_ms, self._stretched(period_s))
            self._values.update(seen)
            self._is_slow = self._is_slow or self._sampling.is_slow(at)
        if self._values:
            self._number = self._journal.add(self._values, self._clock.now_ms())

    def report(self) -> None:
        """What of this has to leave: an alarm at once, a report when it is due, a hello after a start."""
        if not self._values:
            return
        if self._reset_cause != _DEEP_SLEEP or self._rtc.get("greet"):
            self._greet()
        crossed = self._sampling.over
        if crossed != self._marks.crossed:
            self._alarm(crossed)
        if self._schedule.report_due(self._clock.now_ms()) or self._is_slow:
            self._report()

    def save(self) -> int:
        """Keep what the next look needs; returns when that is due."""
        for part in (self._schedule, self._marks, self._power, self._sampling):
            part.save()
        if self._waiting:
            from firmware.outbox import Outbox

            outbox = Outbox(self._rtc)
            for fport, payload in self._waiting:
                outbox.put(fport, payload, self._clock.now_ms(), fport == _REPORT and self._is_slow)
            outbox.save()
        return self._schedule.next_ms()

    def _greet(self) -> None:
        """After a start that was no waking from sleep, and after new marks: say who this is."""
        from firmware.greeting import hello

        self._rtc.put("greet", b"")
        self._waiting.append((_HELLO, hello(self._board, self._sampling, self._plan, self._reset_cause)))

    def _alarm(self, crossed: int) -> None:
        from codec import dialogue

        self._marks.crossed = crossed
        alarm = dialogue.alarm(self._number, crossed, self._values["distance"], self._sampling.rate)
        self._waiting.append((_ALARM, alarm))

    def _report(self) -> None:
        now_ms = self._clock.now_ms()
        values = self._values
        battery = self._board.battery()
        self._power.judge(battery)
        if self._power.is_due(self._plan["battery_every"]):
            values["battery"] = battery
        if self._status():
            values["status"] = self._status()
        values["number"] = self._number
        self._power.reported()
        self._waiting.append((_REPORT, report.encode(values)))
        self._schedule.reported(now_ms, self._stretched(self._plan["interval_s"]))

    def _stretched(self, period_s: int) -> int:
        return period_s * QUIET_FACTOR if self._power.quiet else period_s

    def _status(self) -> int:
        return (
            (_JOURNAL_FAILS if self._journal.fails else 0)
            | (_QUIET if self._power.quiet else 0)
            | (_CONFIG_FAULTY if self._plan["faulty"] else 0)
            | (_NOISE_FLOOR if self._sampling.at_floor else 0)
        )


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from firmware.contracts import Board, Sensor
