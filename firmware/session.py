"""What a node must remember of LoRaWAN: nonces for life, the session until the next join.

Nothing is sent under a counter that flash could give out again: flash holds the end of a leased block of
uplink counters, RTC memory the exact one. RTC memory counts only when it names the generation in flash, so
that a restart between two writes never mixes an old session with a new one.
"""

import binascii
import struct

from codec.compat import const

_NONCES = "<III"  # tag of the JoinEUI, next DevNonce, last JoinNonce + 1 (0: none seen)
_VERSION = const(1)
# version, generation, tag, DevAddr, counters, keys; receive parameters; what ADR set; MaxDCycle, TxParam
_FLASH = "<BIIIQi16s16sBBBIBBBBB"
_RTC = "<IQQH"  # generation, end of the lease, next FCntUp, ADR_ACK_CNT
_LEASE = const(64)  # one flash write for so many uplinks

DEV_NONCE_END = const(0x10000)  # the counter stops here, it never wraps (TS001-1.0.4 6.2.5)
FCNT_END = const(0x100000000)


class Nonces:
    """DevNonce as a counter and the last JoinNonce seen, for one JoinEUI."""

    def __init__(self, flash: "Store", join_eui: bytes):
        self._flash = flash
        self._tag = binascii.crc32(join_eui)
        saved = flash.get("nonces")
        tag, self.dev_nonce, self._join_nonce_after = (
            struct.unpack(_NONCES, saved) if saved else (self._tag, 0, 0)
        )
        if tag != self._tag:
            # Another JoinEUI is another count of both; going on is as good and survives a change back.
            self.dev_nonce %= DEV_NONCE_END
            self._join_nonce_after = 0

    def take(self) -> int:
        """The next DevNonce, written to flash before anyone can send it; OSError when all are used."""
        if self.dev_nonce == DEV_NONCE_END:
            raise OSError("DevNonce is used up: give the node a new JoinEUI")
        self.dev_nonce += 1
        self._save()
        return self.dev_nonce - 1

    def is_new(self, join_nonce: int) -> bool:
        """Whether a join-accept's JoinNonce is newer than the last one (6.2.6)."""
        return join_nonce >= self._join_nonce_after

    def accept(self, join_nonce: int) -> None:
        self._join_nonce_after = join_nonce + 1
        self._save()

    def _save(self) -> None:
        self._flash.put("nonces", struct.pack(_NONCES, self._tag, self.dev_nonce, self._join_nonce_after))


class Session:
    """Keys, counters and everything the network set, of one activation."""

    def __init__(self, tag: int, dev_addr: int, nwk_s_key: bytes, app_s_key: bytes):
        self.tag = tag  # of the identity that it belongs to
        self.dev_addr = dev_addr
        self.nwk_s_key = nwk_s_key
        self.app_s_key = app_s_key
        self.fcnt_up = 0  # next one to use
        self.fcnt_down = -1  # last one heard
        self.rx1_dr_offset = 0
        self.rx2_data_rate = 0
        self.rx_delay_s = 1
        self.rx2_hz = 0
        self.data_rate = 0
        self.power_index = 0
        self.nb_trans = 1
        self.max_duty = 0  # MaxDCycle: all sub-bands together may use 1 / 2^n of the time
        self.tx_param = 0xFF  # EIRP index and dwell bits of TxParamSetup; 0xFF: never set
        self.adr_ack_cnt = 0
        self.is_ack_due = False
        self.answers = []  # type: list[tuple[bool, bytes]]  # (repeat until a downlink comes, command)
        self.plan = b""  # channels, as firmware.mac.channels packs them
        self._generation = 0
        self._leased = 0

    def take_fcnt(self, flash: "Store", rtc: "Store") -> int:
        """The next uplink counter, safe against reuse before it is returned."""
        taken = self.fcnt_up
        self.fcnt_up = taken + 1
        if self.fcnt_up > self._leased:
            self._leased = min(self.fcnt_up + _LEASE, FCNT_END)
            self.save(flash, rtc)
        else:
            self.save_fast(rtc)
        return taken

    def save(self, flash: "Store", rtc: "Store") -> None:
        """What changed must outlive power loss: a downlink's counter, what the network set."""
        self._generation = (self._generation + 1) & 0xFFFFFFFF
        head = struct.pack(
            _FLASH, _VERSION, self._generation, self.tag, self.dev_addr, self._leased, self.fcnt_down,
            self.nwk_s_key, self.app_s_key, self.rx1_dr_offset, self.rx2_data_rate, self.rx_delay_s,
            self.rx2_hz, self.data_rate, self.power_index, self.nb_trans, self.max_duty, self.tx_param,
        )  # fmt: skip
        flash.put("session", head + bytes([len(self.plan)]) + self.plan + self._pack_due())
        self.save_fast(rtc)

    def save_fast(self, rtc: "Store") -> None:
        head = struct.pack(_RTC, self._generation, self._leased, self.fcnt_up, self.adr_ack_cnt)
        rtc.put("session", head + self._pack_due())

    def _pack_due(self) -> bytes:
        """What the next uplink owes: an ACK, answers to MAC commands."""
        due = bytes([self.is_ack_due])
        for is_sticky, answer in self.answers:
            due += bytes([is_sticky << 7 | len(answer)]) + answer
        return due

    def _unpack_due(self, due: bytes) -> None:
        self.is_ack_due = due[0] == 1
        self.answers = []
        at = 1
        while at < len(due):
            size = due[at] & 0x7F
            self.answers.append((due[at] > 0x7F, due[at + 1 : at + 1 + size]))
            at += 1 + size


def load(flash: "Store", rtc: "Store") -> "Session | None":
    """The session that was in force; after power loss its counter goes on at the end of the lease."""
    saved = flash.get("session")
    if not saved or saved[0] != _VERSION:
        return None
    size = struct.calcsize(_FLASH)
    _, generation, tag, dev_addr, leased, fcnt_down, nwk_s_key, app_s_key, *rest = struct.unpack(
        _FLASH, saved[:size]
    )
    s = Session(tag, dev_addr, nwk_s_key, app_s_key)
    s.rx1_dr_offset, s.rx2_data_rate, s.rx_delay_s, s.rx2_hz = rest[:4]
    s.data_rate, s.power_index, s.nb_trans, s.max_duty, s.tx_param = rest[4:]
    s._generation = generation
    s._leased = s.fcnt_up = leased
    s.fcnt_down = fcnt_down
    s.plan = saved[size + 1 : size + 1 + saved[size]]
    s._unpack_due(saved[size + 1 + saved[size] :])
    fast = rtc.get("session")
    size = struct.calcsize(_RTC)
    if fast and struct.unpack(_RTC, fast[:size])[0] == generation:
        _, s._leased, s.fcnt_up, s.adr_ack_cnt = struct.unpack(_RTC, fast[:size])
        s._unpack_due(fast[size:])
    return s


TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.contracts import Store
