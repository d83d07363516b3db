"""What a node must remember of LoRaWAN: nonces for life, the session until the next join.

Nothing is sent under a counter that flash could give out again: flash holds the end of a leased block of
uplink counters, RTC memory the exact one. After power loss the node goes on at the end of the lease.
"""

import struct

from codec.compat import const

_NONCES = "<HI"  # next DevNonce, last JoinNonce + 1 (0: none seen)
_SESSION = "<I16s16sIiBBBB"
_LEASE = const(64)  # one flash write for so many uplinks

DEV_NONCE_END = const(0x10000)  # the counter stops here, it never wraps (TS001-1.0.4 6.2.4)


class Nonces:
    """DevNonce as a counter and the last JoinNonce seen."""

    def __init__(self, flash: "Store"):
        self._flash = flash
        saved = flash.get("nonces")
        self.dev_nonce, self._join_nonce_after = struct.unpack(_NONCES, saved) if saved else (0, 0)
        self.used_up = flash.get("nonces_end") is not None

    def take(self) -> int:
        """The next DevNonce, written to flash before anyone can send it; OSError when all are used."""
        if self.used_up:
            raise OSError("DevNonce is used up: give the node a new JoinEUI")
        taken = self.dev_nonce
        if taken + 1 == DEV_NONCE_END:
            self._flash.put("nonces_end", b"\x01")
            self.used_up = True
        else:
            self.dev_nonce = taken + 1
            self._save()
        return taken

    def accept(self, join_nonce: int) -> bool:
        """Whether a join-accept's JoinNonce is newer than the last one (6.2.5); remembers it."""
        if join_nonce < self._join_nonce_after:
            return False
        self._join_nonce_after = join_nonce + 1
        self._save()
        return True

    def _save(self) -> None:
        self._flash.put("nonces", struct.pack(_NONCES, self.dev_nonce, self._join_nonce_after))


class Session:
    """Keys, address, counters and receive parameters of one activation."""

    def __init__(self, dev_addr: int, nwk_s_key: bytes, app_s_key: bytes, rx: "tuple[int, int, int]"):
        self.dev_addr = dev_addr
        self.nwk_s_key = nwk_s_key
        self.app_s_key = app_s_key
        self.rx1_dr_offset, self.rx2_data_rate, self.rx_delay_s = rx
        self.fcnt_up = 0  # next one to use
        self.fcnt_down = -1  # last one heard
        self._leased = 0

    def take_fcnt(self, flash: "Store", rtc: "Store") -> int:
        """The next uplink counter, safe against reuse before it is returned."""
        taken = self.fcnt_up
        self.fcnt_up = taken + 1
        if self.fcnt_up > self._leased:
            self._leased = self.fcnt_up + _LEASE
            flash.put("session", self._pack(self._leased))
        rtc.put("session", self._pack(self.fcnt_up) + struct.pack("<I", self._leased))
        return taken

    def heard(self, fcnt: int, flash: "Store", rtc: "Store") -> None:
        """Remember a downlink's counter: it must never be accepted twice, not even after power loss."""
        self.fcnt_down = fcnt
        flash.put("session", self._pack(self._leased))
        rtc.put("session", self._pack(self.fcnt_up) + struct.pack("<I", self._leased))

    def _pack(self, fcnt_up: int) -> bytes:
        return struct.pack(
            _SESSION,
            self.dev_addr,
            self.nwk_s_key,
            self.app_s_key,
            fcnt_up,
            self.fcnt_down,
            self.rx1_dr_offset,
            self.rx2_data_rate,
            self.rx_delay_s,
            0,
        )


def _unpack(saved: bytes) -> Session:
    addr, nwk, app, fcnt_up, fcnt_down, offset, rx2, delay, _ = struct.unpack(_SESSION, saved)
    session = Session(addr, nwk, app, (offset, rx2, delay))
    session.fcnt_up = fcnt_up
    session.fcnt_down = fcnt_down
    session._leased = fcnt_up
    return session


def load(flash: "Store", rtc: "Store") -> "Session | None":
    """The session that was in force, from RTC memory or, after power loss, from flash."""
    size = struct.calcsize(_SESSION)
    fast = rtc.get("session")
    if fast:
        session = _unpack(fast[:size])
        session._leased = struct.unpack("<I", fast[size:])[0]
        return session
    saved = flash.get("session")
    return _unpack(saved) if saved else None


def begin(session: Session, flash: "Store", rtc: "Store") -> None:
    """Put a new session in force."""
    flash.put("session", session._pack(0))
    rtc.put("session", session._pack(0) + struct.pack("<I", 0))


TYPE_CHECKING = False
if TYPE_CHECKING:
    from firmware.contracts import Store
