"""What sensors are handed beside firmware.contracts: the parts of machine's classes they use, types only."""

from array import array
from collections.abc import Callable
from typing import Any, Protocol

class UART(Protocol):
    """The part of machine.UART that the sensors use."""

    def read(self, nbytes: int = ...) -> bytes | None: ...
    def write(self, buf: bytes) -> int | None: ...

class ADC(Protocol):
    """The part of machine.ADC that the sensors use; ESP32 corrects by its eFuse."""

    def read_uv(self) -> int: ...

class I2S(Protocol):
    """machine.I2S as the sensors use it: mono, 32 bits, a buffer of 100 ms; blocks until `buf` is full."""

    def readinto(self, buf: array[int]) -> int: ...

class Weighting(Protocol):
    """A-weighting in one of its two forms."""

    CHUNK_MS: int
    def __init__(self, rate_hz: int) -> None: ...
    def reset(self) -> None: ...
    def run(self, samples: array[int], squares: array[float]) -> None: ...

class Counter(Protocol):
    """Debounced pulses since power-on; they go on through deep sleep."""

    def value(self) -> int: ...

# One trigger of at least 20 us; the echo's length in us as of machine.time_pulse_us, negative: none.
Echo = Callable[[], int]

# Switch a supply on or off.
Power = Callable[[bool], None]

Options = dict[str, Any]
