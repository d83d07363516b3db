"""One look at the world: the sensors that are due, and pings again where a mark is at stake."""

from codec.compat import const
from codec.registry import TABLE

_LOOKS = const(3)  # a mark counts as crossed, or left, when two of three looks say so
_BETWEEN_LOOKS_MS = const(1500)
_LEVEL = "distance"
_ALL_PCT = const(100)


class Sampling:
    """`sensors` in the order of the config's rows; what they see is judged by `marks`."""

    def __init__(self, sensors: "list[Sensor]", config: "dict[str, Any]", marks: "Marks", board: "Board"):
        self._sensors = sensors
        self._rows = config["sensors"]
        self._config = config
        self._marks = marks
        self._clock = board.clock()
        self._rtc = board.rtc()
        self._log = board.log
        saved = (self._rtc.get("seen") or b"").decode().split(";")
        # of each sensor the quantities it was seen to measure
        self._names = [names.split(",") if names else [] for names in saved]
        if len(self._names) != len(sensors):
            self._names = [[] for _ in sensors]
        self.over = marks.crossed  # how many marks the water is over, by two of three looks
        self.rate = None  # type: int | None  # of the distance, in mm a minute
        self.at_floor = False  # a microphone heard nothing above its own noise
        self.in_blocks = False  # or only a part of the time

    def due(self, schedule: "Schedule", now_ms: int) -> "list[int]":
        """Which sensors to read: a report holds all but those that are read more rarely than it is sent."""
        due = schedule.samples_due(now_ms)
        if schedule.report_due(now_ms):
            due += [at for at in range(len(self._sensors)) if at not in due and not self.is_slow(at)]
        return due

    def is_slow(self, at: int) -> bool:
        """Whether a sensor is read so rarely that each of its readings is reported."""
        return self._asked_s(at) >= self._config["interval_s"]

    def period_s(self, at: int, level: bool) -> int:
        """How long until a sensor is read again; `level` says that it just saw the water."""
        if level and self._marks.rising:
            return min(self._config["rising_s"], self._asked_s(at))
        return self._asked_s(at)

    async def read(self, at: int) -> "dict[str, int | str]":
        """What one sensor sees, of the quantities the config wants."""
        sensor = self._sensors[at]
        seen = await sensor.read()
        self.at_floor = self.at_floor or getattr(sensor, "at_floor", False)
        self.in_blocks = self.in_blocks or getattr(sensor, "duty_pct", _ALL_PCT) < _ALL_PCT
        wanted = self._config["quantities"]
        values = {name: self._offset(name, seen[name]) for name in seen if not wanted or name in wanted}
        self._names[at] = sorted(values)
        level = values.get(_LEVEL)
        if isinstance(level, int):
            values[_LEVEL] = level = await self._sure(at, level)
            self.rate = self._marks.rate_mm_min(level, self._clock.now_ms())
            self._marks.saw(level, self._clock.now_ms())
        return values

    async def _sure(self, at: int, distance_mm: int) -> int:
        """The distance, or where it crosses a mark the median of three looks, taken within seconds."""
        if self._marks.over(distance_mm) == self._marks.crossed:
            return distance_mm
        looks_mm = [distance_mm]
        for _ in range(_LOOKS - 1):
            await self._clock.sleep_ms(_BETWEEN_LOOKS_MS)
            again_mm = self._offset(_LEVEL, (await self._sensors[at].read()).get(_LEVEL, "no_answer"))
            if isinstance(again_mm, int):
                looks_mm.append(again_mm)
        median_mm = sorted(looks_mm)[len(looks_mm) // 2]
        if len(looks_mm) > 1:  # one look alone settles nothing
            self.over = self._marks.over(median_mm)
        return median_mm

    def measures(self) -> "list[str]":
        """The quantities of this node, as far as its sensors have shown them."""
        return [name for names in self._names for name in names]

    def save(self) -> None:
        self._rtc.put("seen", ";".join([",".join(names) for names in self._names]).encode())

    def _offset(self, name: str, value: "int | str") -> "int | str":
        """The value put right by its ordered offset; what cannot travel becomes a fault, and is said."""
        if not isinstance(value, int):
            return value
        value += self._config.get(f"offset_{name}", 0)
        at = TABLE.index(name)
        least, most = TABLE[at + 2], TABLE[at + 3]
        if least <= value <= most:
            return value
        self._log(f"{name} {value} is not within {least}..{most}: sent as the fault out_of_range")
        return "out_of_range"

    def _asked_s(self, at: int) -> int:
        """How often a sensor is read: as the config says, or more often for one of its quantities' sake."""
        usual_s = self._rows[at].get("sample_s", self._config["sample_s"])
        ordered_s = [self._config.get(f"sample_{name}_s") for name in self._names[at]]
        return min([each_s for each_s in ordered_s if each_s] or [usual_s])


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from firmware.contracts import Board, Sensor
    from firmware.marks import Marks
    from firmware.schedule import Schedule
