"""LoRaWAN 1.0.4 class A as a state machine: events in, actions out. No await, no clock, no pin in it.

    join() / uplink()  ->  Transmit            sent(end_ms)  ->  Listen (RX1)
    heard(frame)       ->  Done                heard(None)   ->  Listen (RX2), then Done

What must outlive power loss is in the stores before the Transmit is handed out.
"""

from collections import namedtuple

from codec.compat import const
from codec.lorawan import airtime, crypto, frames, join, regions
from codec.wire import WireError
from firmware import session as sessions

Channel = namedtuple("Channel", ("hz", "sf", "bw_hz"))

Transmit = namedtuple("Transmit", ("frame", "channel", "power_dbm"))
Listen = namedtuple("Listen", ("channel", "open_ms", "timeout_ms"))
Done = namedtuple("Done", ("accepted", "downlink"))  # `accepted`: a valid answer came

Downlink = namedtuple("Downlink", ("fport", "payload", "ack"))

_GUARD_MS = const(20)  # a window opens this much early and closes this much late


class Mac:
    """Class A for one device. `identity` is (DevEUI, JoinEUI, AppKey); `randrange` is the board's."""

    def __init__(self, region: "Region", identity: "Identity", stores: "Stores", randrange: "RandRange"):
        self._region = region
        self._dev_eui, self._join_eui, self._app_key = identity
        self._flash, self._rtc = stores
        self._randrange = randrange
        self._nonces = sessions.Nonces(self._flash)
        self._session = sessions.load(self._flash, self._rtc)
        self._free_at_ms = _load_free_at(self._rtc)
        self._windows = []  # type: list[tuple[Channel, int]]  # still to open, RX2 first; ms after the uplink
        self._dev_nonce = None  # type: int | None  # of the join-request on its way
        self._end_ms = 0

    def joined(self) -> bool:
        return self._session is not None

    def wait_ms(self, now_ms: int) -> int:
        """How long the duty cycle of the join channels' sub-band still forbids to send."""
        return max(0, self._free_at_ms - now_ms)

    def join(self, now_ms: int, data_rate: int) -> Transmit:
        """A join-request (6.2.4). The DevNonce is in flash before the frame exists."""
        self._dev_nonce = self._nonces.take()
        request = join.JoinRequest(self._join_eui, self._dev_eui, self._dev_nonce)
        first_ms = self._region.join_delay_s * 1000
        return self._transmit(
            join.build_request(request, self._app_key), data_rate, (0, self._region.rx2[1], first_ms), now_ms
        )

    def uplink(self, now_ms: int, data_rate: int, fport: int, payload: bytes, confirmed: bool) -> Transmit:
        """A data frame (4); ValueError when the payload is too long for the data rate."""
        largest = self._region.data_rates[data_rate][2]
        if len(payload) > largest:
            raise ValueError(f"{len(payload)} bytes do not fit DR{data_rate}, which carries {largest}")
        s = self._in_force()
        kind = frames.CONFIRMED_UP if confirmed else frames.UNCONFIRMED_UP
        fcnt = s.take_fcnt(self._flash, self._rtc)
        frame = frames.build(
            frames.Plain(kind, s.dev_addr, 0, fcnt, b"", fport, payload), s.nwk_s_key, s.app_s_key
        )
        self._dev_nonce = None
        return self._transmit(
            frame, data_rate, (s.rx1_dr_offset, s.rx2_data_rate, s.rx_delay_s * 1000), now_ms
        )

    def sent(self, end_ms: int) -> Listen:
        """The transmission ended at `end_ms`: both windows count from here (3.3)."""
        self._end_ms = end_ms
        return self._listen()

    def heard(self, frame: "bytes | None") -> "Listen | Done":
        """A window closed with `frame`, or with nothing. A frame that is not for us counts as nothing."""
        if frame is not None:
            nonce = self._dev_nonce
            downlink = self._open_data(frame) if nonce is None else self._open_accept(frame, nonce)
            if downlink is not None:
                return Done(True, downlink)
        if self._windows:
            return self._listen()
        return Done(False, None)

    def _in_force(self) -> "Session":
        if self._session is None:
            raise OSError("no session: join first")
        return self._session

    def _transmit(self, frame: bytes, data_rate: int, rx: "tuple[int, int, int]", now_ms: int) -> Transmit:
        rx1_dr_offset, rx2_data_rate, rx1_ms = rx
        hz = self._region.channels_hz[self._randrange(len(self._region.channels_hz))]
        rx1 = self._channel(hz, regions.rx1_data_rate(self._region, data_rate, rx1_dr_offset))
        rx2 = self._channel(self._region.rx2[0], rx2_data_rate)
        self._windows = [(rx2, rx1_ms + 1000), (rx1, rx1_ms)]
        channel = self._channel(hz, data_rate)
        self._spend(airtime.airtime_us(len(frame), channel.sf, channel.bw_hz), hz, now_ms)
        power_dbm = min(self._region.max_eirp_dbm, regions.sub_band(self._region, hz)[3])
        return Transmit(frame, channel, power_dbm)

    def _spend(self, on_air_us: int, hz: int, now_ms: int) -> None:
        """All default channels share one sub-band: after a frame it rests until its share of time is kept."""
        permille = regions.sub_band(self._region, hz)[2]
        self._free_at_ms = now_ms + on_air_us * 1000 // permille // 1000 + 1
        self._rtc.put("free_at", self._free_at_ms.to_bytes(8, "little"))

    def _channel(self, hz: int, data_rate: int) -> Channel:
        sf, bw_hz, _ = self._region.data_rates[data_rate]
        return Channel(hz, sf, bw_hz)

    def _listen(self) -> Listen:
        channel, delay_ms = self._windows.pop()
        # A LoRa receiver stops its timer at the header at the earliest: wait for the time of an empty frame.
        empty_ms = airtime.airtime_us(0, channel.sf, channel.bw_hz) // 1000 + 1
        return Listen(channel, self._end_ms + delay_ms - _GUARD_MS, empty_ms + 2 * _GUARD_MS)

    def _open_accept(self, frame: bytes, dev_nonce: int) -> "Downlink | None":
        try:
            accept = join.open_accept(frame, self._app_key)
        except WireError:
            return None
        if accept.rx2_data_rate >= len(self._region.data_rates) or not self._nonces.accept(accept.join_nonce):
            return None
        keys = crypto.session_keys(self._app_key, accept.join_nonce, accept.net_id, dev_nonce)
        rx = (accept.rx1_dr_offset, accept.rx2_data_rate, accept.rx_delay_s)
        self._session = sessions.Session(accept.dev_addr, keys[0], keys[1], rx)
        sessions.begin(self._session, self._flash, self._rtc)
        return Downlink(None, b"", False)

    def _open_data(self, phy: bytes) -> "Downlink | None":
        s = self._in_force()
        try:
            frame = frames.parse(phy)
        except WireError:
            return None
        fcnt = frames.full_fcnt(s.fcnt_down, frame.fcnt)
        if (
            frames.is_up(frame.mtype)
            or frame.dev_addr != s.dev_addr
            or not frames.mic_fits(phy, s.nwk_s_key, fcnt)
        ):
            return None
        s.heard(fcnt, self._flash, self._rtc)
        payload = frames.open_payload(frame, s.nwk_s_key, s.app_s_key, fcnt)
        return Downlink(frame.fport, payload, bool(frame.fctrl & frames.ACK))


def _load_free_at(rtc: "Store") -> int:
    saved = rtc.get("free_at")
    return int.from_bytes(saved, "little") if saved else 0


TYPE_CHECKING = False
if TYPE_CHECKING:
    from codec.lorawan.regions import Region
    from firmware.contracts import RandRange, Store
    from firmware.session import Session

    Identity = tuple[bytes, bytes, bytes]
    Stores = tuple[Store, Store]
