"""The way to the air where the MAC runs on this chip: plays the MAC's actions on a radio."""

from codec.compat import const
from codec.lorawan import airtime
from firmware.mac import Done, Listen, Transmit

_LONGEST_WAIT_MS = const(3900000)  # the ledger's hour
_JOIN_SPREAD_MS = const(10000)  # after a mains outage not all nodes of a town may ask at once


class NativeLink:
    """Join and send through `mac` and `radio`. `log` takes lines for the technician."""

    def __init__(
        self, mac: "Mac", radio: "Radio", clock: "Clock", randrange: "RandRange", log: "Log | None" = None
    ):
        self._mac = mac
        self._radio = radio
        self._clock = clock
        self._randrange = randrange
        self._log = log

    def joined(self) -> bool:
        return self._mac.joined()

    def wait_ms(self, is_alarm: bool = False) -> int:
        return self._mac.wait_ms(self._clock.now_ms(), is_alarm=is_alarm)

    def why(self) -> "list[str]":
        """Why `wait_ms` is not 0: a chain of reasons, for the log and the technician."""
        return self._mac.why(self._clock.now_ms())

    async def join(self) -> bool:
        """One attempt; False when no join-accept came."""
        await self._clock.sleep_ms(self._randrange(_JOIN_SPREAD_MS))
        done = await self._play(self._mac.join(self._clock.now_ms()))
        return done.accepted

    async def send(
        self, fport: int, payload: bytes, confirmed: bool = False, is_alarm: bool = False
    ) -> "Downlink | None":
        """One uplink and its windows, when airtime allows; the downlink that came, if one came."""
        now_ms = self._clock.now_ms()
        if self._mac.is_lost() and not self._mac.join_wait_ms(now_ms):
            await self.join()
        await self._air_is_free(len(payload), is_alarm)
        uplink = self._mac.uplink(self._clock.now_ms(), fport, payload, confirmed, is_alarm)
        return (await self._play(uplink)).downlink

    async def _air_is_free(self, size: int, is_alarm: bool) -> None:
        now_ms = self._clock.now_ms()
        size += 28  # what a frame has beside its payload, FOpts included
        wait_ms = self._mac.wait_ms(now_ms, size, is_alarm)
        if wait_ms and self._log:
            for line in self._mac.why(now_ms, size, is_alarm):
                self._log(line)
        if wait_ms <= _LONGEST_WAIT_MS:  # longer is never: the MAC refuses, and says why
            await self._clock.sleep_ms(wait_ms)

    async def _play(self, action: "Action") -> "Done":
        while not isinstance(action, Done):
            if isinstance(action, Transmit):
                action = await self._transmit(action)
            elif isinstance(action, Listen):
                frame = await self._radio.receive(action.channel, action.open_ms, action.timeout_ms)
                late_ms = self._radio.late_ms
                action = self._mac.heard(frame, self._clock.now_ms(), self._radio.snr_db, late_ms)
            else:
                await self._clock.until_ms(action.until_ms)
                action = self._mac.resume(self._clock.now_ms())
        self._radio.sleep()
        return action

    async def _transmit(self, action: Transmit) -> Listen:
        frame, channel, power_dbm = action
        on_air_ms = airtime.airtime_us(len(frame), channel.sf, channel.bw_hz) // 1000
        start_ms = self._clock.now_ms()
        end_ms = await self._radio.send(frame, channel, power_dbm)
        return self._mac.sent(end_ms, end_ms - start_ms - on_air_ms)


TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from firmware.contracts import Clock, Radio, RandRange
    from firmware.mac import Downlink, Mac
    from firmware.mac.machine import Action

    Log = Callable[[str], None]
