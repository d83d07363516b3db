"""The first half of a wake: read the sensors that are due, keep what they say, judge what has to leave."""

from codec.compat import const
from firmware.journal import Journal
from firmware.marks import Marks
from firmware.sampling import Sampling
from firmware.schedule import Schedule

_QUIET_FACTOR = const(4)  # samples and reports are so much rarer while the battery is low


class Looking:
    """`measure`, then `judge`, then `save`: each once."""

    def __init__(self, board: "Board", plan: "dict[str, Any]", sensors: "list[Sensor]"):
        self._board = board
        self._clock = board.clock()
        self._rtc = rtc = board.rtc()
        self._plan = plan
        self._marks = Marks(rtc, plan["marks_mm"], plan["hysteresis_mm"], plan["rising_mm"])
        self._sampling = Sampling(sensors, plan, self._marks, board)
        self._schedule = Schedule(rtc, len(sensors), board.randrange)
        self._journal = Journal(board.flash(), rtc)
        self._values = {}  # type: dict[str, int | str]
        self._is_slow = False  # some of it is measured so rarely that each time is reported

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
            self._values["number"] = self._journal.add(self._values, self._clock.now_ms())

    def judge(self) -> None:
        """What of this has to leave: an alarm at once, a report when it is due, a hello after a start."""
        now_ms = self._clock.now_ms()
        greets = self._rtc.get("greet")
        alarms = self._sampling.over != self._marks.crossed
        reports = self._is_slow or self._schedule.report_due(now_ms)
        if not self._values or not (greets or alarms or reports):
            return
        from firmware.telling import Telling

        telling = Telling(self._board, self._plan, self._sampling, self._values)
        if greets:
            telling.greet(greets[0])
        if alarms:
            telling.alarm()
            self._marks.crossed = self._sampling.over
        if reports:
            telling.report(self._journal.fails, self._is_slow)
            self._schedule.reported(now_ms, self._stretched(self._plan["interval_s"]))
        telling.save()

    def save(self) -> int:
        """Keep what the next look needs; returns when that is due."""
        for part in (self._schedule, self._marks, self._sampling):
            part.save()
        return self._schedule.next_ms()

    def _stretched(self, period_s: int) -> int:
        return period_s * _QUIET_FACTOR if self._rtc.get("quiet") else period_s


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from firmware.contracts import Board, Sensor
