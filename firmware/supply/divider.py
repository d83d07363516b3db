"""The voltage of the board's own battery, over the divider that its module names."""

import time

import machine

from firmware.sensors.battery import centivolts

_SETTLE_MS = 10


def read(row: "dict[str, Any]", board: "Any") -> "int | str":
    """In steps of 10 mV, or the fault."""
    if "enable" in row:
        pin, on = row["enable"]
        switch = machine.Pin(pin, machine.Pin.OUT, value=on)
        time.sleep_ms(_SETTLE_MS)  # type: ignore[attr-defined]
    adc = machine.ADC(machine.Pin(row["pin"]))
    if hasattr(adc, "atten"):  # an ESP32 measures no more than 0.95 V without
        adc.atten(adc.ATTN_11DB)
    pin_uv = adc.read_uv()
    if "enable" in row:
        switch.value(1 - on)
    return centivolts(pin_uv, row["upper_kohm"], row["lower_kohm"])


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any
