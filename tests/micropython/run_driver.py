"""Runs in the MicroPython VM: tests of adapter and boards, with the real driver where the stand-in was."""

import sys

from tests.shared import radio_twin


class _Time:
    """The driver's `time`: the virtual one of the twin that was made last."""

    world = None

    def __getattr__(self, name):
        return getattr(self.world, name)

    def sleep_ms(self, ms):
        self.world.pass_us(ms * 1000)

    def sleep_us(self, us):
        self.world.pass_us(us)


class _Machine:
    Pin = radio_twin.Pin

    @staticmethod
    def idle():
        _time.world.pass_us(100)


_time = _Time()
sys.modules["time"] = _time
sys.modules["machine"] = _Machine

import lora  # noqa: E402

from tests.shared import board_twin, test_lora_radio, test_polite, test_real_board, test_real_power  # noqa: E402


def make_sx1262(world, twin):
    _time.world = world
    return lora.SX1262(twin, twin.cs, twin.busy, twin.irq_pin, dio3_tcxo_millivolts=1800, reset=twin.reset)


def make_sx1276(world, twin):
    _time.world = world
    return lora.SX1276(twin, twin.cs, dio0=twin.irq_pin, reset=twin.reset)


def on_board(world):
    _time.world = world
    return lora


test_lora_radio.make_sx1262, test_lora_radio.make_sx1276 = make_sx1262, make_sx1276
board_twin.Lora = on_board
passed = True
for _tests in (test_lora_radio, test_real_board, test_real_power, test_polite):
    for _name in sorted(dir(_tests)):
        if _name.startswith("test_"):
            try:
                getattr(_tests, _name)()
                print("ok      " + _name)
            except Exception as error:
                passed = False
                print("FAILED  " + _name)
                sys.print_exception(error, sys.stdout)
