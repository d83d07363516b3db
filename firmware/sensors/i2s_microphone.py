"""TDK INMP441 and ICS-43434 MEMS microphones on I2S: A-weighted levels of `window_s` seconds.

Samples live in one buffer in RAM for 25 to 125 ms and are overwritten with zeros at the end; nothing but four
levels leaves this module.
"""

from array import array

from codec.compat import const
from firmware.sensors.sound_levels import NAMES, Levels

BUS = "i2s"
WARMUP_MS = const(85)  # 2**18 clocks (INMP441, power-up)
OPTIONS = {
    "rate_hz": (48000, (48000, 32000, 24000)),
    "window_s": (60, 1, 3600),
    "offset_ddb": (0, -60, 60),  # of this microphone, by a calibrator of 94 dB at 1 kHz
}

# Both parts: a sine of 94 dB at 1 kHz has its peak at -26 dBFS of 2**23, its power 3.01 dB below that.
_REFERENCE_DB = 94 + 26 + 3.0103 - 138.4738
_SETTLE_MS = const(250)  # the output wanders after power-on
_RESTART_MS = const(50)  # a gap in the sound is a step, and the filter forgets it to -56 dB
_BUFFER_MS = const(100)  # of the board
_POLL_MS = const(25)
_FULL_MS = const(90)
_FULL_SCALE = const(0x7F000000)
_FLOOR_OVER_NOISE_DDB = const(90)  # there the microphone's own noise adds 0.5 dB


class _Microphone:
    """After `read`, `at_floor` tells that LAeq holds its own noise, `duty_pct` how much was heard."""

    OWN_NOISE_DDB = 0

    def __init__(
        self,
        i2s: "I2S",
        clock: "Clock",
        rate_hz: int,
        window_s: int,
        offset_ddb: int,
        weighting: "type[Weighting] | None" = None,
    ):
        self._i2s = i2s
        self._clock = clock
        self._window_ms = 1000 * window_s
        self._reference_db = _REFERENCE_DB + offset_ddb / 10
        self._weighting = (weighting or _fastest())(rate_hz)
        self._chunk_ms = self._weighting.CHUNK_MS
        self._size = rate_hz * self._chunk_ms // 1000
        self.at_floor = False
        self.duty_pct = 0

    async def read(self) -> "dict[str, int | str]":
        """LAeq, LAFmax, L10 and L90 in steps of 0.1 dB, or the fault."""
        samples = array("i", bytes(4 * self._size))
        try:
            return await self._listen(samples)
        except OSError:
            return _all("no_answer")
        finally:
            for place in range(len(samples)):
                samples[place] = 0
            self._weighting.reset()

    async def _listen(self, samples: "array[int]") -> "dict[str, int | str]":
        levels = Levels(self._reference_db)
        squares = array("f", bytes(4 * self._chunk_ms))
        silent_ms = clipped_ms = heard_ms = 0
        skip_ms = _SETTLE_MS
        due_ms = began_ms = self._clock.now_ms()
        while due_ms - began_ms < _SETTLE_MS + self._window_ms:
            await self._clock.until_ms(due_ms + _POLL_MS)
            behind_ms = self._clock.now_ms() - due_ms
            if behind_ms > _FULL_MS:  # sound was lost behind what the buffer holds: begin again after it
                due_ms += behind_ms
                for _ in range(0, _BUFFER_MS, self._chunk_ms):
                    self._i2s.readinto(samples)
                skip_ms = max(skip_ms, _RESTART_MS)
                self._weighting.reset()
            self._i2s.readinto(samples)
            due_ms += self._chunk_ms
            least, most = min(samples), max(samples)
            self._weighting.run(samples, squares)
            if skip_ms < self._chunk_ms:
                heard_ms += self._chunk_ms - skip_ms
                silent_ms += self._chunk_ms - skip_ms if least == most else 0
                clipped_ms += self._chunk_ms - skip_ms if most >= _FULL_SCALE or least <= -_FULL_SCALE else 0
                for square in squares[skip_ms:]:
                    levels.add(square)
            skip_ms = max(0, skip_ms - self._chunk_ms)
        self.duty_pct = min(100, 100 * heard_ms // self._window_ms)
        if heard_ms == 0:  # never 50 ms in a row
            return _all("not_ready")
        if silent_ms == heard_ms:
            return _all("stuck" if samples[0] else "no_answer")
        return self._judged(levels.result(), 100 * clipped_ms // heard_ms, clipped_ms > 0)

    def _judged(
        self, values: "dict[str, int | str]", clipped_pct: int, clipped: bool
    ) -> "dict[str, int | str]":
        """What clipped was louder than measured: no mean, no maximum; L10 and L90 hold while it is rare."""
        laeq = values["laeq"]
        self.at_floor = isinstance(laeq, int) and laeq < self.OWN_NOISE_DDB + _FLOOR_OVER_NOISE_DDB
        for name, bearable in (
            ("laeq", not clipped),
            ("lafmax", not clipped),
            ("l10", clipped_pct < 10),
            ("l90", clipped_pct < 90),
        ):
            if not bearable:
                values[name] = "overload"
        return values


class INMP441(_Microphone):
    OWN_NOISE_DDB = 330


class ICS43434(_Microphone):
    OWN_NOISE_DDB = 290


def _fastest() -> "type[Weighting]":
    """Native code where the chip runs it; elsewhere bytecode, which hears a part of the time."""
    try:
        from firmware.sensors import a_weighting_viper

        return a_weighting_viper.Weighting
    except (ImportError, SyntaxError, ValueError):  # no viper, or a .mpy for another processor
        from firmware.sensors import a_weighting

        return a_weighting.Weighting


def _all(fault: str) -> "dict[str, int | str]":
    return {name: fault for name in NAMES}  # noqa: C420 - keeps the type of the values open


CLASSES = {"inmp441": INMP441, "ics43434": ICS43434}


TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.contracts import Clock
    from firmware.sensors.buses import I2S, Weighting
