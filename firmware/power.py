"""What a node counts and knows of its power between wakes: when to say the battery, when to go quiet."""

from codec.compat import const

_RECOVERED_CV = const(10)  # above the limit before the node is its old self again


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
