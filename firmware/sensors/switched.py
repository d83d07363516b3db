"""A sensor whose supply is switched: on for its warm-up and reading, off after it, also when the reading
fails.
"""


class Switched:
    """`sensor` is the part itself, for what it tells beside its values."""

    def __init__(self, sensor: "Sensor", clock: "Clock", power: "Power", warmup_ms: int):
        self.sensor = sensor
        self._clock = clock
        self._power = power
        self._warmup_ms = warmup_ms

    async def read(self) -> "dict[str, int | str]":
        self._power(True)
        try:
            await self._clock.sleep_ms(self._warmup_ms)
            return await self.sensor.read()
        finally:
            self._power(False)


TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.contracts import Clock, Sensor
    from firmware.sensors.buses import Power
