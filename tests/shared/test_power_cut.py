"""Power is cut at every write of join, uplink and downlink, and inside each; nothing is ever used twice."""

from codec.lorawan import frames, join_server
from firmware.mac.actions import Done, Options, Otaa, Transmit
from firmware.mac.machine import Mac
from firmware.store import RtcMemory, TwoSlots
from tests.shared.mac_kit import APP_KEY, DEV_EUI, EU868, JOIN_EUI, accept_for, downlink, first_channel

_ORDERS = (
    b"\x03\x32\x05\x00\x01",
    b"\x05\x23\xd8\x9b\x84",
    b"\x08\x02",
    b"\x07\x03\x18\x4f\x84\x50",
    b"\x06",
)


class PowerCutError(Exception):
    pass


class Parts:
    """A node's memories; counts the writes that pass, and stops within the one it is told to.

    It is the medium of the flash and, by `memory`, the RTC's.
    """

    def __init__(self, until=None, counts_rtc=False):
        self.blobs = {}
        self.until = until  # (write number, bytes of it that still arrive, -1: not even begun)
        self.counts_rtc = counts_rtc
        self.sizes = []

    def read(self, name):
        return self.blobs.get(name)

    def write(self, name, blob):
        self.sizes.append(len(blob))
        if self.until and len(self.sizes) - 1 == self.until[0]:
            if self.until[1] >= 0:
                self.blobs[name] = blob[: self.until[1]]
            raise PowerCutError
        self.blobs[name] = blob

    def memory(self, data=None):
        if data is not None and self.counts_rtc:
            self.write("rtc", data)
        elif data is not None:
            self.blobs["rtc"] = data
        return self.blobs.get("rtc", b"")


class Network:
    """Answers a node and writes down everything it was sent."""

    def __init__(self):
        self.dev_nonces = []
        self.counters = []  # (keys, whole counter)
        self.sessions = {}  # keys: counter of downlinks
        self.keys = None
        self.pending = None

    def join(self, phy):
        self.dev_nonces.append(join_server.parse_request(phy).dev_nonce)
        accept, self.pending = accept_for(phy, len(self.dev_nonces))
        self.sessions[self.pending] = 0
        return accept

    def uplink(self, phy):
        """Which session the frame belongs to, and its counter, by its MIC alone."""
        for keys in self.sessions:
            for fcnt in range(frames.parse(phy).fcnt, 0x20000, 0x10000):
                if frames.mic_fits(phy, keys[0], fcnt):
                    self.counters.append((keys, fcnt))
                    self.keys = keys
                    return
        raise AssertionError("an uplink of no session: half a session was restored")

    def answer(self, fopts):
        fcnt = self.sessions[self.keys]
        self.sessions[self.keys] = fcnt + 1
        return downlink(self.keys, fcnt, b"", None, frames.ACK, fopts=fopts)


def boot(parts):
    identity = Otaa(DEV_EUI, JOIN_EUI, APP_KEY)
    return Mac(EU868, identity, (TwoSlots(parts), RtcMemory(parts)), first_channel, Options(5, True, 0))


def live(mac, network):
    """Join if need be, then six uplinks with a downlink each, and a second join."""
    for activation in range(2):
        if activation or not mac.joined():
            request = mac.join(0)
            accept = network.join(request.frame)
            mac.sent(0)
            mac.heard(accept, 5200)
        for number in range(len(_ORDERS) + 1):
            action = mac.uplink(0, 1, b"level", number == 3)
            while isinstance(action, Transmit):
                network.uplink(action.frame)
                mac.sent(0)
                action = mac.heard(network.answer(_ORDERS[number]) if number < len(_ORDERS) else None, 1200)
                if not isinstance(action, (Done, Transmit)):
                    action = mac.heard(None, 2200)
            assert isinstance(action, Done)


def check(network, parts):
    assert len(set(network.dev_nonces)) == len(network.dev_nonces), "a DevNonce was used twice"
    assert len(set(network.counters)) == len(network.counters), "a counter was used twice with the same keys"
    session = boot(parts)._hops.session
    if session:
        assert (session.nwk_s_key, session.app_s_key) in network.sessions


def cut_at(number, arrived, counts_rtc, is_power_lost):
    """A life until that cut, and another after it."""
    parts, network = Parts((number, arrived), counts_rtc), Network()
    try:
        live(boot(parts), network)
        raise AssertionError("the cut never came")
    except PowerCutError:
        pass
    parts.until = None
    if is_power_lost:
        parts.blobs.pop("rtc", None)
    check(network, parts)
    live(boot(parts), network)
    check(network, parts)


def writes(counts_rtc):
    """The sizes of all writes of a life without a cut."""
    parts = Parts(counts_rtc=counts_rtc)
    live(boot(parts), Network())
    return parts.sizes


def test_no_cut_uses_a_nonce_or_counter_twice_or_restores_half_a_session():
    sizes = writes(False)
    assert len(sizes) > 20
    for number in range(len(sizes)):
        cut_at(number, sizes[number] // 2, False, True)
