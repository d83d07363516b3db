"""The battery's voltage through the board's divider."""

from codec.compat import const
from firmware.sensors.robust import median

BUS = "adc"
WARMUP_MS = const(10)  # the divider's capacitor, where its lower end is switched
OPTIONS = {"upper_kohm": (None, 0, 10000), "lower_kohm": (None, 1, 10000)}

_CONVERSIONS = const(9)
_PAUSE_MS = const(1)
_STEP_UV = const(10000)
_ABSENT_CV = const(50)  # no battery: the node runs from USB
_MOST_CV = const(3000)


def centivolts(pin_uv: int, upper_kohm: int, lower_kohm: int) -> "int | str":
    """Steps of 10 mV at the battery of what the pin sees between the two resistors."""
    cv = (pin_uv * (upper_kohm + lower_kohm) // lower_kohm + _STEP_UV // 2) // _STEP_UV
    if cv < _ABSENT_CV:
        return "no_answer"
    return cv if cv <= _MOST_CV else "out_of_range"


class Battery:
    def __init__(self, adc: "ADC", clock: "Clock", upper_kohm: int, lower_kohm: int):
        self._adc = adc
        self._clock = clock
        self._upper_kohm = upper_kohm
        self._lower_kohm = lower_kohm

    async def read(self) -> "dict[str, int | str]":
        """{"battery": steps of 10 mV or fault}."""
        pins_uv = []
        for _ in range(_CONVERSIONS):
            pins_uv.append(self._adc.read_uv())
            await self._clock.sleep_ms(_PAUSE_MS)
        return {"battery": centivolts(median(pins_uv), self._upper_kohm, self._lower_kohm)}


CLASSES = {"battery": Battery}


TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.contracts import Clock
    from firmware.sensors.buses import ADC
