"""What the network orders (TS001-1.0.4 section 5): each command is obeyed or refused, and answered."""

from codec.compat import const
from codec.lorawan import commands, regions
from firmware.mac.channels import OCTET, SLOTS
from firmware.mac.limits import largest_payload, lowest_data_rate

_KEEP = const(0x0F)  # in LinkADRReq: leave the data rate or the power as it is (5.2)
_STICKY = (
    0x05,
    0x08,
    0x09,
    0x0A,
)  # answers repeated until a downlink comes (5.4, 5.6, 5.7, 5.8)
_NO_ANSWER = const(-1)


class Commands:
    """Obeys on `session` and `channels`; what was asked of the network comes back as attributes."""

    def __init__(
        self, region: "Region", session: "Session", channels: "Channels", adr: bool, battery: int = 255
    ):
        self._region = region
        self._session = session
        self._channels = channels
        self._adr = adr
        self.battery = battery
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

    def _answer(self, cid: int, body: bytes) -> None:
        self._session.answers.append((cid in _STICKY, bytes([cid]) + body))

    def _link_adr(self, block: "list[bytes]") -> int:
        """A block of LinkADRReq takes effect as a whole or not at all (5.2)."""
        s = self._session
        mask = self._channels.mask  # type: int | None
        for body in block:
            if mask is not None:
                mask = masked(self._channels, mask, body[3] >> 4 & 0x07, body[1] | body[2] << 8)
        data_rate, power_index = block[-1][0] >> 4, block[-1][0] & 0x0F
        wanted = s.data_rate if data_rate == _KEEP else data_rate
        mask_ok = bool(mask)
        carried = bool(self._channels.carrying(wanted, mask or self._channels.mask))
        rate_ok = self._sends_at(wanted) and carried and (self._adr or wanted == s.data_rate)
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
        index, hz = body[0], int.from_bytes(body[1:], "little") * 100
        channels = self._channels
        status = regions.allows(self._region, hz) | channels.exists(index) << 1
        if status == 0b11:
            up_hz, lowest, highest, _ = channels.row(index)
            channels.rows[index] = (up_hz, lowest, highest, hz)
        return status

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


def masked(channels: "Channels", mask: int, control: int, bits: int) -> "int | None":
    """The mask after one LinkADRReq (5.2); None when ChMaskCntl or a switched-on channel is unknown."""
    if channels.region.is_fixed:
        return _masked_fixed(mask, control, bits)
    if control == 6:
        return (1 << channels.grid_size) - 1 | sum(1 << index for index in channels.rows)
    if control or any(bits >> index & 1 and not channels.exists(index) for index in range(SLOTS)):
        return None
    return bits


def _masked_fixed(mask: int, control: int, bits: int) -> "int | None":
    """ChMaskCntl of US915 and AU915 (RP002-1.0.4 2.5.5, 2.8.5)."""
    low = (1 << 64) - 1
    if control < 4:
        return mask & ~(0xFFFF << 16 * control) | bits << 16 * control
    if control == 4:
        return mask & low | (bits & 0xFF) << 64
    if control == 5:
        banks = [index for index in range(8) if bits >> index & 1]
        return sum(0xFF << OCTET * bank | 1 << 64 + bank for bank in banks)
    if control in (6, 7):
        return (low if control == 6 else 0) | (bits & 0xFF) << 64
    return None


TYPE_CHECKING = False
if TYPE_CHECKING:
    from codec.lorawan.regions import Region
    from firmware.mac.channels import Channels
    from firmware.session import Session
