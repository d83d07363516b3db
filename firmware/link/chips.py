"""The LoRa chip of a board, opened by the row of pins that boards/ gives, with micropython-lib's driver."""

import time

import lora
from machine import SPI, Pin

from codec.compat import const
from firmware.link import lora_radio

try:
    import esp32 as _esp32
except ImportError:  # another chip
    _esp32 = None
_SPI_HZ = const(2000000)
_TCXO_START_US = const(5000)  # the driver's 1 ms is too short for some modules' oscillators
_TICKS = time  # type: Any  # CPython's has no ticks


def open_radio(row: "dict[str, Any]", clock: "Clock", hz: int) -> lora_radio.LoraRadio:
    """`row` is RADIO of a module of boards/, `hz` any channel of the region."""
    Pin(row["cs"], Pin.OUT, value=1)  # not selected before the bus is there
    if _esp32:
        Pin(row["cs"], hold=False)
    sck, mosi, miso = [Pin(row[name]) for name in ("sck", "mosi", "miso")]
    spi = SPI(row["spi"], baudrate=_SPI_HZ, sck=sck, mosi=mosi, miso=miso)
    try:
        return _CHIPS[row["chip"]](row, spi, clock, hz)
    except RuntimeError as error:  # all that the driver knows to raise
        raise lora_radio.RadioError(f"{row['chip']}: {error}: check its supply, SPI pins and TCXO voltage")


def hold(row: "dict[str, Any]") -> None:
    """Before deep sleep: the pins of an ESP32 let go, and a falling chip select wakes the radio.

    SX1261/2 datasheet rev 2.1, 9.3; MicroPython's quick reference of the ESP32, "Deep-sleep mode".
    """
    if _esp32:
        Pin(row["cs"], Pin.OUT, value=1, hold=True)
        _esp32.gpio_deep_sleep_hold(True)


def _sx1262(row: "dict[str, Any]", spi: SPI, clock: "Clock", hz: int) -> lora_radio.LoraRadio:
    modem = lora.SX1262(
        spi,
        Pin(row["cs"]),
        Pin(row["busy"]),
        Pin(row["dio1"]),
        dio3_tcxo_millivolts=row["tcxo_mv"],
        dio3_tcxo_start_time_us=_TCXO_START_US,
        reset=Pin(row["reset"]),
    )
    return lora_radio.sx126x(modem, clock, _TICKS, hz)


def _sx1276(row: "dict[str, Any]", spi: SPI, clock: "Clock", hz: int) -> lora_radio.LoraRadio:
    modem = lora.SX1276(
        spi, Pin(row["cs"]), dio0=Pin(row["dio0"]), dio1=Pin(row["dio1"]), reset=Pin(row["reset"])
    )
    return lora_radio.sx127x(modem, clock, _TICKS, hz)


_CHIPS = {"sx1262": _sx1262, "sx1276": _sx1276}


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from firmware.contracts import Clock
