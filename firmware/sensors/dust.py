"""What the dust sensors have in common: wake, let the air stream settle, take a burst, sleep."""

from codec.compat import const
from firmware.sensors.framing import Framer
from firmware.sensors.robust import median

WARMUP_MS = const(1000)  # from power to the first command; the fan's time comes after waking
BURST = const(5)
PAUSE_MS = const(1000)
_MOST_STEPS = const(10000)


def settled(frames: "list[tuple[int, ...]]", names: "tuple[str, ...]", fault: str) -> "dict[str, int | str]":
    """The median of each quantity, or `fault` for all where less than half of the burst arrived."""
    if 2 * len(frames) <= BURST:
        return {name: fault for name in names}  # noqa: C420 - no dict.fromkeys on a dict of mixed values
    return {name: median([frame[place] for frame in frames]) for place, name in enumerate(names)}


def plausible(steps: "tuple[int, ...]") -> "tuple[int, ...] | str":
    """`steps` by growing size of the particles: each class holds those before it, or the frame is not one."""
    previous = 0
    for value in steps:
        if value < previous:
            return "bad_data"
        previous = value
    return steps if previous <= _MOST_STEPS else "out_of_range"


class SerialDust:
    """Asked each second after its warm-up; `wake` and `sleep` are commands with the pause after each."""

    def __init__(
        self,
        uart: "UART",
        clock: "Clock",
        parse: "Parse",
        names: "tuple[str, ...]",
        wake: "tuple[tuple[bytes, int], ...]",
        ask: bytes,
        sleep: "tuple[tuple[bytes, int], ...]",
    ):
        self._uart = uart
        self._clock = clock
        self._parse = parse
        self._names = names
        self._wake = wake
        self._ask = ask
        self._sleep = sleep

    async def read(self) -> "dict[str, int | str]":
        """Steps of 0.1 ug/m3 by name, or the fault. What comes before the warm-up has passed is not used."""
        await self._say(self._wake)
        self._uart.read()
        framer = Framer(self._parse, True)
        frames = []  # type: list[tuple[int, ...]]
        for _ in range(2 * BURST):
            if len(frames) < BURST:
                self._uart.write(self._ask)
                await self._clock.sleep_ms(PAUSE_MS)
                frames += framer.feed(self._uart.read() or b"")
        await self._say(self._sleep)
        return settled(frames[:BURST], self._names, framer.verdict())

    async def _say(self, commands: "tuple[tuple[bytes, int], ...]") -> None:
        for command, pause_ms in commands:
            self._uart.write(command)
            await self._clock.sleep_ms(pause_ms)


TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.contracts import Clock
    from firmware.sensors.buses import UART
    from firmware.sensors.framing import Parse
