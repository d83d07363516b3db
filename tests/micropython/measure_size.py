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


sys.modules["cryptolib"] = Cryptolib
