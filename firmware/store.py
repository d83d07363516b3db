"""What outlives power loss, and what outlives deep sleep: stores that a cut at any byte leaves whole.

`TwoSlots` keeps each value twice, in turn, with a running number and a CRC: a write never touches the copy
that is in force. `RtcMemory` is the fast one: lost with power, and worthless when its CRC does not fit.
"""

import binascii
import os
import struct

_SLOT_HEAD = "<II"  # running number, CRC over it and the value
_RTC_HEAD = "<HI"  # length, CRC


class TwoSlots:
    """firmware.contracts.Store over a `medium` that reads and writes named blobs, not atomically."""

    def __init__(self, medium: "Medium"):
        self._medium = medium
        self._numbers = {}  # type: dict[str, int]  # of the value in force

    def get(self, key: str) -> "bytes | None":
        newest, value = 0, None
        for slot in "01":
            number, found = _open_slot(self._medium.read(key + "." + slot))
            if number > newest:
                newest, value = number, found
        self._numbers[key] = newest
        return value

    def put(self, key: str, value: bytes) -> None:
        number = self.writes(key) + 1
        head = struct.pack("<I", number)
        crc = binascii.crc32(value, binascii.crc32(head)) & 0xFFFFFFFF
        self._medium.write(key + "." + str(number & 1), struct.pack(_SLOT_HEAD, number, crc) + value)
        self._numbers[key] = number

    def writes(self, key: str) -> int:
        """How often this value has been written in its life: the wear."""
        if key not in self._numbers:
            self.get(key)
        return self._numbers[key]


def _open_slot(blob: "bytes | None") -> "tuple[int, bytes]":
    """(running number, value), number 0 for a slot that was never or only half written."""
    size = struct.calcsize(_SLOT_HEAD)
    if blob is None or len(blob) < size:
        return 0, b""
    number, crc = struct.unpack(_SLOT_HEAD, blob[:size])
    value = blob[size:]
    fits = binascii.crc32(value, binascii.crc32(blob[:4])) & 0xFFFFFFFF == crc
    return (number, value) if fits else (0, b"")


class Folder:
    """A medium: one file per blob in the folder `root`, which must exist."""

    def __init__(self, root: str):
        self._root = root

    def read(self, name: str) -> "bytes | None":
        try:
            with open(self._root + "/" + name, "rb") as file:
                return file.read()
        except OSError:  # never written
            return None

    def write(self, name: str, blob: bytes) -> None:
        with open(self._root + "/" + name, "wb") as file:
            file.write(blob)
        if hasattr(os, "sync"):  # nothing may leave by radio before it is in flash
            os.sync()


def file_store(root: str) -> TwoSlots:
    return TwoSlots(Folder(root))


class RtcMemory:
    """firmware.contracts.Store in memory that outlives deep sleep: `rtc` is a machine.RTC."""

    def __init__(self, rtc: "RTC"):
        self._rtc = rtc
        self._values = _unpack(bytes(rtc.memory()))

    def get(self, key: str) -> "bytes | None":
        return self._values.get(key)

    def put(self, key: str, value: bytes) -> None:
        self._values[key] = value
        self._rtc.memory(_pack(self._values))


def _pack(values: "dict[str, bytes]") -> bytes:
    body = b""
    for key in sorted(values):
        body += bytes([len(key)]) + key.encode() + struct.pack("<H", len(values[key])) + values[key]
    return struct.pack(_RTC_HEAD, len(body), binascii.crc32(body) & 0xFFFFFFFF) + body


def _unpack(memory: bytes) -> "dict[str, bytes]":
    """Empty after power loss, when the memory holds anything or nothing."""
    values = {}  # type: dict[str, bytes]
    start = struct.calcsize(_RTC_HEAD)
    if len(memory) < start:
        return values
    size, crc = struct.unpack(_RTC_HEAD, memory[:start])
    body = memory[start : start + size]
    if len(body) != size or binascii.crc32(body) & 0xFFFFFFFF != crc:
        return values
    at = 0
    while at < size:
        key = body[at + 1 : at + 1 + body[at]].decode()
        at += 1 + body[at]
        length = struct.unpack("<H", body[at : at + 2])[0]
        values[key] = body[at + 2 : at + 2 + length]
        at += 2 + length
    return values


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class Medium(Protocol):
        def read(self, name: str) -> "bytes | None": ...
        def write(self, name: str, blob: bytes) -> None: ...

    class RTC(Protocol):
        def memory(self, data: bytes = ...) -> bytes: ...
