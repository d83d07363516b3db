"""The class A state machine: join, windows, counters and what survives power loss; the same on both Pythons."""

from codec.lorawan import airtime, crypto, frames, join
from codec.lorawan.regions import EU868
from firmware.mac import Done, Listen, Mac, Transmit

DEV_EUI = bytes.fromhex("0200006d66000001")
JOIN_EUI = bytes(8)
APP_KEY = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
DEV_ADDR = 0x26011BDA


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


def new_mac(flash, rtc):
    return Mac(EU868, (DEV_EUI, JOIN_EUI, APP_KEY), (flash, rtc), first_channel)


def accept_for(phy, join_nonce=1, rx=(0, 0, 1)):
    """The join-accept a network would send, and the keys it derives."""
    request = join.parse_request(phy)
    accept = join.JoinAccept(join_nonce, 0, DEV_ADDR, rx[0], rx[1], rx[2], b"")
    keys = crypto.session_keys(APP_KEY, join_nonce, 0, request.dev_nonce)
    return join.build_accept(accept, APP_KEY), keys


def joined(flash, rtc, rx=(0, 0, 1), join_nonce=1):
    mac = new_mac(flash, rtc)
    sent = mac.join(0, 3)
    accept, keys = accept_for(sent.frame, join_nonce, rx)
    mac.sent(1000)
    assert mac.heard(accept).accepted
    return mac, keys


def test_a_join_is_answered_in_the_first_window_5_s_after_the_request():
    flash, rtc = Stores(), Stores()
    mac = new_mac(flash, rtc)
    sent = mac.join(0, 3)
    assert isinstance(sent, Transmit) and sent.channel == (868100000, 9, 125000) and sent.power_dbm == 14
    window = mac.sent(206)
    assert isinstance(window, Listen) and window.channel == sent.channel
    assert window.open_ms == 206 + 5000 - 20
    # a receiver's timer stops at the header at the earliest
    assert window.timeout_ms >= airtime.airtime_us(0, 9, 125000) // 1000 + 40
    accept, _ = accept_for(sent.frame)
    assert not mac.joined()
    assert mac.heard(accept) == Done(True, (None, b"", False))
    assert mac.joined()


def test_the_second_window_is_the_regions_and_comes_one_second_later():
    mac = new_mac(Stores(), Stores())
    mac.join(0, 5)
    first = mac.sent(62)
    second = mac.heard(None)
    assert second.channel == (869525000, 12, 125000)
    assert second.open_ms == first.open_ms + 1000
    assert mac.heard(None) == Done(False, None)


def test_a_foreign_or_damaged_join_accept_does_not_join():
    flash, rtc = Stores(), Stores()
    mac = new_mac(flash, rtc)
    accept, _ = accept_for(mac.join(0, 3).frame)
    mac.sent(0)
    assert isinstance(mac.heard(accept[:-1] + b"\x00"), Listen)
    assert mac.heard(accept + bytes(12)) == Done(False, None)
    assert not mac.joined()


def test_a_join_nonce_is_accepted_once():
    flash, rtc = Stores(), Stores()
    joined(flash, rtc, join_nonce=5)
    mac = new_mac(flash, Stores())
    sent = mac.join(0, 3)
    mac.sent(0)
    assert isinstance(mac.heard(accept_for(sent.frame, join_nonce=5)[0]), Listen)
    assert mac.heard(accept_for(sent.frame, join_nonce=6)[0]).accepted


def test_a_dev_nonce_is_in_flash_before_its_request_exists_and_never_comes_again():
    flash = Stores()
    seen = []
    for _ in range(20):
        mac = new_mac(flash, Stores())  # power loss every time
        seen.append(join.parse_request(mac.join(0, 3).frame).dev_nonce)
    assert seen == list(range(20))


def test_dev_nonces_end_and_do_not_wrap():
    flash = Stores()
    flash.put("nonces", b"\xff\xff\x00\x00\x00\x00"[0:6])
    mac = new_mac(flash, Stores())
    assert join.parse_request(mac.join(0, 3).frame).dev_nonce == 0xFFFF
    for again in (mac, new_mac(flash, Stores())):
        try:
            again.join(0, 3)
        except OSError:
            continue
        raise AssertionError("a 65537th join-request was built")


def test_uplinks_count_up_and_open_with_the_session_keys():
    mac, (nwk, app) = joined(Stores(), Stores())
    for fcnt in range(5):
        phy = mac.uplink(0, 3, 1, b"\x80", False).frame
        frame = frames.parse(phy)
        assert (frame.fcnt, frame.dev_addr, frame.mtype) == (fcnt, DEV_ADDR, frames.UNCONFIRMED_UP)
        assert frames.mic_fits(phy, nwk, fcnt)
        assert frames.open_payload(frame, nwk, app, fcnt) == b"\x80"


def test_deep_sleep_goes_on_with_the_next_counter_and_power_loss_never_goes_back():
    flash, rtc = Stores(), Stores()
    mac, _ = joined(flash, rtc)
    used = set()
    for step in range(300):
        if step % 7 == 3:
            rtc = Stores()  # the battery was changed
        mac = new_mac(flash, rtc)  # every wake is a new program
        assert mac.joined()
        fcnt = frames.parse(mac.uplink(0, 5, 1, b"", False).frame).fcnt
        assert fcnt not in used
        used.add(fcnt)
    session_writes = len([key for key in flash.writes if key == "session"])
    assert session_writes < 60  # a lease of counters, not a flash write for each


def test_deep_sleep_alone_skips_no_counter():
    flash, rtc = Stores(), Stores()
    joined(flash, rtc)
    counters = [frames.parse(new_mac(flash, rtc).uplink(0, 5, 1, b"", False).frame).fcnt for _ in range(200)]
    assert counters == list(range(200))


def downlink(keys, fcnt, payload=b"\x01", fport=10, fctrl=0, addr=DEV_ADDR):
    return frames.build(frames.Plain(frames.UNCONFIRMED_DOWN, addr, fctrl, fcnt, b"", fport, payload), keys[0], keys[1])


def ask(mac, phy):
    """One uplink whose first window hears `phy`."""
    mac.uplink(0, 3, 1, b"", True)
    mac.sent(0)
    return mac.heard(phy)


def test_a_downlink_is_taken_once():
    flash, rtc = Stores(), Stores()
    mac, keys = joined(flash, rtc)
    phy = downlink(keys, 0, b"hello", 10, frames.ACK)
    assert ask(mac, phy) == Done(True, (10, b"hello", True))
    assert isinstance(ask(mac, phy), Listen)  # replayed
    assert isinstance(ask(new_mac(flash, Stores()), phy), Listen)  # replayed after power loss
    assert ask(mac, downlink(keys, 9)).accepted  # lost ones in between are fine


def test_a_downlink_that_is_not_for_us_changes_nothing():
    mac, keys = joined(Stores(), Stores())
    uplink = frames.build(frames.Plain(frames.UNCONFIRMED_UP, DEV_ADDR, 0, 0, b"", 1, b""), keys[0], keys[1])
    good = downlink(keys, 0)
    for phy in (
        uplink,
        downlink(keys, 0, addr=DEV_ADDR + 1),
        downlink((keys[1], keys[0]), 0),
        good[:-1] + bytes([good[-1] ^ 1]),
        good[:7],
        b"",
    ):
        assert isinstance(ask(mac, phy), Listen)
    assert ask(mac, good).accepted


def test_the_networks_windows_are_used():
    mac, _ = joined(Stores(), Stores(), rx=(2, 3, 5))
    mac.uplink(0, 5, 1, b"", False)
    first = mac.sent(0)
    assert first.channel.sf == 9 and first.open_ms == 5000 - 20  # DR5 less an offset of 2
    second = mac.heard(None)
    assert second.channel == (869525000, 9, 125000) and second.open_ms == 6000 - 20


def test_one_percent_of_time_on_air_is_kept():
    flash, rtc = Stores(), Stores()
    mac, _ = joined(flash, rtc)
    sent = mac.uplink(100000, 0, 1, bytes(11), False)
    on_air_ms = airtime.airtime_us(len(sent.frame), 12, 125000) // 1000
    assert 100 * on_air_ms <= mac.wait_ms(100000) <= 100 * (on_air_ms + 1) + 1
    assert new_mac(flash, rtc).wait_ms(100000) == mac.wait_ms(100000)  # deep sleep does not forget
    assert mac.wait_ms(100000 + 101 * on_air_ms) == 0


def test_a_payload_the_data_rate_does_not_carry_is_refused():
    mac, _ = joined(Stores(), Stores())
    mac.uplink(0, 0, 1, bytes(51), False)
    try:
        mac.uplink(0, 0, 1, bytes(52), False)
    except ValueError as error:
        assert "51" in str(error)
    else:
        raise AssertionError("52 bytes at DR0")


def transcript():
    flash, rtc = Stores(), Stores()
    mac, keys = joined(flash, rtc)
    lines = [str(flash.values["nonces"].hex())]
    for size in range(0, 40, 9):
        action = mac.uplink(size * 1000, size % 6, 1, bytes(size), size % 2 == 1)
        lines.append(action.frame.hex() + str(tuple(action.channel)))
        lines.append(str(tuple(mac.sent(size * 1000 + 321))))
        lines.append(str(mac.heard(downlink(keys, size))[0]))
    return lines
