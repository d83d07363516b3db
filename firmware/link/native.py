"""The way to the air where the MAC runs on this chip: plays the MAC's actions on a radio."""

from codec.compat import const
from codec.lorawan import airtime
from firmware.mac.actions import Done, Listen, Options, Otaa, Transmit
from firmware.mac.machine import Mac

_OVERHEAD = const(28)  # what a frame has at most beside its payload: 13 bytes and 15 of FOpts
_TYPICAL_SIZE = const(12)  # of a report
_JOIN_SPREAD_MS = const(10000)  # after a mains outage not all nodes of a town may ask at once


def open_link(
    board: "Board", region: "Region", config: "dict[str, Any]", identity: "list[bytes]"
) -> "NativeLink":
    """`identity` is (DevEUI, JoinEUI, AppKey)."""
    options = Options(config["data_rate"], True, config["sub_band"])
    link_class = NativeLink
    if region.carrier_sense:  # one is to listen before each transmission
        link_class = __import__("firmware.link.polite", None, None, ("PoliteLink",)).PoliteLink
    mac = link_class.MAC(region, Otaa(*identity), (board.flash(), board.rtc()), board.randrange, options)
    level = board.rtc().get("level")
    if level:
        mac.set_battery(level[0])
    radio = board.radio(region.grid[0][1])
    return link_class(mac, radio, board.clock(), board.randrange)


class NativeLink:
    """Join and send through `mac` and `radio`. A certification test looks at `mac` itself."""

    MAC = Mac

    def __init__(self, mac: "Mac", radio: "Radio", clock: "Clock", randrange: "RandRange"):
        self.mac = mac
        self._radio = radio
        self._clock = clock
        self._randrange = randrange

    def joined(self) -> bool:
        return self.mac.joined()

    def wait_ms(self, is_alarm: bool = False, size: int = _TYPICAL_SIZE) -> int:
        return self.mac.wait_ms(self._clock.now_ms(), size + _OVERHEAD, is_alarm)

    def why(self) -> "list[str]":
        """Why `wait_ms` is not 0: a chain of reasons, for the log and the technician."""
        return self.mac.why(self._clock.now_ms(), _TYPICAL_SIZE + _OVERHEAD)

    async def join(self) -> bool:
        """One attempt; False when no join-accept came."""
        await self._clock.sleep_ms(self._randrange(_JOIN_SPREAD_MS))
        done = await self._play(self.mac.join(self._clock.now_ms()))
        return done.accepted

    async def send(
        self, fport: int, payload: bytes, confirmed: bool = False, is_alarm: bool = False
    ) -> "Downlink | None":
        """One uplink and its windows; the downlink that came, if one came."""
        if self.mac.is_lost() and not self.mac.join_wait_ms(self._clock.now_ms()):
            await self.join()
        uplink = self.mac.uplink(self._clock.now_ms(), fport, payload, confirmed, is_alarm)
        return (await self._play(uplink)).downlink

    async def room(self) -> int:
        """Bytes of payload that the next uplink can carry."""
        return self.mac.room()

    def ask_time(self) -> None:
        from codec.lorawan.commands import DEVICE_TIME  # weekly

        self.mac.ask(DEVICE_TIME)

    async def utc_ms(self) -> "int | None":
        return self.mac.utc_ms(self._clock.now_ms())

    async def _play(self, action: "Action") -> "Done":
        try:
            while not isinstance(action, Done):
                action = await self._step(action)
        finally:
            self._radio.sleep()
        return action

    async def _step(self, action: "Transmit | Listen | Wait") -> "Action":
        if isinstance(action, Transmit):
            return await self._transmit(action)
        if isinstance(action, Listen):
            frame = await self._radio.receive(action.channel, action.open_ms, action.timeout_ms)
            late_ms = self._radio.late_ms
            return self.mac.heard(frame, self._clock.now_ms(), self._radio.snr_db, late_ms)
        await self._clock.until_ms(action.until_ms)
        return self.mac.resume(self._clock.now_ms())

    async def _transmit(self, action: Transmit) -> Listen:
        frame, channel, power_dbm = action
        on_air_ms = airtime.airtime_us(len(frame), channel.sf, channel.bw_hz) // 1000
        start_ms = self._clock.now_ms()
        end_ms = await self._radio.send(frame, channel, power_dbm)
        return self.mac.sent(end_ms, end_ms - start_ms - on_air_ms)


TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from codec.lorawan.regions import Region
    from firmware.contracts import Board, Clock, Radio, RandRange
    from firmware.mac.actions import Downlink, Wait
    from firmware.mac.machine import Action
