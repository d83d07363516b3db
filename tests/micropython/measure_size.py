"""Runs in the MicroPython VM before size.mjs measures: an AES of the right size, a Mac, one uplink cycle."""

import gc
import sys


class Cryptolib:
    """The boards have cryptolib, this build does not. Only what it allocates matters: one answer each."""

    class aes:  # noqa: N801  named as on the boards
        def __init__(self, key, mode):
            self._mode = mode

        def encrypt(self, blocks):
            return bytes(bytearray(blocks))


class Stores:
    def __init__(self):
        self.values = {}

    def get(self, key):
        return self.values.get(key)

    def put(self, key, value):
        self.values[key] = value


def used():
    return gc.mem_alloc()


def new_mac():
    from codec.lorawan import regions
    from firmware.mac.actions import Abp, Options
    from firmware.mac.machine import Mac

    stores = (Stores(), Stores())
    return Mac(regions.EU868, Abp(1, bytes(16), bytes(16)), stores, lambda stop: 0, Options(5, True, 0))


def cycle(mac):
    before = gc.mem_alloc()
    mac.uplink(0, 1, b"twelve bytes")
    mac.sent(100)
    mac.heard(None, 1200)
    mac.heard(None, 2200)
    return gc.mem_alloc() - before


class Clock:
    """Years after 2000: its milliseconds are no small integers on a board of 32 bits."""

    def __init__(self):
        self.ms = 800000000000

    def now_ms(self):
        return self.ms

    async def sleep_ms(self, duration_ms):
        self.ms += duration_ms

    async def until_ms(self, when_ms):
        self.ms = when_ms


class Modem:
    """A driver that allocates nothing and hears nothing; remembers the heap from SetTx to the end of RX2."""

    crc_errors = 0

    def get_time_on_air_us(self, size):
        return 50000

    def start_send(self):
        self.began = gc.mem_alloc()

    def poll_send(self):
        return 0

    def poll_recv(self):
        assert not gc.isenabled(), "a collection may come between the windows"
        self.ended = gc.mem_alloc()
        return False

    def ticks_ms(self):
        return 0

    def ticks_diff(self, one, other):
        return 0

    def configure(self, given):
        pass

    prepare_send = start_recv = configure

    def sleep(self):
        pass


def windows(mac):
    """What is allocated from the start of a transmission to the end of its second window."""
    from firmware.link.lora_radio import LoraRadio
    from firmware.link.native import NativeLink

    modem, clock = Modem(), Clock()
    link = NativeLink(mac, LoraRadio(modem, clock, modem, 14), clock, lambda stop: 0)
    try:
        link.send(1, b"twelve bytes").send(None)
    except StopIteration:
        pass
    assert gc.isenabled(), "the collector stays off"
    return modem.ended - modem.began


sys.modules["cryptolib"] = Cryptolib
