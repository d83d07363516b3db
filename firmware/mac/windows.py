"""When a receive window opens and how long it stays open, from how late this board has been seen to be.

Two things come late on a small computer: the time stamp of TxDone and the opening of the receiver. Both make
a window late, never early. So it is planned early by what has been measured, and closes when an empty frame
could have ended: a LoRa receiver stops its timer at the header at the earliest (TS001-1.0.4 3.3.4).
"""

import struct

from codec.compat import const
from codec.lorawan import airtime
from firmware.mac.actions import Listen

_UNKNOWN_MS = const(90)  # until enough has been measured: 40 ms for either, and a margin
_MOST_MS = const(190)  # RX1 must be over before RX2 opens, whatever was measured once
_ENOUGH = const(32)
_FADE = const(256)  # after so many frames the extremes give way by an eighth: no bad day stays for ever
_MARGIN_MS = const(10)
_AFTER_MS = const(10)
_PPM = const(200)
_RECORD = "<HhhH"  # frames, least and most overhead of a transmission, latest opening, all ms


class Timing:
    """What this board has been seen to do; kept over deep sleep."""

    def __init__(self, rtc: "Store"):
        self._rtc = rtc
        saved = rtc.get("timing")
        self._frames, self._least_ms, self._most_ms, self._late_ms = (
            struct.unpack(_RECORD, saved) if saved else (0, 0x7FFF, -0x8000, 0)
        )

    def transmitted(self, overhead_ms: int) -> None:
        """TxDone was stamped `overhead_ms` after start and time on air; what varies of that is jitter."""
        overhead_ms = min(max(overhead_ms, -1000), 1000)
        self._frames += 1
        if self._frames >= _FADE:
            self._frames = _ENOUGH
            self._most_ms -= (self._most_ms - self._least_ms) // 8
            self._late_ms -= self._late_ms // 8
        self._least_ms = min(self._least_ms, overhead_ms)
        self._most_ms = max(self._most_ms, overhead_ms)
        self._rtc.put(
            "timing", struct.pack(_RECORD, self._frames, self._least_ms, self._most_ms, self._late_ms)
        )

    def opened(self, late_ms: int) -> None:
        """A window opened `late_ms` after it was asked to."""
        self._late_ms = min(max(self._late_ms, late_ms), 1000)

    def early_ms(self) -> int:
        if self._frames < _ENOUGH:
            return _UNKNOWN_MS
        return min(self._most_ms - self._least_ms + self._late_ms + _MARGIN_MS, _MOST_MS)

    def window(self, channel: "Channel", end_ms: int, delay_ms: int) -> Listen:
        """The window `delay_ms` after the uplink that ended at `end_ms`."""
        early_ms = self.early_ms() + delay_ms * _PPM // 1000000 + 1
        empty_ms = airtime.airtime_us(0, channel.sf, channel.bw_hz) // 1000 + 1
        return Listen(channel, end_ms + delay_ms - early_ms, empty_ms + early_ms + _AFTER_MS)


TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.contracts import Store
    from firmware.mac.actions import Channel
