"""What the firmware is handed: types for people and mypy, never on a device."""

from collections.abc import Callable
from typing import Protocol

from firmware.mac.actions import Channel, Downlink

class Clock(Protocol):
    def now_ms(self) -> int:
        """Milliseconds that go on through deep sleep; after power loss they start anew."""
    async def sleep_ms(self, duration_ms: int) -> None: ...
    async def until_ms(self, when_ms: int) -> None: ...

class Radio(Protocol):
    snr_db: int
    """Of the last frame received."""
    late_ms: int
    """How much later than asked the last window opened."""

    async def send(self, frame: bytes, channel: Channel, power_dbm: int) -> int:
        """Transmit; returns the instant the frame's last symbol ended, in the clock's ms."""
    async def receive(self, channel: Channel, open_ms: int, timeout_ms: int) -> bytes | None:
        """Listen on an inverted-IQ channel from `open_ms`; None when no frame began within `timeout_ms`."""
    def sleep(self) -> None: ...

class Store(Protocol):
    def get(self, key: str) -> bytes | None: ...
    def put(self, key: str, value: bytes) -> None:
        """Replace atomically: after power loss the old value or the new one, never a part."""

class UART(Protocol):
    """The part of machine.UART that the sensors use."""

    def any(self) -> int: ...
    def read(self, nbytes: int = ...) -> bytes | None: ...

class Modem(UART, Protocol):
    """The same, and a modem is spoken to as well."""

    def write(self, buf: bytes) -> int | None: ...

class I2C(Protocol):
    """The part of machine.I2C that the sensors use; a missing part raises OSError."""

    def writeto(self, addr: int, buf: bytes) -> int: ...
    def readfrom(self, addr: int, nbytes: int) -> bytes: ...

class Sensor(Protocol):
    async def read(self) -> dict[str, int | str]:
        """Quantity -> steps of the registry, or the name of the fault."""

class Board(Protocol):
    """One device module of boards/, or the simulator's stand-in."""

    NAME: str
    NUMBER: int
    """A place in BOARDS of codec/desk/words.py."""
    LINK: str
    """The module of firmware/link that is this board's way to the air."""

    def clock(self) -> Clock: ...
    def radio(self, hz: int) -> Radio:
        """For the native link; `hz` is any channel of the region."""
    def flash(self) -> Store:
        """Outlives power loss."""
    def rtc(self) -> Store:
        """Outlives deep sleep, lost with power."""
    def uart(self, port: int, baudrate: int) -> UART: ...
    def i2c(self, port: int) -> I2C: ...
    def battery(self) -> int | str:
        """Battery voltage in steps of 10 mV, or the name of the fault."""
    def randrange(self, stop: int) -> int: ...
    def log(self, line: str) -> None:
        """A line for the technician: what the workbench's monitor shows."""
    def reset_cause(self) -> int:
        """A place in RESET_CAUSES of codec/desk/words.py; 4 is a waking from deep sleep."""
    def forget(self) -> None:
        """Unload what was imported so far, where memory is scarce: what comes next needs other modules."""
    def reset(self) -> None:
        """Start anew as after power-on; on a board this does not return."""

class ModemBoard(Board, Protocol):
    """A board whose way to the air is a modem."""

    def modem(self) -> Modem: ...

class Link(Protocol):
    def joined(self) -> bool: ...
    def wait_ms(self, is_alarm: bool = False, size: int = ...) -> int:
        """How long until `size` bytes of payload may be sent; 0 for now. Alarms have airtime of their own."""
    async def join(self) -> bool: ...
    def why(self) -> list[str]:
        """Why `wait_ms` is not 0: a chain of reasons with times, for the log and the technician."""
    async def send(
        self, fport: int, payload: bytes, confirmed: bool = False, is_alarm: bool = False
    ) -> Downlink | None:
        """`is_alarm`: may use the airtime that is kept back for alarms. OSError says why it was not sent."""
    async def room(self) -> int:
        """Bytes of payload that the next uplink can carry."""
    def ask_time(self) -> None:
        """Let the next uplink ask the network for the time."""
    async def utc_ms(self) -> int | None:
        """Unix time, once the network has told it."""

RandRange = Callable[[int], int]
