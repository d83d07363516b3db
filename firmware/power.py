"""What a node counts and knows of its power between wakes: when to say the battery, when to go quiet."""

from codec.compat import const

_RECOVERED_CV = const(10)  # above the limit before the node is its old self again
_EMPTY_CV = const(300)  # of one lithium cell, as the boards charge it
_FULL_CV = const(420)


def level(battery: "int | str") -> int:
    """For DevStatusAns (TS001-1.0.4 5.5): 1 empty to 254 full, 0 another supply, 255 not to be told."""
    if not isinstance(battery, int):
        return 0 if battery == "no_answer" else 255
    battery = min(max(battery, _EMPTY_CV), _FULL_CV)
    return 1 + 253 * (battery - _EMPTY_CV) // (_FULL_CV - _EMPTY_CV)


class Power:
    def __init__(self, rtc: "Store", quiet_cv: int):
        self._rtc = rtc
        self._quiet_cv = quiet_cv
        self.quiet = bool(rtc.get("quiet"))
        self._reports = int.from_bytes(rtc.get("power") or b"", "little")

    def judge(self, battery: "int | str") -> None:
        """Learn the battery's voltage in 10 mV; a fault changes nothing."""
        if isinstance(battery, int):
            self.quiet = battery < self._quiet_cv + (_RECOVERED_CV if self.quiet else 0)

    def is_due(self, battery_every: int) -> bool:
        """Whether this report says the battery: it sinks over months, and the first after power-on asks."""
        return self.quiet or self._reports % battery_every == 0

    def reported(self) -> None:
        self._reports += 1

    def save(self) -> None:
        self._rtc.put("quiet", b"1" if self.quiet else b"")
        self._rtc.put("power", self._reports.to_bytes(4, "little"))


TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.contracts import Store
