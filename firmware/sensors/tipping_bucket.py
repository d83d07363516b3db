"""Tipping-bucket rain gauge: a reed contact that closes once a tip, counted by the board also while it
sleeps.
"""

from codec.compat import const

BUS = "counter"
WARMUP_MS = const(0)
OPTIONS = {"tip_um": (None, (100, 200, 250, 500))}  # rain of one tip

_STEP_UM = const(100)
_KEY = "rain"
_MOST_STEPS = const(10000)  # 1 m of rain in one interval: a contact that flutters
_TOTAL_STEPS = const(100000000)


class Debounce:
    """Edges of the contact in, tips out: what follows within `quiet_ms` is the same tip bouncing."""

    def __init__(self, quiet_ms: int = 50):
        self._quiet_ms = quiet_ms
        self._last_ms = None  # type: int | None

    def edge(self, now_ms: int) -> bool:
        """Whether this edge is a tip."""
        bounces = self._last_ms is not None and now_ms - self._last_ms < self._quiet_ms
        self._last_ms = now_ms
        return not bounces


class TippingBucket:
    """`counter` counts tips since power-on; `rtc` keeps what was reported of them, and is lost with it."""

    def __init__(self, counter: "Counter", clock: "Clock", tip_um: int, rtc: "Store"):
        self._counter = counter
        self._tip_um = tip_um
        self._rtc = rtc

    async def read(self) -> "dict[str, int | str]":
        """Rain since the last reading and in total: the intervals add up to the total, whatever a tip is."""
        tips = self._counter.value()
        saved = self._rtc.get(_KEY)
        before = int.from_bytes(saved, "little") if saved else 0
        if before > tips:  # the counter began anew
            before = 0
        self._rtc.put(_KEY, tips.to_bytes(4, "little"))
        total = tips * self._tip_um // _STEP_UM
        rain = total - before * self._tip_um // _STEP_UM
        return {
            "rain": rain if rain <= _MOST_STEPS else "out_of_range",
            "rain_total": total if total <= _TOTAL_STEPS else "out_of_range",
        }


CLASSES = {"tipping_bucket": TippingBucket}


TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.contracts import Clock, Store
    from firmware.sensors.buses import Counter
