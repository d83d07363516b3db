"""LoRaWAN 1.0.4 class A as a state machine: events in, actions out. No await, no clock, no pin in it."""

from firmware.mac.actions import (
    Abp,
    Channel,
    Done,
    Downlink,
    Listen,
    Options,
    Otaa,
    RefusedError,
    Transmit,
    Wait,
)
from firmware.mac.machine import Mac

__all__ = [
    "Abp",
    "Channel",
    "Done",
    "Downlink",
    "Listen",
    "Mac",
    "Options",
    "Otaa",
    "RefusedError",
    "Transmit",
    "Wait",
]
