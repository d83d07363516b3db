"""A contact to ground whose closings are counted: by interrupt while awake, in deep sleep by waking."""

import time

import machine

from firmware.sensors.tipping_bucket import Debounce

KEPT = "contact"  # in RTC memory: pin, whether it was closed, tips
_COUNT = 2  # where the tips begin


class Contact:
    """For a board that stays awake."""

    def __init__(self, pin: int):
        self._pin = pin
        self._tips = 0
        self._debounce = Debounce()
        self._wired = machine.Pin(pin, machine.Pin.IN, machine.Pin.PULL_UP)
        self._wired.irq(self._edge, machine.Pin.IRQ_FALLING)

    def value(self) -> int:
        return self._tips

    def _edge(self, pin: "Any" = None) -> None:
        self._tips += self._debounce.edge(time.ticks_ms())  # type: ignore[attr-defined]


class WakingContact(Contact):
    """For an ESP32: its ext0 input, of which there is one, ends deep sleep when the contact closes.

    A bucket that rests on its contact must not keep the node awake: then the opening is waited for.
    """

    def __init__(self, pin: int, rtc: "Store"):
        super().__init__(pin)
        self._rtc = rtc
        kept = rtc.get(KEPT)
        if not kept or kept[0] != pin:
            return
        was_closed = kept[1]
        self._tips = int.from_bytes(kept[_COUNT:], "little")
        closed = machine.wake_reason() == machine.PIN_WAKE or not self._wired.value()
        if closed and not was_closed:  # else it has opened, or never did
            self._edge()

    def sleep(self) -> None:
        """Ready for deep sleep, which ends this program."""
        import esp32

        is_closed = not self._wired.value()
        self._rtc.put(KEPT, bytes((self._pin, is_closed)) + self._tips.to_bytes(4, "little"))
        esp32.wake_on_ext0(
            pin=self._wired, level=esp32.WAKEUP_ANY_HIGH if is_closed else esp32.WAKEUP_ALL_LOW
        )


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from firmware.contracts import Store
