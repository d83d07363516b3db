"""DFRobot SEN0232 analogue sound level meter: 50 dB(A) a volt, time weighting F built in."""

import math

from codec.compat import const
from firmware.sensors.sound_levels import NAMES, PERIOD, Levels

BUS = "adc"
WARMUP_MS = const(1000)  # not in the data sheet: eight time constants
OPTIONS = {"window_s": (60, 1, 3600), "offset_ddb": (0, -60, 60)}

_UV_PER_DB = 20000.0
_UNPLUGGED_UV = const(300000)
_LEAST_UV = const(580000)  # 0.6 V are 30 dB(A), the least it measures; 20 mV for the converter
_MOST_UV = const(2620000)  # 2.6 V are 130 dB(A)
_DB = 4.3429448190  # 10 / ln 10


def parse(uv: int) -> "float | str":
    """Level in dB(A), or the fault that the voltage stands for."""
    if uv < _UNPLUGGED_UV:
        return "no_answer"
    if uv > _MOST_UV:
        return "overload"
    return uv / _UV_PER_DB if uv >= _LEAST_UV else "out_of_range"


class SEN0232:
    def __init__(self, adc: "ADC", clock: "Clock", window_s: int, offset_ddb: int):
        self._adc = adc
        self._clock = clock
        self._periods = 1000 * window_s // PERIOD
        self._offset_db = offset_ddb / 10

    async def read(self) -> "dict[str, int | str]":
        """LAeq, LAFmax, L10 and L90 in steps of 0.1 dB of the levels F every 125 ms; one fault spoils all."""
        levels = Levels(0.0)
        for _ in range(self._periods):
            await self._clock.sleep_ms(PERIOD)
            level_db = parse(self._adc.read_uv())
            if isinstance(level_db, str):
                return {name: level_db for name in NAMES}  # noqa: C420 - keeps the type of the values open
            square = math.exp((level_db + self._offset_db) / _DB)
            levels.count(square, square)
        return levels.result()


CLASSES = {"sen0232": SEN0232}


TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.contracts import Clock
    from firmware.sensors.buses import ADC
