"""A sensor whose supply is switched: on for its warm-up and reading, off after it, also when the reading
fails.
"""


class Switched:
    """What the part tells beside its values can be asked of this one too."""

    def __init__(self, sensor: "Sensor", clock: "Clock", power: "Power", warmup_ms: int):
        self._sensor = sensor
        self._clock = clock
        self._power = power
        self._warmup_ms = warmup_ms

    async def read(self) -> "dict[str, int | str]":
        self._power(True)
        try:
            await self._clock.sleep_ms(self._warmup_ms)
            return await self._sensor.read()
        finally:
            self._power(False)

    def __getattr__(self, name: str) -> "Any":
        return getattr(self._sensor, name)


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from firmware.contracts import Clock, Sensor
    from firmware.sensors.buses import Power
