"""The machine itself: one transmission, its two windows, its repetitions.

    join() / uplink()  ->  Transmit            sent(end_ms)    ->  Listen (RX1)
    heard(frame)       ->  Done or Wait        heard(None)     ->  Listen (RX2), then Done or Wait
    resume()           ->  Transmit, Wait or Done, after a Wait

What must outlive power loss is in the stores before the Transmit is handed out.
"""

import binascii

from codec.compat import const
from codec.lorawan import frames, regions
from firmware import session as sessions
from firmware.mac import adr, downlinks
from firmware.mac.actions import Abp, Done, Downlink, DroppedError, Options, RefusedError, Transmit, Wait
from firmware.mac.hops import Hops
from firmware.mac.limits import eirp_dbm, largest_payload, lowest_data_rate, lowest_rx1
from firmware.mac.windows import Timing

_TYPICAL_SIZE = const(32)  # of a report with its frame
_FRAME_SIZE = const(13)  # MHDR, FHDR without FOpts, FPort, MIC
_RETRANSMIT_MS = const(1000)  # RETRANSMIT_TIMEOUT is 2 s, give or take one (RP002-1.0.4 2.3)
_RETRANSMIT_SPREAD_MS = const(2000)
_PATIENCE_MS = const(60000)  # a repetition that must wait longer for airtime is given up
_GPS_TO_UNIX_S = const(315964782)  # 1980-01-06, less the 18 leap seconds that GPS time has not had since


class Mac:
    """Class A for one device. `stores` are flash and RTC memory, `randrange` is the board's."""

    def __init__(
        self,
        region: "Region",
        identity: "Otaa | Abp",
        stores: "Stores",
        randrange: "RandRange",
        options: Options,
    ):
        self._region = region
        self._identity = identity
        self._flash, self._rtc = stores
        self._randrange = randrange
        self._options = options
        self.counts = {}  # type: dict[str, int]  # why frames and commands were dropped, and how often
        self.timing = Timing(self._rtc)
        self._hops = Hops(region, stores, randrange, options)
        self._windows = []  # type: list[Window]  # RX2, RX1: channel, ms after the uplink, N
        self._window_size = 0  # N of the window that is open
        self._frame = b""
        self._is_join = False
        self._is_confirmed = False
        self._is_alarm = False
        self._data_rate = 0
        self._left = 0  # repetitions
        self._later = None  # type: Later | None  # the payload that answers to MAC commands went before
        self._heard = None  # type: Downlink | None
        self._battery = 255  # DevStatus (5.5): 0 external, 1..254 share of full, 255 cannot be measured
        self._link_check = None  # type: tuple[int, int] | None  # (margin dB, gateways)
        self._answered = 0  # how many of the session's answers are in the frame
        self._end_ms = 0
        self._restore()

    def joined(self) -> bool:
        session = self._hops.session
        return session is not None and session.fcnt_up < sessions.FCNT_END

    def is_lost(self) -> bool:
        """So long without any downlink that a new join is worth its airtime; the session stays until then."""
        session = self._hops.session
        if session is None or session.adr_ack_cnt < adr.LOST or self._is_abp():
            return False
        return self._nonces.dev_nonce < sessions.DEV_NONCE_END

    def room(self) -> int:
        """Bytes of payload that the next uplink can carry beside what the MAC itself has to say."""
        s = self._in_force()
        return max(0, largest_payload(self._region, s, s.data_rate) - len(self._fitting(15)))

    def wait_ms(self, now_ms: int, size: int = _TYPICAL_SIZE, is_alarm: bool = False) -> int:
        """How long until a frame of `size` bytes may go; a join-request when there is no session."""
        if not self.joined():
            return self._hops.join_wait_ms(now_ms)
        data_rate = self._in_force().data_rate
        return self._hops.pick(now_ms, self._hops.carrying(data_rate), data_rate, size, is_alarm)[1]

    def join_wait_ms(self, now_ms: int) -> int:
        return self._hops.join_wait_ms(now_ms)

    def why(self, now_ms: int, size: int = _TYPICAL_SIZE, is_alarm: bool = False) -> "list[str]":
        """The chain of reasons for `wait_ms`, in words; empty when the node may send."""
        return self._hops.why(now_ms, size, is_alarm)

    def ask(self, cid: int) -> None:
        """Let the next uplink carry a LinkCheckReq or a DeviceTimeReq."""
        answers = self._in_force().answers
        if (False, bytes([cid])) not in answers:
            answers.append((False, bytes([cid])))

    def link_check(self) -> "tuple[int, int] | None":
        """(margin in dB, gateways) of the last LinkCheckAns."""
        return self._link_check

    def utc_ms(self, now_ms: int) -> "int | None":
        """Unix time, once a DeviceTimeAns has come."""
        saved = self._rtc.get("utc")
        return now_ms + int.from_bytes(saved, "little") - (1 << 62) if saved else None

    def set_battery(self, level: int) -> None:
        """For DevStatusAns (5.5): 0 external supply, 1..254 share of full, 255 unknown."""
        self._battery = level

    def set_adr(self, is_on: bool) -> None:
        """Whether the network may choose data rate and power; a node that moves switches it off."""
        self._options = Options(self._options.data_rate, is_on, self._options.octet)

    def set_duty_cycle(self, is_on: bool) -> None:
        """Off by order of a certification test only (TS009)."""
        self._hops.ledger.is_off = not is_on

    def join(self, now_ms: int) -> Transmit:
        """A join-request (6.2.5). The DevNonce is in flash before the frame exists."""
        from firmware.mac import joining

        if self._is_abp():
            raise RefusedError("an ABP node does not join")
        if self._hops.join_wait_ms(now_ms):
            raise RefusedError("; ".join(self._hops.why(now_ms, joining.REQUEST_SIZE, True)))
        data_rate, indices = self._hops.joining()
        index, _ = self._hops.pick(now_ms, indices, data_rate, joining.REQUEST_SIZE, True)
        self._dev_nonce = self._nonces.take()
        self._frame = joining.request(self._identity, self._dev_nonce)
        self._is_join, self._is_confirmed, self._is_alarm = True, False, False
        self._data_rate, self._left, self._later, self._heard = data_rate, 0, None, None
        on_air_us = self._hops.on_air_us(joining.REQUEST_SIZE, data_rate)
        self._hops.join_budget().spend(now_ms, on_air_us)
        return self._transmit(now_ms, index)

    def uplink(
        self, now_ms: int, fport: int, payload: bytes, confirmed: bool = False, is_alarm: bool = False
    ) -> Transmit:
        """A data frame (4). Refused when it is too long for the data rate, or airtime is short.

        Answers to MAC commands go in FOpts; those that leave too little room go first, in their own frame.
        """
        s = self._in_force()
        largest = largest_payload(self._region, s, s.data_rate)
        if len(payload) > largest:
            raise RefusedError(f"{len(payload)} bytes do not fit DR{s.data_rate}, which carries {largest}")
        owed = sum(len(answer) for _, answer in s.answers)
        self._is_alarm, self._heard, self._later = is_alarm, None, None
        if owed > 15 or owed + len(payload) > largest:
            self._later = (fport, payload, confirmed)
            return self._build(now_ms, 0, b"", False)
        return self._build(now_ms, fport, payload, confirmed)

    def sent(self, end_ms: int, overhead_ms: int = 0) -> "Listen":
        """The transmission ended at `end_ms`: both windows count from here (3.3).

        `overhead_ms`: what it took from start to end beyond the time on air.
        """
        self._end_ms = end_ms
        self.timing.transmitted(overhead_ms)
        return self._listen()

    def heard(self, frame: "bytes | None", now_ms: int, snr_db: int = 0, late_ms: int = 0) -> "Action":
        """A window that opened `late_ms` late closed with `frame`, or with nothing."""
        self.timing.opened(late_ms)
        downlink = self._open(frame, snr_db) if frame is not None else None
        if downlink is not None:
            self._heard = downlink
            self._windows = []
            if not self._is_confirmed or downlink.ack:
                self._left = 0
        elif self._windows:  # RX2 also follows a frame that was not for us (3.3.1)
            return self._listen()
        if self._left:
            return Wait(now_ms + _RETRANSMIT_MS + self._randrange(_RETRANSMIT_SPREAD_MS))
        return self._finish(now_ms)

    def resume(self, now_ms: int) -> "Action":
        """A Wait is over: the same frame again on another channel, or the payload that had to wait."""
        later = self._later if not self._left else None
        s = self._in_force()
        data_rate = s.data_rate if later else self._data_rate
        size = _FRAME_SIZE + 15 + len(later[1]) if later else len(self._frame)
        indices = self._hops.carrying(data_rate)
        index, wait_ms = (
            self._hops.pick(now_ms, indices, data_rate, size, self._is_alarm)
            if indices
            else (0, _PATIENCE_MS + 1)
        )
        if wait_ms > _PATIENCE_MS:
            self._left, self._later = 0, None
            return self._finish(now_ms)
        if wait_ms:
            return Wait(now_ms + wait_ms)
        if later:
            self._later = None
            return self._build(now_ms, later[0], later[1], later[2])
        self._left -= 1
        return self._transmit(now_ms, index)

    def _build(self, now_ms: int, fport: int, payload: bytes, confirmed: bool) -> Transmit:
        """A new frame counter, and the frame on its way."""
        s = self._in_force()
        largest = largest_payload(self._region, s, s.data_rate)
        fopts = b""
        if fport:
            fopts = self._fitting(min(15, largest - len(payload)))
        else:
            payload = self._fitting(largest)
        size = _FRAME_SIZE + len(fopts) + len(payload)
        indices = self._hops.carrying(s.data_rate)
        index, wait_ms = self._hops.pick(now_ms, indices, s.data_rate, size, self._is_alarm)
        if wait_ms:
            raise RefusedError("; ".join(self._hops.why(now_ms, size, self._is_alarm)))
        self._is_join, self._is_confirmed = False, confirmed
        self._data_rate, self._left = s.data_rate, s.nb_trans - 1
        fctrl = self._flags(s)
        kind = frames.CONFIRMED_UP if confirmed else frames.UNCONFIRMED_UP
        fcnt = s.take_fcnt(self._flash, self._rtc)
        plain = frames.Plain(kind, s.dev_addr, fctrl, fcnt, fopts, fport, payload)
        self._frame = frames.build(plain, s.nwk_s_key, s.app_s_key)
        action = self._transmit(now_ms, index)
        if self._options.adr and adr.step(self._region, s, self._hops.channels):
            self._save(s)  # for the frame after this one
        return action

    def _flags(self, s: "Session") -> int:
        """FCtrl of a new frame (4.3.1.1, 4.3.1.2)."""
        fctrl = frames.ACK if s.is_ack_due else 0
        s.is_ack_due = False
        if self._options.adr:
            fctrl |= frames.ADR | (frames.ADR_ACK_REQ if adr.asks(s) else 0)
            s.adr_ack_cnt = min(s.adr_ack_cnt + 1, 0xFFFF)
        return fctrl

    def _fitting(self, room: int) -> bytes:
        """The first answers that fit in `room`, whole and in order (4.3.1.6); remembers how many."""
        found = b""
        self._answered = 0
        for _, answer in self._in_force().answers:
            if len(found) + len(answer) > room:
                break
            found += answer
            self._answered += 1
        return found

    def _transmit(self, now_ms: int, index: int) -> Transmit:
        """The frame on a channel; its windows are planned and its airtime is booked."""
        hz, _, _, rx1_hz = self._hops.channels.row(index)
        s = self._hops.session
        power_dbm = self._region.max_eirp_dbm
        offset, rx2_data_rate, rx2_hz, delay_s, lowest = (
            0, self._region.rx2[1], self._region.rx2[0], self._region.join_delay_s, 0,
        )  # fmt: skip
        if s and not self._is_join:
            power_dbm = eirp_dbm(self._region, s) - 2 * s.power_index
            offset, rx2_data_rate, rx2_hz, delay_s = s.rx1_dr_offset, s.rx2_data_rate, s.rx2_hz, s.rx_delay_s
            lowest = lowest_rx1(self._region, s)
        rx1_data_rate = regions.rx1_data_rate(self._region, self._data_rate, offset, lowest)
        self._windows = [
            self._hops.window(rx2_hz, rx2_data_rate, delay_s * 1000 + 1000),
            self._hops.window(rx1_hz, rx1_data_rate, delay_s * 1000),
        ]
        self._hops.spend(now_ms, index, len(self._frame), self._data_rate)
        power_dbm = min(power_dbm, self._region.sub_bands[self._hops.band(index)][3])
        return Transmit(self._frame, self._hops.window(hz, self._data_rate, 0)[0], power_dbm)

    def _listen(self) -> "Listen":
        channel, delay_ms, self._window_size = self._windows.pop()
        return self.timing.window(channel, self._end_ms, delay_ms)

    def _open(self, frame: bytes, snr_db: int) -> "Downlink | None":
        try:
            return self._open_accept(frame) if self._is_join else self._open_data(frame, snr_db)
        except DroppedError as dropped:
            self._count(str(dropped))
            return None

    def _open_accept(self, phy: bytes) -> Downlink:
        from firmware.mac import joining

        app_key = self._identity[2]
        accept, keys = joining.open_accept(phy, app_key, self._region, self._nonces, self._dev_nonce)
        self._nonces.accept(accept.join_nonce)
        s = sessions.Session(self._tag, accept.dev_addr, keys[0], keys[1])
        s.rx1_dr_offset, s.rx2_data_rate = accept.rx1_dr_offset, accept.rx2_data_rate
        s.rx_delay_s = accept.rx_delay_s
        self._begin(s, self._data_rate)
        joining.add_cf_list(self._hops.channels, accept.cf_list)
        self._save(s)
        self._hops.join_budget().close()
        return Downlink(None, b"", False, False)

    def _open_data(self, phy: bytes, snr_db: int) -> Downlink:
        s = self._in_force()
        frame, fcnt = downlinks.open_data(phy, s, self._window_size)
        s.fcnt_down = fcnt
        s.adr_ack_cnt = 0
        s.is_ack_due = frame.mtype == frames.CONFIRMED_DOWN
        # What this uplink answered has arrived: also what is repeated until a downlink comes (5.4).
        s.answers = s.answers[self._answered :]
        self._answered = 0
        payload = frames.open_payload(frame, s.nwk_s_key, s.app_s_key, fcnt)
        orders = payload if frame.fport == 0 else frame.fopts
        if orders:
            self._obey(s, orders, snr_db)
        self._save(s)
        fctrl = frame.fctrl
        is_for_app = frame.fport != 0
        return Downlink(
            frame.fport if is_for_app else None,
            payload if is_for_app else b"",
            bool(fctrl & frames.ACK),
            bool(fctrl & frames.F_PENDING),
        )

    def _obey(self, s: "Session", orders: bytes, snr_db: int) -> None:
        """Commands of the network, which only some downlinks carry."""
        from firmware.mac.commands import Commands

        commands = Commands(self._region, s, self._hops.channels, self._options.adr, self._battery)
        if commands.obey(orders, snr_db):
            self._count("unknown_command")
        self._link_check = commands.link_check or self._link_check
        if commands.gps_time:  # DeviceTimeAns tells the time at the end of the uplink (5.9)
            seconds, fraction = commands.gps_time
            unix_ms = (seconds + _GPS_TO_UNIX_S) * 1000 + fraction * 1000 // 256
            self._rtc.put("utc", (unix_ms - self._end_ms + (1 << 62)).to_bytes(8, "little"))

    def _finish(self, now_ms: int) -> "Action":
        """No window and no repetition is left. Answers that are not repeated were sent, heard or not."""
        s = self._hops.session
        if s and not self._is_join:
            sent, rest = s.answers[: self._answered], s.answers[self._answered :]
            s.answers = [answer for answer in sent if answer[0]] + rest
            self._answered = 0
            s.save_fast(self._rtc)
        if self._later:
            return Wait(now_ms)
        heard = self._heard
        return Done(heard is not None and (heard.ack or not self._is_confirmed), heard)

    def _restore(self) -> None:
        """What the stores remember, when it belongs to this identity."""
        identity = self._identity
        if self._is_abp():
            tag = binascii.crc32(identity[1] + identity[2], identity[0])
        else:
            self._nonces = sessions.Nonces(self._flash, identity[1])
            tag = binascii.crc32(identity[0] + identity[1] + identity[2])
        self._tag = tag & 0xFFFFFFFF
        s = sessions.load(self._flash, self._rtc)
        if s and s.tag == self._tag:
            self._hops.adopt(s)
        elif self._is_abp():
            s = sessions.Session(self._tag, identity[0], identity[1], identity[2])
            s.rx2_data_rate, s.rx_delay_s = self._region.rx2[1], self._region.rx_delay_s
            self._begin(s, 0 if self._options.adr else self._options.data_rate)  # 4.3.1.1
            self._save(s)

    def _begin(self, s: "Session", data_rate: int) -> None:
        """Put a new session in force."""
        s.rx2_hz = self._region.rx2[0]
        lowest = lowest_data_rate(self._region, s)
        s.data_rate = lowest if self._region.is_fixed else max(data_rate, lowest)
        self._hops.adopt(s)

    def _save(self, s: "Session") -> None:
        s.plan = self._hops.channels.pack()
        s.save(self._flash, self._rtc)

    def _in_force(self) -> "Session":
        s = self._hops.session
        if s is None:
            raise RefusedError("no session: join first")
        if s.fcnt_up >= sessions.FCNT_END:
            raise RefusedError("the frame counter is used up: join again, or give the ABP node new keys")
        return s

    def _is_abp(self) -> bool:
        return isinstance(self._identity, Abp)

    def _count(self, reason: str) -> None:
        self.counts[reason] = self.counts.get(reason, 0) + 1


TYPE_CHECKING = False
if TYPE_CHECKING:
    from codec.lorawan.regions import Region
    from firmware.contracts import RandRange, Store
    from firmware.mac.actions import Channel, Listen, Otaa
    from firmware.session import Session

    Stores = tuple[Store, Store]
    Action = Transmit | Listen | Wait | Done
    Later = tuple[int, bytes, bool]
    Window = tuple[Channel, int, int]
