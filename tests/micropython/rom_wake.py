"""One wake in a native MicroPython whose modules stay where they are, in a ROMFS image; run by wakes.py.

Arguments: image, folder that keeps flash and RTC memory, measure_wakes.py, join-accept in hex. Prints what
wakes.mjs prints.
"""

import binascii
import gc
import json
import os
import sys

import cryptolib
import vfs

image, flash, measuring, accept = sys.argv[1:]
os.chdir(flash)
with open(image, "rb") as file:
    vfs.mount(vfs.VfsRom(file.read()), "/rom")
sys.path[:] = ["/rom"]

try:
    with open("kept.json") as file:
        kept = json.load(file)
except OSError:
    kept = {"rtc": "", "now_ms": 0}


class Host:
    def aes_ecb(self, key, blocks):
        return binascii.hexlify(
            cryptolib.aes(binascii.unhexlify(key), 1).encrypt(binascii.unhexlify(blocks))
        ).decode()

    def join_accept(self):
        return accept

    def rtc(self):
        return kept["rtc"]

    def now_ms(self):
        return kept["now_ms"]


sys.modules["_host"] = Host()
wake = {}
with open(measuring) as file:
    exec(file.read(), wake)


def in_use():
    gc.collect()
    return gc.mem_alloc()


empty = in_use()
wake["boot"](flash)
peak, pause, met = 0, -1, set()
while pause < 0:
    pause = wake["step"]()
    met.update(wake["loaded"]().split())
    peak = max(peak, in_use() - empty)
with open("kept.json", "w") as file:
    json.dump({"rtc": wake["rtc"](), "now_ms": wake["now_ms"]()}, file)
print(json.dumps({"peak": peak, "pause": pause, "modules": sorted(met)}))
