"""What the network orders (TS001-1.0.4 section 5): each command is obeyed or refused, and answered."""

from codec.compat import const
from codec.lorawan import commands, regions

_KEEP = const(0x0F)  # in LinkADRReq: leave the data rate or the power as it is (5.2)
_EIRP_DBM = (8, 10, 12, 13, 14, 16, 18, 20, 21, 24, 26, 27, 29, 30, 33, 36)  # 5.8
_UP_DWELL = const(0x10)
_DOWN_DWELL = const(0x20)
_STICKY = (
    0x05,
    0x08,
    0x09,
    0x0A,
)  # answers repeated until a downlink comes (5.4, 5.6, 5.7, 5.8)
_NO_ANSWER = const(-1)


class Commands:
    """Obeys on `session` and `channels`; what was asked of the network comes back as attributes."""

    def __init__(self, region: "Region", session: "Session", channels: "Channels", adr: bool):
        self._region = region
        self._session = session
        self._channels = channels
        self.adr = adr
        self.battery = 255  # DevStatus (5.5): 0 external, 1..254 share of full, 255 cannot be measured
        self.link_check = None  # type: tuple[int, int] | None  # (margin dB, gateways)
        self.gps_time = None  # type: tuple[int, int] | None  # (s, 1/256 s) at the end of the uplink

    def obey(self, data: bytes, snr_db: int) -> int:
        """Everything in FOpts or FPort 0; returns how many bytes were not understood."""
        found, rest = commands.split(data, commands.DOWN)
        at = 0
        while at < len(found):
            cid, body = found[at]
            at += 1
            if cid == commands.LINK_ADR:
                block = [body]
                while at < len(found) and found[at][0] == cid:
                    block.append(found[at][1])
                    at += 1
                status = self._link_adr(block)
                for _ in block:
                    self._answer(cid, bytes([status]))
            elif cid == commands.DEV_STATUS:
                self._answer(cid, bytes([self.battery, min(max(snr_db, -32), 31) & 0x3F]))
            else:
                status = _ORDERS[cid](self, body)
                if status != _NO_ANSWER:
                    self._answer(cid, bytes([status][: commands.UP[cid]]))
        self._keep_a_channel()
        return len(rest)

    def _keep_a_channel(self) -> None:
        """A removed channel may have been the last one for the data rate: a node must stay able to speak."""
        s = self._session
        if not self._channels.carrying(s.data_rate):
            self._channels.enable_defaults()
            while not self._channels.carrying(s.data_rate):
                s.data_rate -= 1

    def ask(self, cid: int) -> None:
        """Put a request of ours, LinkCheckReq or DeviceTimeReq, into the next uplink."""
        if (False, bytes([cid])) not in self._session.answers:
            self._answer(cid, b"")

    def _answer(self, cid: int, body: bytes) -> None:
        self._session.answers.append((cid in _STICKY, bytes([cid]) + body))

    def _link_adr(self, block: "list[bytes]") -> int:
        """A block of LinkADRReq takes effect as a whole or not at all (5.2)."""
        s = self._session
        mask = self._channels.mask  # type: int | None
        for body in block:
            if mask is not None:
                mask = self._channels.masked(mask, body[3] >> 4 & 0x07, body[1] | body[2] << 8)
        data_rate, power_index = block[-1][0] >> 4, block[-1][0] & 0x0F
        wanted = s.data_rate if data_rate == _KEEP else data_rate
        mask_ok = bool(mask)
        carried = bool(self._channels.carrying(wanted, mask or self._channels.mask))
        rate_ok = self._sends_at(wanted) and carried and (self.adr or wanted == s.data_rate)
        power_ok = power_index == _KEEP or power_index <= self._region.power_steps
        status = mask_ok | rate_ok << 1 | power_ok << 2
        if status == 0b111:
            self._channels.mask = mask or 0
            s.data_rate = wanted
            s.power_index = s.power_index if power_index == _KEEP else power_index
            s.nb_trans = (block[-1][3] & 0x0F) or 1
        return status

    def _sends_at(self, data_rate: int) -> bool:
        least, most = self._region.uplink_drs
        return least <= data_rate <= most and largest_payload(self._region, self._session, data_rate) > 0

    def _link_check(self, body: bytes) -> int:
        self.link_check = (body[0], body[1])
        return _NO_ANSWER

    def _device_time(self, body: bytes) -> int:
        self.gps_time = (int.from_bytes(body[:4], "little"), body[4])
        return _NO_ANSWER

    def _duty_cycle(self, body: bytes) -> int:
        self._session.max_duty = body[0] & 0x0F
        return 0

    def _rx_param_setup(self, body: bytes) -> int:
        s = self._session
        offset, data_rate = body[0] >> 4 & 0x07, body[0] & 0x0F
        hz = int.from_bytes(body[1:], "little") * 100
        status = (
            regions.allows(self._region, hz)
            | regions.has_data_rate(self._region, data_rate) << 1
            | (offset <= self._region.max_rx1_dr_offset) << 2
        )
        if status == 0b111:
            s.rx1_dr_offset, s.rx2_data_rate, s.rx2_hz = offset, data_rate, hz
        return status

    def _new_channel(self, body: bytes) -> int:
        if self._region.is_fixed:
            return _NO_ANSWER
        hz = int.from_bytes(body[1:4], "little") * 100
        return self._channels.add(body[0], hz, body[4] & 0x0F, body[4] >> 4)

    def _dl_channel(self, body: bytes) -> int:
        if self._region.is_fixed:
            return _NO_ANSWER
        return self._channels.redirect(body[0], int.from_bytes(body[1:], "little") * 100)

    def _rx_timing_setup(self, body: bytes) -> int:
        self._session.rx_delay_s = (body[0] & 0x0F) or 1
        return 0

    def _tx_param_setup(self, body: bytes) -> int:
        """Not answered where the region has no such command (5.8)."""
        if self._region.dwell_sizes is None:
            return _NO_ANSWER
        s = self._session
        s.tx_param = body[0] & 0x3F
        if largest_payload(self._region, s, s.data_rate) == 0:
            s.data_rate = lowest_data_rate(self._region, s)
        return 0


_ORDERS = {
    commands.LINK_CHECK: Commands._link_check,
    commands.DUTY_CYCLE: Commands._duty_cycle,
    commands.RX_PARAM_SETUP: Commands._rx_param_setup,
    commands.NEW_CHANNEL: Commands._new_channel,
    commands.RX_TIMING_SETUP: Commands._rx_timing_setup,
    commands.TX_PARAM_SETUP: Commands._tx_param_setup,
    commands.DL_CHANNEL: Commands._dl_channel,
    commands.DEVICE_TIME: Commands._device_time,
}


def has_dwell(region: "Region", session: "Session", bit: int = _UP_DWELL) -> bool:
    """Whether TxParamSetup limits this direction to 400 ms; until the network says otherwise it does."""
    return region.dwell_sizes is not None and bool(session.tx_param & bit)


def lowest_rx1(region: "Region", session: "Session") -> int:
    return 2 if has_dwell(region, session, _DOWN_DWELL) and not region.is_fixed else 0


def largest_payload(region: "Region", session: "Session", data_rate: int) -> int:
    """N of RP002: bytes that FOpts and FRMPayload share at a data rate."""
    if has_dwell(region, session):
        return region.dwell_sizes[data_rate]
    return region.data_rates[data_rate][2]


def lowest_data_rate(region: "Region", session: "Session") -> int:
    """The most robust data rate that carries anything."""
    data_rate = region.uplink_drs[0]
    while largest_payload(region, session, data_rate) == 0:
        data_rate += 1
    return data_rate


def eirp_dbm(region: "Region", session: "Session") -> int:
    if session.tx_param == 0xFF:
        return region.max_eirp_dbm
    return _EIRP_DBM[session.tx_param & 0x0F]


TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from codec.lorawan.regions import Region
    from firmware.mac.channels import Channels
    from firmware.session import Session
