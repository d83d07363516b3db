"""A recording under keys of the replay's own: its frames are opened with theirs and sealed again.

So a recording can be played into a gateway that must not know the true keys, or beside the true devices.
"""

from collections import Counter
from dataclasses import replace

from codec.lorawan import crypto, frames, join, join_server
from codec.wire import WireError
from gateway.devices import AbpKeys, OtaaKeys, Provisioning
from simulator import applog
from simulator.pcap import SessionKeys
from simulator.recording import Recording


class Rekeyed:
    """`left_out` counts by cause what could not be opened: nobody could seal it again."""

    def __init__(self, keys: list[Provisioning]):
        self.left_out: Counter[str] = Counter()
        self._devices: dict[str, Provisioning] = {}
        self._app_keys = {row.dev_eui: row.keys.app_key for row in keys if isinstance(row.keys, OtaaKeys)}
        self._requests: dict[str, int] = {}  # the DevNonce of the last request, by DevEUI
        self._sessions: dict[int, tuple[str, SessionKeys]] = {}  # (DevEUI, keys) by address
        self._fcnt: dict[int, int] = {}
        self._sealed: dict[bytes, bytes] = {}  # one frame may have been heard by several gateways
        for row in keys:
            if isinstance(row.keys, AbpKeys):
                self._know(row.dev_eui, int(row.keys.dev_addr, 16), row.keys.nwk_s_key, row.keys.app_s_key)

    def of(self, recording: Recording) -> Recording:
        """The uplinks that could be opened, each sealed again, and the devices that own the new keys."""
        records = []
        for record in recording.records:
            try:
                phy = self._sealed.get(record.phy) or self._seal(record.phy)
            except WireError:
                phy = None
                self.left_out["malformed"] += 1
            if phy and record.reception:
                heard = record.reception._replace(phy=phy)
                records.append(replace(record, phy=phy, reception=heard))
        return Recording(records, self._devices, recording.fault)

    def _seal(self, phy: bytes) -> bytes | None:
        kind = frames.mtype(phy)
        if kind == frames.JOIN_REQUEST:
            request = join_server.parse_request(phy)
            self._requests[request.dev_eui.hex()] = request.dev_nonce
            self.left_out["join"] += 1
            return None
        if kind == frames.JOIN_ACCEPT:
            self._derive(phy)
            return None
        if not frames.is_up(kind):
            return None
        frame = frames.parse(phy)
        found = self._sessions.get(frame.dev_addr)
        if found is None:
            self.left_out["unknown_address"] += 1
            return None
        dev_eui, keys = found
        wide = frames.full_fcnt(self._fcnt.get(frame.dev_addr, -1), frame.fcnt)
        fcnt = next((each for each in (wide, frame.fcnt) if frames.mic_fits(phy, keys.nwk_s_key, each)), None)
        if fcnt is None:
            self.left_out["mic"] += 1
            return None
        self._fcnt[frame.dev_addr] = fcnt
        clear = frames.open_payload(frame, keys.nwk_s_key, keys.app_s_key, fcnt)
        addr, nwk_s_key, app_s_key = applog.session_of(dev_eui)
        plain = frames.Plain(kind, addr, frame.fctrl, fcnt, frame.fopts, frame.fport, clear)
        self._sealed[phy] = sealed = frames.build(plain, nwk_s_key, app_s_key)
        return sealed

    def _derive(self, phy: bytes) -> None:
        """The session of a recorded join, for the device whose AppKey opens its acceptance."""
        for dev_eui, dev_nonce in self._requests.items():
            app_key = self._app_keys.get(dev_eui)
            if app_key is None:
                continue
            try:
                accept = join.open_accept(phy, app_key)
            except WireError:
                continue
            keys = crypto.session_keys(app_key, accept.join_nonce, accept.net_id, dev_nonce)
            self._fcnt.pop(accept.dev_addr, None)
            self._know(dev_eui, accept.dev_addr, *keys)

    def _know(self, dev_eui: str, dev_addr: int, nwk_s_key: bytes, app_s_key: bytes) -> None:
        self._sessions[dev_addr] = dev_eui, SessionKeys(dev_addr, nwk_s_key, app_s_key)
        keys = applog.session_of(dev_eui)
        abp = AbpKeys(f"{keys.dev_addr:08x}", keys.nwk_s_key, keys.app_s_key)
        self._devices[dev_eui] = Provisioning(dev_eui=dev_eui, name=dev_eui, keys=abp)
