"""What all parts that range by echo have in common: a burst of pings, one distance."""

from codec.compat import const
from firmware.sensors.framing import Framer
from firmware.sensors.robust import burst

PINGS = (7, 5, 15)  # default, least and most of the option `pings`
_POLL_MS = const(50)
_RIPPLE_MM = const(10)
_CALM_MM = const(20)
_CALM_DIVISOR = const(20)  # waves may scatter 5 % of the distance


class Ranger:
    """One distance of a burst of pings; `last` is the robust.Burst behind it: MAD, count of valid pings."""

    def __init__(self, clock: "Clock", pings: int):
        self._clock = clock
        self._pings = pings
        self.last: Burst | None = None

    async def read(self) -> "dict[str, int | str]":
        """{"distance": mm or fault}."""
        self.last = None
        distances, fault = await self._range()
        return {"distance": self._judge(distances, fault)}

    async def _range(self) -> "tuple[list[int], str]":
        """The distances heard, and the fault to report where they are too few."""
        raise NotImplementedError

    def _judge(self, distances: "list[int]", fault: str) -> "int | str":
        if 2 * len(distances) <= self._pings:
            return fault
        self.last = burst(distances, self._pings, _RIPPLE_MM)
        calm_mm = _CALM_MM + self.last.median // _CALM_DIVISOR
        if 2 * self.last.valid <= self._pings or self.last.mad > calm_mm:
            return "unstable"
        return self.last.median


class SerialRanger(Ranger):
    """A part that sends a frame for each ping on its own, `period_ms` apart at most."""

    def __init__(self, uart: "UART", clock: "Clock", pings: int, period_ms: int, parse: "Parse", sure: bool):
        super().__init__(clock, pings)
        self._uart = uart
        self._period_ms = period_ms
        self._parse = parse
        self._sure = sure

    async def _range(self) -> "tuple[list[int], str]":
        self._uart.read()  # what waited in the buffer is old
        framer = Framer(self._parse, self._sure)
        distances = []  # type: list[int]
        deadline_ms = self._clock.now_ms() + 2 * (self._pings + 1) * self._period_ms
        while len(distances) < self._pings and self._clock.now_ms() < deadline_ms:
            await self._clock.sleep_ms(_POLL_MS)
            data = self._uart.read()
            if data:
                distances += framer.feed(data)
        return distances[: self._pings], framer.verdict()


def plausible(mm: int, nearest_mm: int, farthest_mm: int) -> "int | str":
    """The distance, or the fault that it stands for."""
    if mm <= nearest_mm:
        return "too_near"
    return mm if mm <= farthest_mm else "no_echo"


TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.contracts import Clock
    from firmware.sensors.buses import UART
    from firmware.sensors.framing import Parse
    from firmware.sensors.robust import Burst
