"""The way to the air where the MAC runs on this chip: plays the MAC's actions on a radio."""

from firmware.mac import Done, Listen, Transmit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.contracts import Clock, Radio
    from firmware.mac import Downlink, Mac

_JOIN_SPREAD_MS = 10000  # after a mains outage not all nodes of a town may ask at once


class NativeLink:
    """Join and send through `mac` and `radio`, beginning at data rate `data_rate`."""

    def __init__(self, mac: "Mac", radio: "Radio", clock: "Clock", data_rate: int, randrange: "RandRange"):
        self._mac = mac
        self._radio = radio
        self._clock = clock
        self._data_rate = data_rate
        self._randrange = randrange

    def joined(self) -> bool:
        return self._mac.joined()

    def wait_ms(self) -> int:
        return self._mac.wait_ms(self._clock.now_ms())

    async def join(self) -> bool:
        """One attempt; False when no join-accept came."""
        await self._clock.sleep_ms(self._randrange(_JOIN_SPREAD_MS))
        done = await self._play(self._mac.join(self._clock.now_ms(), self._data_rate))
        return done.accepted

    async def send(self, fport: int, payload: bytes, confirmed: bool = False) -> "Downlink | None":
        """One uplink and its two windows; the downlink that came, if one came."""
        uplink = self._mac.uplink(self._clock.now_ms(), self._data_rate, fport, payload, confirmed)
        return (await self._play(uplink)).downlink

    async def _play(self, action: "Transmit | Listen | Done") -> "Done":
        while True:
            if isinstance(action, Transmit):
                action = self._mac.sent(
                    await self._radio.send(action.frame, action.channel, action.power_dbm)
                )
            elif isinstance(action, Listen):
                action = self._mac.heard(
                    await self._radio.receive(action.channel, action.open_ms, action.timeout_ms)
                )
            else:
                self._radio.sleep()
                return action


if TYPE_CHECKING:
    from firmware.contracts import RandRange
