"""Every reading of the last weeks with running numbers: the newest in RTC memory, the rest as pages in flash.

A record is the instant (s), the length and a report's payload: one format for the air and for the journal.
Flash is written once a page, and a number is never given twice: flash knows which page is open, and after
power loss the journal goes on at the next one, its clock where the last record in flash was made.
"""

import binascii
import struct

from codec import report
from codec.compat import const
from codec.wire import Reader

PAGE = const(32)  # readings
PAGES = const(128)  # 4096 readings: 14 days at 5 minutes
NUMBERS = const(0x10000)  # the registry's range of `number`
_HEAD = "<III"  # CRC of the rest, number of the first record (does not wrap here), base (s)


class Journal:
    """`now_ms` in, records out; the numbers run on as long as the node lives."""

    def __init__(self, flash: "Store", rtc: "Store"):
        self._flash = flash
        self._rtc = rtc
        self.fails = rtc.get("journal_fails") == b"1"  # flash refused a page: it is full or worn out
        open_page = unpack(rtc.get("journal"))
        if open_page is None:
            from firmware.recall import reopen

            open_page, self.fails = reopen(flash, rtc)
        self._first, self._base_s, self._body = open_page
        self._count = len(list(records(self._body)))

    def next_number(self) -> int:
        """The number of the next reading, as the wire carries it."""
        return (self._first + self._count) % NUMBERS

    def time_s(self, now_ms: int) -> int:
        """The journal's clock: goes on after power loss, without the time the power was gone."""
        return self._base_s + now_ms // 1000

    def add(self, values: "dict[str, int | str]", now_ms: int) -> int:
        """Keep one reading; returns its number."""
        payload = report.encode(values)
        number = self.next_number()
        self._body += struct.pack("<IB", self.time_s(now_ms), len(payload)) + payload
        self._count += 1
        if self._count == PAGE:
            self._turn_page()
        self._rtc.put("journal", pack(self._first, self._base_s, self._body))
        return number

    def _turn_page(self) -> None:
        full = pack(self._first, self._base_s, self._body)
        self._first += PAGE
        self._count = 0
        self._body = b""
        try:
            self._flash.put("journal", self._first.to_bytes(4, "little"))
            self._flash.put(name_of(self._first - PAGE), full)
            self.fails = False
        except OSError:  # measuring and reporting go on without the journal
            self.fails = True
        self._rtc.put("journal_fails", b"1" if self.fails else b"0")


def name_of(first: int) -> str:
    return f"journal_{first // PAGE % PAGES}"


def pack(first: int, base_s: int, body: bytes) -> bytes:
    rest = struct.pack("<II", first, base_s) + body
    return binascii.crc32(rest).to_bytes(4, "little") + rest


def unpack(saved: "bytes | None") -> "tuple[int, int, bytes] | None":
    """(number of the first record, base, records), or None for a page that is not whole."""
    if not saved or len(saved) < struct.calcsize(_HEAD):
        return None
    crc, first, base_s = struct.unpack(_HEAD, saved[: struct.calcsize(_HEAD)])
    return (first, base_s, saved[struct.calcsize(_HEAD) :]) if crc == binascii.crc32(saved[4:]) else None


def records(body: bytes) -> "Iterator[tuple[int, bytes]]":
    """(instant, payload) of each record; the CRC has found the page whole."""
    reader = Reader(body)
    while reader.left():
        yield reader.uint(4), reader.take(reader.uint(1))


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from firmware.contracts import Store
