"""All that a node needs until it has a session: how often it may ask, where, with what, and whom it believes.

How often: 36 s of airtime in hour 1, 36 s in the next ten, then 8.7 s a day (TS001-1.0.4 section 7). Deep
sleep keeps the count; after power loss it begins anew, as the section says, and the sliding hour of the
ledger still holds what was spent before. Loaded while there is no session.
"""

import struct

from codec.compat import const
from codec.lorawan import crypto, join, regions
from codec.wire import WireError
from firmware.mac.actions import DroppedError
from firmware.mac.channels import OCTET

REQUEST_SIZE = const(23)
_RECORD = "<QHIH"  # first request, period, us spent in it, requests so far
_HOUR_MS = const(3600000)
# (end of the period in hours since the first request, airtime in us); then one period a day
_PERIODS = ((1, 36000000), (11, 36000000))
_DAY_US = const(8700000)
_PER_STEP = const(2)  # requests at one data rate before the next lower one is tried


class JoinBudget:
    def __init__(self, rtc: "Store"):
        self._rtc = rtc
        saved = rtc.get("join")
        self._began_ms, self._period, self._spent_us, self.attempts = (
            struct.unpack(_RECORD, saved) if saved else (-1, 0, 0, 0)
        )

    def period(self, now_ms: int) -> "tuple[int, int, int]":
        """(number, end in ms of the clock, airtime in us) of the period that `now_ms` lies in."""
        if now_ms < self._began_ms:  # the clock went back
            self._began_ms = now_ms
            self._save()
        began_ms = now_ms if self._began_ms < 0 else self._began_ms
        hours = (now_ms - began_ms) // _HOUR_MS
        for number, (end_h, limit_us) in enumerate(_PERIODS):
            if hours < end_h:
                return number, began_ms + end_h * _HOUR_MS, limit_us
        day = (hours - 11) // 24
        return 2 + day, began_ms + (35 + 24 * day) * _HOUR_MS, _DAY_US

    def used_us(self, now_ms: int) -> int:
        return self._spent_us if self.period(now_ms)[0] == self._period else 0

    def free_in_ms(self, now_ms: int, on_air_us: int) -> int:
        _, end_ms, limit_us = self.period(now_ms)
        return 0 if self.used_us(now_ms) + on_air_us <= limit_us else end_ms - now_ms

    def spend(self, now_ms: int, on_air_us: int) -> None:
        if self._began_ms < 0:
            self._began_ms = now_ms
        self._spent_us = self.used_us(now_ms) + on_air_us
        self._period = self.period(now_ms)[0]
        self.attempts = (self.attempts + 1) & 0xFFFF
        self._save()

    def close(self) -> None:
        """The join succeeded: the next one begins a first hour."""
        self._began_ms, self._period, self._spent_us, self.attempts = -1, 0, 0, 0
        self._rtc.put("join", b"")

    def data_rate(self, region: "Region", first: int) -> int:
        """Begin at `first`, go down by steps to the lowest, begin again (fixed plans: RP002-1.0.4 2.5.2)."""
        lowest, highest = region.join_drs
        if region.is_fixed:  # 125 kHz and 500 kHz in turn
            return highest if self.attempts % 2 else lowest
        first = min(max(first, lowest), highest)
        return first - self.attempts // _PER_STEP % (first - lowest + 1)

    def channels(self, channels: "Channels", data_rate: int) -> "list[int]":
        """Where a join-request may go (RP002-1.0.4 2.4.2, 2.5.2): fixed plans walk through their octets."""
        grid = range(channels.grid_size)
        on = [index for index in grid if channels.row(index)[1] <= data_rate <= channels.row(index)[2]]
        if not channels.region.is_fixed:
            return on
        octet = channels.octet - 1 if channels.octet else self.attempts // 2 % 8
        if on[0] >= 64:
            return [64 + octet]
        return [index for index in on if index // OCTET == octet]

    def hindrance(self, now_ms: int, on_air_us: int) -> "tuple[str, int, int, int]":
        """A link of the chain that firmware.mac.why puts into words."""
        number, _, limit_us = self.period(now_ms)
        when = ("hour 1", "hours 2 to 11")[number] if number < 2 else f"day {number - 1}"
        free_in_ms = self.free_in_ms(now_ms, on_air_us)
        return f"join budget of {when}", self.used_us(now_ms), limit_us, free_in_ms

    def _save(self) -> None:
        self._rtc.put(
            "join", struct.pack(_RECORD, self._began_ms, self._period, self._spent_us, self.attempts)
        )


def request(identity: "Otaa | Abp", dev_nonce: int) -> bytes:
    dev_eui, join_eui, app_key = identity
    return join.build_request(join.JoinRequest(join_eui, dev_eui, dev_nonce), app_key)


def open_accept(
    phy: bytes, app_key: bytes, region: "Region", nonces: "Nonces", dev_nonce: int
) -> "tuple[JoinAccept, tuple[bytes, bytes]]":
    """A join-accept that this node can follow, and the keys that come of it (6.2.6)."""
    if len(phy) not in (17, 33):  # 29 bytes have been seen in the field
        raise DroppedError("join_accept_size")
    try:
        accept = join.open_accept(phy, app_key)
    except WireError:
        raise DroppedError("join_accept_mic")
    if not nonces.is_new(accept.join_nonce):
        raise DroppedError("join_nonce")
    if accept.rx1_dr_offset > region.max_rx1_dr_offset or not regions.has_data_rate(
        region, accept.rx2_data_rate
    ):
        raise DroppedError("join_accept_settings")
    return accept, crypto.session_keys(app_key, accept.join_nonce, accept.net_id, dev_nonce)


def add_cf_list(channels: "Channels", cf_list: bytes) -> None:
    """The 16 bytes at the end of a join-accept (RP002-1.0.4 2.3.1, 2.3.2); another type is not for us."""
    if len(cf_list) != 16 or cf_list[15] != channels.region.is_fixed:
        return
    if channels.region.is_fixed:
        channels.mask = int.from_bytes(cf_list[:9], "little") or channels.mask
        return
    highest = channels.region.grid[0][4]
    for place in range(5):
        hz = int.from_bytes(cf_list[3 * place : 3 * place + 3], "little") * 100
        if hz:
            channels.add(channels.grid_size + place, hz, 0, highest)


TYPE_CHECKING = False
if TYPE_CHECKING:
    from codec.lorawan.join import JoinAccept
    from codec.lorawan.regions import Region
    from firmware.contracts import Store
    from firmware.mac.actions import Abp, Otaa
    from firmware.mac.channels import Channels
    from firmware.session import Nonces
