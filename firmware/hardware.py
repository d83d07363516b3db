"""A real board behind the contract: MicroPython's `machine` on the pins that the board's module names."""

import gc
import sys
import time

import machine

from codec.compat import const
from firmware.store import RtcMemory, file_store

_WATCHDOG_MS = const(8000)  # the longest that every port can
_SLICE_MS = const(2000)
_WINDOW_S = const(3)  # at power-on, for the workbench
_PARITIES = {"none": None, "even": 0, "odd": 1}
_MODEM_BUFFER = const(1024)  # the longest downlink in hex, and what is printed around it


def is_held(pins: "Any") -> bool:
    """Whether somebody wants the REPL. Comes before the watchdog, which nothing stops again."""
    if machine.reset_cause() == machine.DEEPSLEEP_RESET:
        return False
    time.sleep(_WINDOW_S)  # Ctrl-C ends main.py here
    pin = pins.BOOT_PIN
    return pin is not None and not machine.Pin(pin, machine.Pin.IN, machine.Pin.PULL_UP).value()


class HardwareClock:
    """The clock of the chip, which runs on in deep sleep; waiting feeds the watchdog."""

    def __init__(self, watchdog: "machine.WDT"):
        self._watchdog = watchdog

    def now_ms(self) -> int:
        return time.time_ns() // 1000000

    async def sleep_ms(self, duration_ms: int) -> None:
        await self.until_ms(self.now_ms() + duration_ms)

    async def until_ms(self, when_ms: int) -> None:
        self.rest_until(when_ms)

    def rest_until(self, when_ms: int) -> None:
        self._watchdog.feed()
        while True:
            left_ms = when_ms - self.now_ms()
            if left_ms <= 0:
                return
            time.sleep_ms(min(left_ms, _SLICE_MS))  # type: ignore[attr-defined]
            self._watchdog.feed()


class Hardware:
    """`pins` is a module of boards/, on the device under the name `board`."""

    _chips = None  # type: Any  # firmware.link.chips, once this wake has needed it
    _rested = False  # where a rest does not end the program

    def __init__(self, pins: "Any"):
        self.NAME = pins.NAME
        self.NUMBER = pins.NUMBER
        self.LINK = "rui3" if pins.RADIO["chip"] == "rui3" else "native"
        self.PINS = pins
        self.contacts = {}  # type: dict[int, Any]  # by pin: what firmware.contact counts
        if pins.DEEP_SLEEP:
            self._rtc = RtcMemory(machine.RTC())  # type: Store
        else:
            from firmware.ram import Ram

            self._rtc = Ram()
        self._flash = file_store("/")
        self._clock = HardwareClock(machine.WDT(timeout=_WATCHDOG_MS))
        if pins.SENSOR_POWER:
            pin, on = pins.SENSOR_POWER
            machine.Pin(pin, machine.Pin.OUT, value=on)
        if "rails" in pins.BATTERY:
            self._cell().begin(pins.BATTERY, self)
        kept = self._rtc.get("contact")
        if kept and machine.reset_cause() == machine.DEEPSLEEP_RESET:
            self.counter(kept[0])

    def clock(self) -> HardwareClock:
        return self._clock

    def flash(self) -> "Store":
        return self._flash

    def rtc(self) -> "Store":
        return self._rtc

    def radio(self, hz: int) -> "Radio":
        from firmware.link import chips  # by the wakes that send

        self._chips = chips
        return chips.open_radio(self.PINS.RADIO, self._clock, hz)

    def modem(self) -> "machine.UART":
        row = self.PINS.RADIO
        return machine.UART(row["uart"], row["baudrate"], tx=row["tx"], rx=row["rx"], rxbuf=_MODEM_BUFFER)

    def uart(self, port: int, baudrate: int, parity: str = "none") -> "machine.UART":
        tx, rx = _port(self.PINS.UARTS, "UART", port)
        return machine.UART(port, baudrate, parity=_PARITIES[parity], tx=tx, rx=rx)

    def i2c(self, port: int) -> "machine.I2C":
        scl, sda = _port(self.PINS.I2CS, "I2C", port)
        return machine.I2C(port, scl=machine.Pin(scl), sda=machine.Pin(sda))

    def __getattr__(self, name: str) -> "Any":
        """The buses that few nodes have, opened as the others."""
        if name not in ("adc", "power", "echo", "i2s", "counter"):
            raise AttributeError(name)
        opener = __import__("firmware.bare", None, None, ("BUSES",)).BUSES[name]
        return lambda *given: opener(self, *given)

    def log(self, line: str) -> None:
        print(line)  # noqa: T201

    def battery(self) -> "int | str":
        return self._cell().read(self.PINS.BATTERY, self)

    def _cell(self) -> "Any":
        return __import__("firmware.supply." + self.PINS.BATTERY["by"], None, None, ("read",))

    def randrange(self, stop: int) -> int:
        import os

        return int.from_bytes(os.urandom(4), "little") % stop

    def reset_cause(self) -> int:
        """machine's number, with 6 for power that sagged but kept the memory of deep sleep: a brown-out."""
        if self._rested:
            return machine.DEEPSLEEP_RESET
        cause = machine.reset_cause()
        return 6 if cause == machine.PWRON_RESET and self._rtc.get("schedule") else cause

    def forget(self) -> None:
        """What still runs keeps its own modules alive; the rest of their memory is free again."""
        for name in list(sys.modules):
            if name.split(".")[0] in ("codec", "firmware"):
                del sys.modules[name]
        gc.collect()

    def reset(self) -> None:
        machine.reset()

    def sleep(self, duration_ms: int) -> None:
        """Deep sleep where the board has it, which ends the program; else a rest."""
        if self.PINS.DEEP_SLEEP:
            if self._chips:
                self._chips.hold(self.PINS.RADIO)
            for pin in self.contacts:
                self.contacts[pin].sleep()
            machine.deepsleep(duration_ms)
        else:
            self._rested = True
            self._clock.rest_until(self._clock.now_ms() + duration_ms)


def _port(table: "dict[int, tuple[int, int]]", kind: str, port: int) -> "tuple[int, int]":
    if port not in table:
        raise ValueError(f"no {kind} {port}, only {sorted(table)}")
    return table[port]


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from firmware.contracts import Radio, Store
