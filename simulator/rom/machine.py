"""`machine`: pins, buses, watchdog and sleep of a virtual board, each answered by the simulator."""

from outside import ask

PWRON_RESET, HARD_RESET, WDT_RESET, DEEPSLEEP_RESET, SOFT_RESET = 1, 2, 3, 4, 5
PIN_WAKE, TIMER_WAKE = 2, 4


def reset_cause() -> int:
    return int(ask("cause"))


def wake_reason() -> int:
    return TIMER_WAKE if reset_cause() == DEEPSLEEP_RESET else 0


def reset() -> None:
    ask("reset")


def deepsleep(duration_ms: int) -> None:
    ask("deepsleep", duration_ms)


def lightsleep(duration_ms: int) -> None:
    ask("sleep", duration_ms * 1000)


def idle() -> None:
    ask("sleep", 1000)


def unique_id() -> bytes:
    return bytes(ask("unique_id"))


class Pin:
    """What the firmware drives stays where it is put; what it reads is the simulator's."""

    IN, OUT, OPEN_DRAIN, PULL_UP, PULL_DOWN, IRQ_RISING, IRQ_FALLING = 0, 1, 2, 1, 2, 1, 2

    def __init__(
        self,
        number: int,
        mode: int = IN,
        pull: int = -1,
        value: "int | None" = None,
        hold: "bool | None" = None,
    ):
        self.number = number
        self.init(mode, pull, value, hold)

    def init(
        self, mode: int = IN, pull: int = -1, value: "int | None" = None, hold: "bool | None" = None
    ) -> None:
        self._is_output = mode == Pin.OUT
        self._level = value or 0

    def value(self, level: "int | None" = None) -> "int | None":
        if level is not None:
            self._level = level
            return None
        return self._level if self._is_output else int(ask("pin", self.number))

    def __call__(self, level: "int | None" = None) -> "int | None":
        return self.value(level)

    def on(self) -> None:
        self._level = 1

    def off(self) -> None:
        self._level = 0

    def irq(self, handler: object = None, trigger: int = 0, hard: bool = False) -> None:
        """Nothing here interrupts; the radio's interrupts are in `lora`."""


class ADC:
    """The battery behind the divider that the board's own module describes."""

    def __init__(self, pin: Pin):
        self._number = pin.number

    def read_uv(self) -> int:
        import board

        row = board.BATTERY
        if row.get("pin") != self._number:
            return 0
        return int(ask("battery")) * 10000 * row["lower_kohm"] // (row["upper_kohm"] + row["lower_kohm"])


class WDT:
    def __init__(self, id: int = 0, timeout: int = 5000):
        ask("watch", timeout)

    def feed(self) -> None:
        ask("feed")


class RTC:
    """2048 bytes that outlive deep sleep, as on an ESP32."""

    def memory(self, data: "bytes | None" = None) -> bytes:
        if data is None:
            return bytes(ask("rtc"))
        if len(data) > 2048:
            raise ValueError("buffer too long")
        ask("set_rtc", bytes(data).hex())
        return b""


class SPI:
    """Wires to the radio, which `lora` stands for whole."""

    def __init__(self, *given: object, **named: object):
        pass


class UART:
    def __init__(self, port: int, baudrate: int = 9600, **named: object):
        self._handle = ask("uart", port, baudrate)

    def any(self) -> int:
        return int(ask("uart_any", self._handle))

    def read(self, nbytes: int = 256) -> "bytes | None":
        return ask("uart_read", self._handle, nbytes)

    def write(self, data: bytes) -> int:
        return int(ask("uart_write", self._handle, bytes(data).hex()))


class I2C:
    def __init__(self, port: int = 0, **named: object):
        self._handle = ask("i2c", port)

    def scan(self) -> "list[int]":
        return [address for address in range(8, 120) if self._is_there(address)]

    def writeto(self, address: int, data: bytes) -> int:
        return int(ask("i2c_write", self._handle, address, bytes(data).hex()))

    def readfrom(self, address: int, nbytes: int) -> bytes:
        return bytes(ask("i2c_read", self._handle, address, nbytes))

    def _is_there(self, address: int) -> bool:
        try:
            self.writeto(address, b"")
        except OSError:
            return False
        return True
