"""The MAC where a channel is listened to before it is used: KR920, and AS923-1 for Japan.

    join() / uplink() / resume()  ->  Sense      sensed(quiet)  ->  Transmit
                                                 sensed(loud)   ->  Sense of another channel, or Wait

A region's row says for how long and up to which power a channel counts as free. Loaded for such regions only.
"""

from collections import namedtuple

from codec.compat import const
from firmware.mac.actions import RefusedError, Wait
from firmware.mac.machine import Mac

Sense = namedtuple("Sense", ("channel", "duration_ms"))

_ROUNDS = const(4)  # of all channels, before the frame is given back
_AGAIN_MS = const(200)  # and as much again at random: longer than most frames of others
_REST_MS = const(15000)  # until a frame that was given back may be tried anew
_TYPICAL_SIZE = const(32)
_KEY = "busy"


class PoliteMac(Mac):
    """`Mac`, but for what comes between a frame and its transmission."""

    _index = 0
    _loud = ()  # type: tuple[int, ...]  # channels that were in use in this round
    _rounds = 0
    _waits = False  # for a channel, and not for airtime

    def _transmit(self, now_ms: int, index: int) -> "Sense":  # type: ignore[override]
        self._loud, self._rounds = (), 0
        return self._sense(index)

    def sensed(self, loudest_dbm: int, now_ms: int) -> "Sense | Action":
        """The channel of the last Sense was never louder than this."""
        if loudest_dbm < self._region.carrier_sense[1]:
            return Mac._transmit(self, now_ms, self._index)
        self._count("channel_in_use")
        self._loud += (self._index,)
        index = self._another(now_ms)
        if index is not None:
            return self._sense(index)
        self._loud, self._rounds = (), self._rounds + 1
        if self._rounds == _ROUNDS:
            self._left, self._later = 0, None
            self._rtc.put(_KEY, (now_ms + _REST_MS).to_bytes(8, "little"))
            raise RefusedError(f"all channels of {self._region.name} are in use")
        self._waits = True
        return Wait(now_ms + _AGAIN_MS + self._randrange(_AGAIN_MS))

    def resume(self, now_ms: int) -> "Sense | Action":  # type: ignore[override]
        if not self._waits:
            return Mac.resume(self, now_ms)
        self._waits = False
        index = self._another(now_ms)
        return self._sense(self._index if index is None else index)

    def wait_ms(self, now_ms: int, size: int = _TYPICAL_SIZE, is_alarm: bool = False) -> int:
        return max(Mac.wait_ms(self, now_ms, size, is_alarm), self._rest_ms(now_ms))

    def why(self, now_ms: int, size: int = _TYPICAL_SIZE, is_alarm: bool = False) -> "list[str]":
        found = Mac.why(self, now_ms, size, is_alarm)
        rest_ms = self._rest_ms(now_ms)
        if rest_ms:
            found.append(f"all channels of {self._region.name} were in use, again in {-(-rest_ms // 1000)} s")
        return found

    def _rest_ms(self, now_ms: int) -> int:
        """No longer than it was meant, also when the clock went back."""
        at_ms = int.from_bytes(self._rtc.get(_KEY) or b"", "little")
        return min(max(at_ms - now_ms, 0), _REST_MS)

    def _sense(self, index: int) -> Sense:
        self._index = index
        hz = self._hops.channels.row(index)[0]
        return Sense(self._hops.window(hz, self._data_rate, 0)[0], self._region.carrier_sense[0])

    def _another(self, now_ms: int) -> "int | None":
        """A channel that may carry the frame and was not heard in use in this round."""
        indices = self._hops.carrying(self._data_rate)
        if self._is_join:
            indices = self._hops.join_budget().channels(self._hops.channels, self._data_rate)
        indices = [index for index in indices if index not in self._loud]
        if not indices:
            return None
        size, is_alarm = len(self._frame), self._is_alarm or self._is_join
        index, wait_ms = self._hops.pick(now_ms, indices, self._data_rate, size, is_alarm)
        return None if wait_ms else index


TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.mac.machine import Action
