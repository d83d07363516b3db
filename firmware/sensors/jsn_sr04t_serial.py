"""JSN-SR04T and AJ-SR04M ultrasonic distance sensors by UART (R27 = 47 kOhm: a frame every 100 ms, 9600 8N1).

A frame is FF, distance in mm (high, low) and a checksum. Boards before V3.3 assume a speed of sound of 340
m/s whatever the temperature: for them a climate part is named, read before the pings and reported with the
distance. The two differ in it, and a frame of one may pass for a damaged frame of the other: the variant is
chosen, never guessed.
"""

from codec.compat import const
from firmware.sensors.ranging import PINGS, SerialRanger, plausible
from firmware.sensors.speed_of_sound import speed_m_s

BUS = "uart"
BAUDRATE = const(9600)
WARMUP_MS = const(500)  # not in the data sheet: a reserve
OPTIONS = {"pings": PINGS, "variant": (None, ("jsn", "aj")), "climate": (False, dict)}

_FRAME = const(4)
_NEAREST_MM = const(200)
_FARTHEST_MM = const(6000)
_PERIOD_MS = const(100)
_ASSUMED_M_S = const(340)  # manual, mode 2
_CHECKSUM_START = {"jsn": 0xFF, "aj": 0x00}  # AJ-SR04M leaves the head out of the sum


def parser(variant: str) -> "Parse":
    start = _CHECKSUM_START[variant]

    def parse(buffer: bytes, at: int) -> "tuple[int, int | str | None]":
        if len(buffer) - at < _FRAME:
            return -1, None
        head, high, low, checksum = buffer[at : at + _FRAME]
        if head != 0xFF or (start + high + low) & 0xFF != checksum:
            return 0, None
        return _FRAME, plausible(high << 8 | low, _NEAREST_MM, _FARTHEST_MM)

    return parse


class JSNSR04TSerial(SerialRanger):
    """too_near within 200 mm, no_echo beyond 6 m. Without `climate` distances are as the part has them."""

    def __init__(
        self, uart: "UART", clock: "Clock", pings: int, variant: str, climate: "Sensor | None" = None
    ):
        super().__init__(uart, clock, pings, _PERIOD_MS, parser(variant), False)
        self._climate = climate
        self._air: dict[str, int | str] = {}

    async def read(self) -> "dict[str, int | str]":
        if self._climate:
            self._air = await self._climate.read()
        values = await super().read()
        values.update(self._air)
        return values

    async def _range(self) -> "tuple[list[int], str]":
        distances, fault = await super()._range()
        if self._climate:
            factor = speed_m_s(self._air) / _ASSUMED_M_S
            distances = [int(mm * factor + 0.5) for mm in distances]
        return distances, fault


CLASSES = {"jsn_sr04t_serial": JSNSR04TSerial}


TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.contracts import Clock, Sensor
    from firmware.sensors.buses import UART
    from firmware.sensors.framing import Parse
