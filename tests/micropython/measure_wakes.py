"""Runs in the MicroPython VM for wakes.py: a level node on a board whose waits return to the host.

The board is firmware.hardware on a stand-in for `machine`. Its radio hears nothing but the join-accept.
"""

import gc
import sys

import _host


class Pin:
    IN = OUT = PULL_UP = 0

    def __init__(self, *_, value=0):
        pass

    def value(self, *_):
        return 1


class ADC:
    def __init__(self, pin):
        pass

    def read_uv(self):
        return 730000


class WDT:
    def __init__(self, timeout):
        pass

    def feed(self):
        pass


class RTC:
    kept = bytes.fromhex(_host.rtc())

    def memory(self, *new):
        if new:
            RTC.kept = bytes(new[0])
        return RTC.kept


class UART:
    def __init__(self, *_, **__):
        pass

    def any(self):
        return 4

    def read(self, size=64):
        return b"\xff\x07\xd0\xd6"


class Aes:
    def __init__(self, key, mode):
        self._key = key.hex()

    def encrypt(self, blocks):
        return bytes.fromhex(_host.aes_ecb(self._key, bytes(blocks).hex()))


class Wait:
    def __init__(self, until_ms):
        self._until_ms = until_ms

    def __iter__(self):
        Now.ms = max(Now.ms, self._until_ms)
        yield


class Now:
    ms = _host.now_ms()
    cause = 4 if ms else 1


class Clock:
    def now_ms(self):
        return Now.ms

    def sleep_ms(self, duration_ms):
        return Wait(Now.ms + duration_ms)

    def until_ms(self, when_ms):
        return Wait(when_ms)


class Radio:
    snr_db = 0
    late_ms = 0
    ear = [] if Now.ms else [bytes.fromhex(_host.join_accept())]

    async def send(self, frame, channel, power_dbm):
        await Wait(Now.ms + 60)
        return Now.ms

    async def receive(self, channel, open_ms, timeout_ms):
        await Wait(open_ms + timeout_ms)
        return self.ear.pop() if self.ear else None

    def sleep(self):
        pass


class Machine:
    PWRON_RESET, HARD_RESET, WDT_RESET, DEEPSLEEP_RESET, SOFT_RESET = 1, 2, 3, 4, 5

    def __init__(self):
        self.Pin, self.ADC, self.WDT, self.RTC, self.UART = Pin, ADC, WDT, RTC, UART

    def reset_cause(self):
        return Now.cause


class Cryptolib:
    aes = Aes


sys.modules["machine"] = Machine()
sys.modules["cryptolib"] = Cryptolib

FILES = {
    "config.json": {"sensors": [{"part": "a02yyuw", "port": 1}], "interval_s": 900},
    "secrets.json": {"dev_eui": "0200006d66000001", "join_eui": "0" * 16, "app_key": "00" * 16},
}


def used():
    return gc.mem_alloc()


def loaded():
    return " ".join(
        sorted(name for name in sys.modules if name.split(".")[0] in ("codec", "firmware", "board"))
    )


class Run:
    program = None


def boot(root="/"):
    """What main.py does, up to the first wait; the flash is the folder `root`."""
    import board

    from firmware import hardware, main
    from firmware.store import file_store

    class Here(hardware.Hardware):
        def flash(self):
            return file_store(root)

        def clock(self):
            return Clock()

        def radio(self, hz):
            return Radio()

        def randrange(self, stop):
            return 0

    Run.program = main.assemble(Here(board), lambda name: FILES[name]).wake()


def step():
    """To the next wait; for how long to sleep at the end of the wake, else -1."""
    try:
        Run.program.send(None)
    except StopIteration as stop:
        Run.program = None
        Now.ms += stop.value
        return stop.value
    return -1


def rtc():
    return RTC.kept.hex()


def now_ms():
    return Now.ms
