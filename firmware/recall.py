"""The journal's pages in flash: read for a gateway that asks for what it missed, opened after power loss."""

from collections import namedtuple

from codec import report
from codec.compat import const
from firmware.journal import NUMBERS, PAGE, Journal, name_of, pack, records, unpack

_ANY_S = const(0xFFFFFFFF)

Record = namedtuple("Record", ("number", "time_s", "values"))


class Recall(Journal):
    def read(self, first: int, count: int) -> "list[Record]":
        """What is left of `count` readings from the number `first` on, oldest first."""
        newest = self._first + self._count - 1
        at = newest - (newest - first) % NUMBERS  # the last time this number was given
        end = min(at + count, newest + 1)
        found = []
        while at < end:
            page_first = at - at % PAGE
            for place, (time_s, payload) in enumerate(self._page(page_first)):
                if at <= page_first + place < end:
                    values = report.decode(payload)
                    found.append(Record((page_first + place) % NUMBERS, time_s, values))
            at = page_first + PAGE
        return found

    def set_clock(self, now_s: int, now_ms: int) -> None:
        """Records are dated by the network's clock (seconds since the GPS epoch), those of before, too."""
        base_s = now_s - now_ms // 1000 & _ANY_S
        later_s = base_s - self._base_s
        self._body = b"".join([_record(time_s + later_s, payload) for time_s, payload in records(self._body)])
        self._base_s = base_s
        self._rtc.put("journal", pack(self._first, self._base_s, self._body))

    def _page(self, first: int) -> "list[tuple[int, bytes]]":
        """The records of one page; none when it was overwritten, lost or damaged.

        Since the last power loss one clock has counted: its pages are dated by what it was told in the end.
        """
        if first == self._first:
            return list(records(self._body))
        page = unpack(self._flash.get(name_of(first))) if first >= 0 else None
        if not page or page[0] != first:
            return []
        since = self._rtc.get("journal_since")
        is_of_this_clock = since is not None and first >= int.from_bytes(since, "little")
        later_s = self._base_s - page[1] if is_of_this_clock else 0
        return [(time_s + later_s, payload) for time_s, payload in records(page[2])]


def _record(time_s: int, payload: bytes) -> bytes:
    return (time_s & _ANY_S).to_bytes(4, "little") + bytes([len(payload)]) + payload


def reopen(flash: "Store", rtc: "Store") -> "tuple[tuple[int, int, bytes], bool]":
    """The page to go on with after power loss, and whether flash refused to note that it is open."""
    saved = flash.get("journal")
    opened = int.from_bytes(saved, "little") if saved else -PAGE
    last = unpack(flash.get(name_of(opened - PAGE)))
    times_s = [time_s for time_s, _ in records(last[2])] if last else []
    fails = False
    try:
        flash.put("journal", (opened + PAGE).to_bytes(4, "little"))
    except OSError:
        fails = True
    rtc.put("journal_since", (opened + PAGE).to_bytes(4, "little"))
    return (opened + PAGE, times_s[-1] if times_s else 0, b""), fails


TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.contracts import Store
