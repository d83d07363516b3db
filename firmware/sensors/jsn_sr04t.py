"""JSN-SR04T ultrasonic distance sensor by trigger and echo (R27 open): the echo's length times the speed of
sound.

The part does not compensate the temperature: at 3 m that would cost +226 mm at -20 degC and -99 mm at 40
degC. So a climate part is read before the pings, and its temperature is reported with the distance.
"""

from codec.compat import const
from firmware.sensors.ranging import PINGS, Ranger, plausible
from firmware.sensors.speed_of_sound import speed_m_s

BUS = "echo"
WARMUP_MS = const(500)  # not in the data sheet: a reserve
OPTIONS = {"pings": PINGS, "climate": (None, dict)}

_NEAREST_MM = const(200)
_FARTHEST_MM = const(6000)
_GARBAGE_US = const(100)  # v2.0 boards answer 9 to 32 us when nothing came back
_LONGEST_US = const(38000)  # no target: the line stays high for 40 or 60 ms
_BETWEEN_MS = const(60)  # until the last echo has died away


def parse(echo_us: int, speed_m_s: float) -> "int | str":
    """A distance in mm or a fault, of the echo's length as of machine.time_pulse_us (negative: none)."""
    if echo_us < 0:
        return "no_answer"
    if echo_us < _GARBAGE_US or echo_us > _LONGEST_US:
        return "no_echo"
    return plausible(int(speed_m_s * echo_us / 2000 + 0.5), _NEAREST_MM, _FARTHEST_MM)


class JSNSR04T(Ranger):
    """`echo()` triggers and measures one pulse in us; `climate` reads a temperature of the air."""

    def __init__(self, echo: "Echo", clock: "Clock", pings: int, climate: "Sensor"):
        super().__init__(clock, pings)
        self._echo = echo
        self._climate = climate
        self._air = {}  # type: dict[str, int | str]

    async def read(self) -> "dict[str, int | str]":
        self._air = await self._climate.read()
        values = await super().read()
        values.update(self._air)
        return values

    async def _range(self) -> "tuple[list[int], str]":
        speed = speed_m_s(self._air)
        distances = []
        fault = "no_answer"
        for _ in range(self._pings):
            ping = parse(self._echo(), speed)
            if isinstance(ping, str):
                fault = ping
            else:
                distances.append(ping)
            await self._clock.sleep_ms(_BETWEEN_MS)
        return distances, fault


CLASSES = {"jsn_sr04t": JSNSR04T}


TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.contracts import Clock, Sensor
    from firmware.sensors.buses import Echo
