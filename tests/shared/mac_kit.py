"""A network in a few functions, for the tests of the MAC: joins a node, answers it, cuts its power."""

from codec.lorawan import crypto, frames, join, join_server
from codec.lorawan.regions import EU868
from firmware.mac.actions import Options, Otaa
from firmware.mac.machine import Mac

DEV_EUI = bytes.fromhex("0200006d66000001")
JOIN_EUI = bytes(8)
APP_KEY = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
DEV_ADDR = 0x26011BDA
OPTIONS = Options(3, True, 0)


class Stores:
    """Flash and RTC memory; `cut_power` loses the second."""

    def __init__(self):
        self.values = {}
        self.writes = []

    def get(self, key):
        return self.values.get(key)

    def put(self, key, value):
        self.values[key] = value
        self.writes.append(key)


def first_channel(stop):
    return 0


def new_mac(flash, rtc, data_rate=3, region=EU868, octet=0, adr=True):
    """As after a reset: what the stores hold is all that it knows."""
    identity = Otaa(DEV_EUI, JOIN_EUI, APP_KEY)
    return Mac(region, identity, (flash, rtc), first_channel, Options(data_rate, adr, octet))


def accept_for(phy, join_nonce=1, rx=(0, 0, 1)):
    """The join-accept a network would send, and the keys it derives."""
    request = join_server.parse_request(phy)
    accept = join.JoinAccept(join_nonce, 0, DEV_ADDR, rx[0], rx[1], rx[2], b"")
    keys = crypto.session_keys(APP_KEY, join_nonce, 0, request.dev_nonce)
    return join_server.build_accept(accept, APP_KEY), keys


def joined(flash, rtc, rx=(0, 0, 1), join_nonce=1, data_rate=3):
    mac = new_mac(flash, rtc, data_rate)
    sent = mac.join(0)
    accept, keys = accept_for(sent.frame, join_nonce, rx)
    mac.sent(1000)
    assert mac.heard(accept, 7000).accepted
    return mac, keys


def downlink(keys, fcnt, payload=b"\x01", fport=10, fctrl=0, addr=DEV_ADDR, fopts=b"", kind=3):
    return frames.build(frames.Plain(kind, addr, fctrl, fcnt, fopts, fport, payload), keys[0], keys[1])


def ask(mac, phy, now_ms=0, snr_db=7):
    """One confirmed uplink whose first window hears `phy`."""
    mac.uplink(now_ms, 1, b"", True)
    mac.sent(now_ms)
    return mac.heard(phy, now_ms + 1500, snr_db)
