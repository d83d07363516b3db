"""A whole board for firmware/hardware.py: `machine`, `time` and `lora` over twins of radio, modem, sensor."""

import sys

from tests.shared import radio_twin, sx1262_twin, sx1276_twin
from tests.shared.driver_stand_in import SX1262, SX1276

DISTANCE_FRAME = b"\xff\x07\xd0\xd6"  # an A02YYUW at 2 m
_STARVED_US = 8000000
_FIRST_START, _AFTER_DEEP_SLEEP = 1, 4


class ResetError(Exception):
    """machine.reset() was called, which does not return."""


class Flash:
    def __init__(self):
        self.values = {}

    def get(self, key):
        return self.values.get(key)

    def put(self, key, value):
        self.values[key] = bytes(value)


class Sensor:
    """A UART on which an A02YYUW talks."""

    def any(self):
        return len(DISTANCE_FRAME)

    def read(self, nbytes=-1):
        return DISTANCE_FRAME


class I2C:
    """Registers by address; who has none does not acknowledge. `written` is (address, register, value)."""

    def __init__(self, parts):
        self._parts = parts
        self._at = 0
        self.written = []

    def writeto(self, addr, buf):
        registers = self._registers(addr)
        self._at = buf[0]
        for place, value in enumerate(buf[1:]):
            registers[buf[0] + place] = value
            self.written.append((addr, buf[0] + place, value))
        return len(buf)

    def readfrom(self, addr, nbytes):
        return bytes(self._registers(addr)[self._at : self._at + nbytes])

    def _registers(self, addr):
        if addr not in self._parts:
            raise OSError(19)
        return self._parts[addr]


class ADC:
    """A pin behind a divider in halves, and a cell of 4.2 V."""

    most_uv = 3300000

    def read_uv(self):
        return min(2100000, self.most_uv)


class ESP32ADC(ADC):
    """Sees 0.95 V at the most until it is told to attenuate (MicroPython's quick reference of the ESP32)."""

    ATTN_11DB = 3
    most_uv = 950000

    def atten(self, attenuation):
        self.most_uv = 2450000 if attenuation == self.ATTN_11DB else 950000


class Time:
    """MicroPython's `time`. What waits longer than the watchdog allows is a fault."""

    def __init__(self, machine):
        self._machine = machine
        self._world = machine.world

    def _pass(self, us):
        self._world.pass_us(us)
        fed_us = self._machine.fed_us
        assert fed_us is None or self._world.us - fed_us < _STARVED_US, "the watchdog has bitten"

    def time_ns(self):
        return self._world.us * 1000

    def sleep(self, seconds):
        self._pass(int(seconds * 1000000))

    def sleep_ms(self, ms):
        self._pass(ms * 1000)

    def sleep_us(self, us):
        self._pass(us)

    def ticks_ms(self):
        return self._world.ticks_ms()

    def ticks_us(self):
        return self._world.ticks_us()

    def ticks_add(self, ticks, delta):
        return self._world.ticks_add(ticks, delta)

    def ticks_diff(self, ticks1, ticks2):
        return self._world.ticks_diff(ticks1, ticks2)


class Reed(radio_twin.Pin):
    """A contact to ground that is closed in these spans of us; the pin interrupts as it closes, if awake."""

    def __init__(self, world, spans_us):
        radio_twin.Pin.__init__(self)
        self._world = world
        self._spans_us = spans_us

    def __call__(self, level=None):
        return 1 - self._is_closed(self._world.us)

    def interrupt(self, from_us, to_us):
        """What closed meanwhile, edge by edge."""
        for close_us, _ in self._spans_us:
            if self._handler and from_us < close_us <= to_us:
                now_us, self._world.us = self._world.us, close_us
                self._handler(self)
                self._world.us = now_us

    def next_us(self, level, from_us):
        """When it first has this level, None for never."""
        if level == self():
            return from_us
        edges_us = [span[level] for span in self._spans_us if span[level] >= from_us]
        return min(edges_us) if edges_us else None

    def _is_closed(self, at_us):
        return any(close_us <= at_us < open_us for close_us, open_us in self._spans_us)


class Pins:
    """machine.Pin: called with a number, it gives the pin of the twin that hangs there."""

    IN, OUT, PULL_UP, IRQ_RISING, IRQ_FALLING = 0, 1, 2, 3, 4

    def __init__(self, wired):
        self.wired = wired

    def __call__(self, number, mode=None, pull=None, value=None, hold=None):
        pin = self.wired.setdefault(number, radio_twin.Pin())
        pin.init(mode, pull, value, hold)
        return pin


class Machine:
    """The `machine` of a board: what hangs where is read from `pins`, a module of boards/."""

    PWRON_RESET, DEEPSLEEP_RESET = _FIRST_START, _AFTER_DEEP_SLEEP
    PIN_WAKE, TIMER_WAKE = 2, 4  # ESP-IDF's numbers

    def __init__(self, pins, world, modem=None):
        self.world = world
        self.is_esp32 = pins.CHIP.startswith("esp32")
        self.fed_us = None
        self.opened = []
        self.parities = []
        self._cause = _FIRST_START
        self._row = row = pins.RADIO
        self._modem = modem
        self.i2c = I2C({})
        self._memory = b""
        self.holds_in_sleep = False
        self.chip = None
        self.wakes_on = None  # (pin, level) of ext0, which each start sets anew
        self._wake_reason = 0
        wired = {}
        if row["chip"] in _TWINS:
            self.chip = _TWINS[row["chip"]](world)
            wired = {row["cs"]: self.chip.cs, row["reset"]: self.chip.reset}
            wired[row.get("dio1") if "busy" in row else row["dio0"]] = self.chip.irq_pin
            if "busy" in row:
                wired[row["busy"]] = self.chip.busy
        self.Pin = Pins(wired)

    def SPI(self, port, baudrate, sck, mosi, miso):  # noqa: N802  named as in machine
        self.opened.append(("spi", port))
        assert port == self._row["spi"]
        return self.chip

    def UART(self, port, baudrate, tx, rx, parity=None, rxbuf=256):  # noqa: N802
        self.opened.append(("uart", port))
        self.parities.append(parity)
        return self._modem if port == self._row.get("uart") else Sensor()

    class I2S:
        """Told how it was opened; nobody makes a sound."""

        RX, MONO = 1, 0

        def __init__(self, port, sck, ws, sd, mode, bits, format, rate, ibuf):  # noqa: A002
            assert (mode, bits, format) == (self.RX, 32, self.MONO) and len({sck, ws, sd}) == 3
            self.opened = (port, rate, ibuf)

        def readinto(self, buf):
            return len(buf)

    def time_pulse_us(self, pin, level, timeout_us):
        """Of an echo from 1 m."""
        return 5831

    def I2C(self, port, scl, sda):  # noqa: N802
        self.opened.append(("i2c", port))
        return self.i2c

    def ADC(self, pin):  # noqa: N802
        return ESP32ADC() if self.is_esp32 else ADC()

    def WDT(self, timeout):  # noqa: N802
        self.fed_us = self.world.us
        return self

    def feed(self):
        self.fed_us = self.world.us

    def RTC(self):  # noqa: N802
        return self

    def memory(self, *new):
        if new:
            self._memory = bytes(new[0])
        return self._memory

    def reset_cause(self):
        return self._cause

    def wake_reason(self):
        return self._wake_reason

    def deepsleep(self, ms):
        """The program would end here; what it slept, passes. Pins that nothing holds fall."""
        pin_us = None
        if self.wakes_on:
            pin, level = self.wakes_on
            pin_us, pin._handler, self.wakes_on = pin.next_us(level, self.world.us), None, None
        us = ms * 1000 if pin_us is None else min(ms * 1000, pin_us - self.world.us)
        self._wake_reason = self.TIMER_WAKE if us == ms * 1000 else self.PIN_WAKE
        if self.chip and not (self.chip.cs.is_held and self.holds_in_sleep):
            self.chip.cs(0)
        self.fed_us = None
        self._cause = _AFTER_DEEP_SLEEP
        self.world.pass_us(us)

    def reset(self):
        raise ResetError

    def idle(self):
        self.world.pass_us(100)


class Esp32:
    """The `esp32` beside `machine`."""

    WAKEUP_ALL_LOW, WAKEUP_ANY_HIGH = 0, 1

    def __init__(self, machine):
        self._machine = machine

    def gpio_deep_sleep_hold(self, is_on):
        self._machine.holds_in_sleep = is_on

    def wake_on_ext0(self, pin, level):
        self._machine.wakes_on = (pin, level)


class Lora:
    """The driver's package; `make test-driver` puts the real one in its place."""

    def __init__(self, world):
        self._world = world

    def SX1262(self, spi, cs, busy, dio1, **options):  # noqa: N802  named as in the driver
        assert (busy, dio1) == (spi.busy, spi.irq_pin) and options["dio3_tcxo_millivolts"] == 1800
        return self._make(SX1262, spi, cs, options["reset"])

    def SX1276(self, spi, cs, dio0, dio1, reset):  # noqa: N802
        assert dio0 is spi.irq_pin
        return self._make(SX1276, spi, cs, reset)

    def _make(self, driver, spi, cs, reset):
        assert cs is spi.cs
        cs.init(1, value=1)
        reset(0)
        reset(1)
        return driver(spi, self._world)


class Installed:
    """`with Installed(machine) as new_board:` the device's modules are there, and gone again after."""

    def __init__(self, machine, lora=None):
        self._modules = {"machine": machine, "time": Time(machine)}
        if machine.is_esp32:
            self._modules["esp32"] = Esp32(machine)
        self._modules["lora"] = lora or Lora(machine.world)
        self._before = {}
        self._ours = {}
        self.flash = Flash()
        self._awake = None

    def __enter__(self):
        self._ours = {name: sys.modules[name] for name in _ours()}
        for name in sorted(self._modules):
            self._before[name] = sys.modules.get(name)
            sys.modules[name] = self._modules[name]
        return self

    def __exit__(self, *error):
        for name in sorted(self._before):
            if self._before[name] is None:
                del sys.modules[name]
            else:
                sys.modules[name] = self._before[name]
        for name in _ours():  # those that the board loaded hold on to the device's modules
            del sys.modules[name]
        sys.modules.update(self._ours)

    def board(self, pins):
        """A board as each wake finds it: after deep sleep a new one, on the same flash and RTC memory."""
        if self._awake:
            return self._awake
        hardware = __import__("firmware.hardware", None, None, ("Hardware",))
        hardware.file_store = lambda root: self.flash
        board = hardware.Hardware(pins)
        board.randrange = lambda stop: stop // 2  # the VM has no os.urandom
        self._awake = None if pins.DEEP_SLEEP else board
        return board


def _ours():
    return [name for name in sys.modules if name.split(".")[0] in ("codec", "firmware")]


_TWINS = {"sx1262": sx1262_twin.Twin, "sx1276": sx1276_twin.Twin}
