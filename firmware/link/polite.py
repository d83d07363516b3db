"""The native link where a channel is listened to before it is used; loaded for such regions only.

The driver has no call for what the receiver hears at an instant; both chips have: GetRssiInst (SX1261/2
datasheet rev 2.1, 13.5.4) and RegRssiValue (SX1276 datasheet rev 7, 5.5.5 and 6.4).
"""

from codec.compat import const
from firmware.link.native import NativeLink
from firmware.mac.polite import PoliteMac, Sense

_GET_RSSI_INST = const(0x15)
_RSSI_VALUE = const(0x1B)
_HF_OFFSET_DBM = const(157)
_SETTLE_MS = const(2)
_LOOK_MS = const(1)
_SPARE_MS = const(100)  # the receiver must not close while it is asked


class PoliteLink(NativeLink):
    MAC = PoliteMac

    async def _step(self, action: "Sense | Transmit | Listen | Wait") -> "Action":
        if not isinstance(action, Sense):
            return await NativeLink._step(self, action)
        loudest_dbm = await listen(self._radio, self._clock, action)
        return self.mac.sensed(loudest_dbm, self._clock.now_ms())  # type: ignore[attr-defined]


async def listen(radio: "Any", clock: "Clock", sense: Sense) -> int:
    """The most that the channel carried, in dBm; `radio` is a LoraRadio."""
    modem = radio._modem
    read = _sx126x_dbm if hasattr(modem, "_cmd") else _sx127x_dbm
    radio._tune(sense.channel, radio._most_dbm)
    modem.start_recv(_SETTLE_MS + sense.duration_ms + _SPARE_MS)
    await clock.sleep_ms(_SETTLE_MS)
    end_ms = clock.now_ms() + sense.duration_ms
    loudest_dbm = read(modem)
    while clock.now_ms() < end_ms:
        await clock.sleep_ms(_LOOK_MS)
        loudest_dbm = max(loudest_dbm, read(modem))
    modem.standby()
    return loudest_dbm


def _sx126x_dbm(modem: "Any") -> int:
    return -(modem._cmd("B", _GET_RSSI_INST, n_read=2)[1] // 2)


def _sx127x_dbm(modem: "Any") -> int:
    return modem._reg_read(_RSSI_VALUE) - _HF_OFFSET_DBM


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from firmware.contracts import Clock
    from firmware.mac.actions import Listen, Transmit, Wait
    from firmware.mac.machine import Action
