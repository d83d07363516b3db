"""Time on air by sub-band over a sliding hour; survives deep sleep exactly, power loss on the safe side.

The hour is kept in slots of five minutes, and a slot counts until all of it is more than an hour ago. RTC
memory holds the slots. Flash holds a bound that no sub-band's use exceeds: after power loss the bound counts
as spent just now, so pulling the battery buys no airtime.
"""

import struct

from codec.compat import const

_SLOT_MS = const(300000)
_SLOTS = const(13)  # twelve make the hour, one more covers the slot the oldest frame lies in
_BOUND_AHEAD_US = const(500000)  # one flash write for so much airtime
_ENTRY = "<IBI"  # slot, sub-band, us
_LAST = "<QI"  # end of the last frame in ms, its us
_ALL = const(1000)  # permille: a sub-band without limit
NEVER_MS = const(1 << 30)


class Ledger:
    def __init__(self, region: "Region", flash: "Store", rtc: "Store"):
        self._bands = region.sub_bands
        self._flash = flash
        self._rtc = rtc
        self.is_off = False  # only a certification test may ask for that (TS009)
        self._entries = []  # type: list[tuple[int, int, int]]  # (slot, sub-band, us), oldest first
        form = "<" + "I" * len(self._bands)
        bound = flash.get("airtime") or b""
        is_whole = len(bound) == struct.calcsize(form)
        self._bound_us = list(struct.unpack(form, bound)) if is_whole else [0] * len(self._bands)
        saved = rtc.get("airtime")
        self._is_cold = saved is None
        if saved is None:
            self._entries = [(0, band, us) for band, us in enumerate(self._bound_us) if us]
        else:
            step = struct.calcsize(_ENTRY)
            self._entries = [
                struct.unpack(_ENTRY, saved[at : at + step]) for at in range(0, len(saved), step)
            ]

    def limit_us(self, band: int, is_alarm: bool) -> int:
        """What the hour allows. Half of it is kept back for alarms: twelve at SF12."""
        limit_us = self._bands[band][2] * 3600000
        return limit_us if is_alarm else limit_us // 2

    def used_us(self, now_ms: int, band: int) -> int:
        self._forget(now_ms)
        return sum(us for _, at, us in self._entries if at == band)

    def free_in_ms(self, now_ms: int, band: int, on_air_us: int, is_alarm: bool) -> int:
        """How long the sub-band still forbids a frame; NEVER_MS when the hour never allows it."""
        if self.is_off or self._bands[band][2] == _ALL:
            return 0
        self._forget(now_ms)
        return self._free_in_ms(now_ms, band, on_air_us, self.limit_us(band, is_alarm))

    def silence_ms(self, now_ms: int, max_duty: int) -> int:
        """How long a DutyCycleReq keeps all channels silent after the last frame (TS001-1.0.4 5.3)."""
        saved = self._rtc.get("last")
        if self.is_off or not max_duty or not saved:
            return 0
        end_ms, on_air_us = struct.unpack(_LAST, saved)
        off_ms = on_air_us * ((1 << max_duty) - 1) // 1000
        left_ms = end_ms + off_ms - now_ms
        return min(max(left_ms, 0), off_ms + on_air_us // 1000)  # no longer when the clock went back

    def spend(self, now_ms: int, band: int, on_air_us: int) -> None:
        """A frame goes out now. Flash and RTC memory know of it before it does."""
        self._forget(now_ms)
        slot = (now_ms + on_air_us // 1000) // _SLOT_MS
        for place, (at, its_band, us) in enumerate(self._entries):
            if at == slot and its_band == band:
                self._entries[place] = (slot, band, us + on_air_us)
                break
        else:
            self._entries.append((slot, band, on_air_us))
        self._keep_bound()
        self._keep()
        self._rtc.put("last", struct.pack(_LAST, now_ms + on_air_us // 1000, on_air_us))

    def _keep(self) -> None:
        self._rtc.put("airtime", b"".join([struct.pack(_ENTRY, *entry) for entry in self._entries]))

    def _free_in_ms(self, now_ms: int, band: int, on_air_us: int, limit_us: int) -> int:
        """When enough of the oldest slots have left the hour."""
        if on_air_us > limit_us:
            return NEVER_MS
        over_us = on_air_us - limit_us
        for _, at, us in self._entries:
            if at == band:
                over_us += us
        if over_us <= 0:
            return 0
        for slot, at, us in self._entries:
            if at == band:
                over_us -= us
                if over_us <= 0:
                    return (slot + _SLOTS) * _SLOT_MS - now_ms
        return 0

    def _forget(self, now_ms: int) -> None:
        now = now_ms // _SLOT_MS
        if self._entries and (self._is_cold or self._entries[-1][0] > now + 1):
            # After power loss, or when the clock went back, what is known counts as spent just now. That is
            # kept at once: a node that may not send would else begin its hour anew with every wake.
            self._entries = [(now, band, us) for _, band, us in self._entries]
            self._keep()
        self._is_cold = False
        while self._entries and self._entries[0][0] + _SLOTS <= now:
            self._entries.pop(0)

    def _keep_bound(self) -> None:
        """Flash is written when a bound is passed, or is so far above that it would lie by minutes."""
        used = [0] * len(self._bands)
        for _, band, us in self._entries:
            used[band] += us
        for band, us in enumerate(used):
            if not us <= self._bound_us[band] <= us + 4 * _BOUND_AHEAD_US:
                break
        else:
            return
        self._bound_us = [us and us + _BOUND_AHEAD_US for us in used]
        self._flash.put("airtime", struct.pack("<" + "I" * len(used), *self._bound_us))


TYPE_CHECKING = False
if TYPE_CHECKING:
    from codec.lorawan.regions import Region
    from firmware.contracts import Store
