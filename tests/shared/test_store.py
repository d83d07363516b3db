"""The stores: whole after a cut at any byte, and their wear counted."""

import os

from firmware.nvs import Nvs
from firmware.store import RtcMemory, TwoSlots, file_store


class Disk:
    """A medium in memory; a write can stop after some bytes of one blob."""

    def __init__(self):
        self.blobs = {}
        self.cut_after = None

    def read(self, name):
        return self.blobs.get(name)

    def write(self, name, blob):
        if self.cut_after is not None:
            self.blobs[name] = blob[: self.cut_after]
            raise OSError("power")
        self.blobs[name] = blob


def test_a_cut_at_any_byte_leaves_the_old_value_or_the_new_one():
    old, new = b"the old value", b"another, longer new value"
    for before in (1, 2, 3):
        for cut in range(len(new) + 9):
            disk = Disk()
            store = TwoSlots(disk)
            for _ in range(before):
                store.put("nonces", old)
            disk.cut_after = cut
            try:
                store.put("nonces", new)
            except OSError:
                pass
            disk.cut_after = None
            again = TwoSlots(disk)
            assert again.get("nonces") == (new if cut >= len(new) + 8 else old)
            again.put("nonces", b"next")
            assert TwoSlots(disk).get("nonces") == b"next"


def test_a_flipped_bit_falls_back_to_the_copy_before():
    disk = Disk()
    store = TwoSlots(disk)
    store.put("k", b"one")
    store.put("k", b"two")
    newest = disk.blobs["k.0"]
    for bit in range(8 * len(newest)):
        bad = bytearray(newest)
        bad[bit // 8] ^= 1 << bit % 8
        disk.blobs["k.0"] = bytes(bad)
        assert TwoSlots(disk).get("k") == b"one"


def test_wear_is_counted_for_life():
    disk = Disk()
    for _ in range(5):
        TwoSlots(disk).put("k", b"")
    assert TwoSlots(disk).writes("k") == 5
    assert TwoSlots(disk).writes("other") == 0
    assert TwoSlots(disk).get("other") is None
    assert TwoSlots(disk).get("k") == b""


def test_files_and_nvs_serve_as_media():
    try:
        os.mkdir("/tmp")
    except OSError:
        pass
    for name in os.listdir("/tmp"):
        if name.startswith("messfunk-test."):
            os.remove("/tmp/" + name)
    store = file_store("/tmp")
    assert store.get("messfunk-test") is None
    store.put("messfunk-test", b"1")
    store.put("messfunk-test", b"22")
    assert file_store("/tmp").get("messfunk-test") == b"22"

    class FakeNvs:
        def __init__(self):
            self.values = {}
            self.pending = {}

        def get_blob(self, key, buffer):
            if key not in self.values:
                raise OSError(-4354)
            value = self.values[key]
            buffer[: len(value)] = value
            return len(value)

        def set_blob(self, key, value):
            self.pending[key] = value

        def commit(self):
            self.values.update(self.pending)

    nvs = FakeNvs()
    TwoSlots(Nvs(nvs)).put("nonces", b"\x00\x01")
    assert TwoSlots(Nvs(nvs)).get("nonces") == b"\x00\x01"


class FakeRtc:
    def __init__(self, content=b""):
        self.content = content

    def memory(self, data=None):
        if data is not None:
            assert len(data) <= 2048
            self.content = bytes(data)
        return self.content


def test_rtc_memory_is_all_or_nothing():
    rtc = FakeRtc()
    store = RtcMemory(rtc)
    store.put("session", bytes(range(40)))
    store.put("airtime", b"")
    assert RtcMemory(rtc).get("session") == bytes(range(40)) and RtcMemory(rtc).get("airtime") == b""
    whole = rtc.content
    for cut in range(len(whole)):
        assert RtcMemory(FakeRtc(whole[:cut])).get("session") is None
    for at in range(len(whole)):
        bad = bytearray(whole)
        bad[at] ^= 0x10
        assert RtcMemory(FakeRtc(bytes(bad))).get("session") is None
    assert RtcMemory(FakeRtc(whole + bytes(100))).get("session") == bytes(range(40))
    assert RtcMemory(FakeRtc(b"\xff" * 2048)).get("session") is None
