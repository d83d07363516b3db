"""What a real board has on bare pins: converter, microphone, trigger and echo, contact, switched supply."""

import time

import machine

from codec.compat import const

_TRIGGER_US = const(20)
_LONGEST_US = const(60000)  # of an echo
_BUFFER_DS = const(10)  # a tenth of a second of sound
_SAMPLE = const(4)  # bytes


def _adc(board: "Hardware", pin: int) -> "machine.ADC":
    adc = machine.ADC(machine.Pin(pin))
    if hasattr(adc, "atten"):  # an ESP32 measures no more than 0.95 V without
        adc.atten(adc.ATTN_11DB)
    return adc


def _power(board: "Hardware", pin: int) -> "Power":
    """Off until it is switched on; a high level is on."""
    return machine.Pin(pin, machine.Pin.OUT, value=0)


def _echo(board: "Hardware", port: int, pins: "list[int]") -> "Echo":
    trigger = machine.Pin(pins[0], machine.Pin.OUT, value=0)
    echo = machine.Pin(pins[1], machine.Pin.IN)

    def ping() -> int:
        trigger(1)
        time.sleep_us(_TRIGGER_US)  # type: ignore[attr-defined]
        trigger(0)
        return machine.time_pulse_us(echo, 1, _LONGEST_US)

    return ping


def _i2s(board: "Hardware", port: int, rate_hz: int, pins: "list[int]") -> "machine.I2S":
    sck, ws, sd = [machine.Pin(pin) for pin in pins]
    mode, form, size = machine.I2S.RX, machine.I2S.MONO, rate_hz * _SAMPLE // _BUFFER_DS
    return machine.I2S(port, sck=sck, ws=ws, sd=sd, mode=mode, bits=32, format=form, rate=rate_hz, ibuf=size)


def _counter(board: "Hardware", pin: int) -> "Contact":
    """One for the life of the program: each wake of a board that stays awake asks the same."""
    from firmware.contact import Contact, WakingContact

    if pin not in board.contacts:
        board.contacts[pin] = WakingContact(pin, board.rtc()) if board.PINS.DEEP_SLEEP else Contact(pin)
    return board.contacts[pin]


BUSES = {"adc": _adc, "power": _power, "echo": _echo, "i2s": _i2s, "counter": _counter}


TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.contact import Contact
    from firmware.hardware import Hardware
    from firmware.sensors.buses import Echo, Power
