"""The class A state machine: join, windows, counters, power loss; the same on both Pythons."""

from codec.lorawan import airtime, frames, join_server
from codec.lorawan.regions import EU868
from firmware.mac.actions import Abp, Done, Listen, Otaa, RefusedError, Transmit, Wait
from firmware.mac.machine import Mac
from tests.shared.mac_kit import (
    APP_KEY,
    DEV_ADDR,
    DEV_EUI,
    JOIN_EUI,
    OPTIONS,
    Stores,
    accept_for,
    ask,
    downlink,
    first_channel,
    joined,
    new_mac,
)

EARLY_MS = 91  # a board nobody has measured yet, and 200 ppm of the delay


def test_a_join_is_answered_in_the_first_window_5_s_after_the_request():
    flash, rtc = Stores(), Stores()
    mac = new_mac(flash, rtc)
    sent = mac.join(0)
    assert isinstance(sent, Transmit) and sent.channel == (868100000, 9, 125000) and sent.power_dbm == 14
    window = mac.sent(206)
    assert isinstance(window, Listen) and window.channel == sent.channel
    assert window.open_ms == 206 + 5000 - EARLY_MS - 1
    # a receiver's timer stops at the header at the earliest
    assert window.timeout_ms >= airtime.airtime_us(0, 9, 125000) // 1000 + EARLY_MS
    accept, _ = accept_for(sent.frame)
    assert not mac.joined()
    assert mac.heard(accept, 5500) == Done(True, (None, b"", False, False))
    assert mac.joined()


def test_the_second_window_is_the_regions_and_comes_one_second_later():
    mac = new_mac(Stores(), Stores(), 5)
    mac.join(0)
    first = mac.sent(62)
    second = mac.heard(None, 5200)
    assert second.channel == (869525000, 12, 125000)
    assert second.open_ms == first.open_ms + 1000
    assert mac.heard(None, 7000) == Done(False, None)


def test_a_foreign_or_damaged_join_accept_does_not_join():
    flash, rtc = Stores(), Stores()
    mac = new_mac(flash, rtc)
    accept, _ = accept_for(mac.join(0).frame)
    mac.sent(0)
    assert isinstance(mac.heard(accept[:-1] + b"\x00", 5200), Listen)
    assert mac.heard(accept + bytes(12), 6500) == Done(False, None)
    assert not mac.joined()
    assert mac.counts == {"join_accept_mic": 1, "join_accept_size": 1}


def test_an_accept_with_settings_the_region_does_not_have_is_refused():
    mac = new_mac(Stores(), Stores())
    sent = mac.join(0)
    mac.sent(0)
    for rx in ((6, 0, 1), (0, 9, 1)):
        mac.heard(accept_for(sent.frame, rx=rx)[0], 5200)
    assert not mac.joined() and mac.counts == {"join_accept_settings": 2}


def test_a_join_nonce_is_accepted_once():
    flash, rtc = Stores(), Stores()
    joined(flash, rtc, join_nonce=5)
    mac = new_mac(flash, Stores())
    sent = mac.join(0)
    mac.sent(0)
    assert isinstance(mac.heard(accept_for(sent.frame, join_nonce=5)[0], 5200), Listen)
    assert mac.counts == {"join_nonce": 1}
    assert mac.heard(accept_for(sent.frame, join_nonce=6)[0], 6500).accepted


def test_a_dev_nonce_is_in_flash_before_its_request_exists_and_never_comes_again():
    flash = Stores()
    seen = []
    for hour in range(20):
        mac = new_mac(flash, Stores())  # power loss every time
        seen.append(join_server.parse_request(mac.join(hour * 3900000).frame).dev_nonce)
    assert seen == list(range(20))


def test_dev_nonces_end_and_do_not_wrap():
    flash = Stores()
    new_mac(flash, Stores()).join(0)
    tag = flash.values["nonces"][:4]
    flash.put("nonces", tag + b"\xff\xff\x00\x00" + bytes(4))
    mac = new_mac(flash, Stores())
    assert join_server.parse_request(mac.join(0).frame).dev_nonce == 0xFFFF
    for again in (mac, new_mac(flash, Stores())):
        try:
            again.join(0)
        except OSError as error:
            assert "JoinEUI" in str(error)
            continue
        raise AssertionError("a 65537th join-request was built")


def test_uplinks_count_up_and_open_with_the_session_keys():
    mac, (nwk, app) = joined(Stores(), Stores())
    for fcnt in range(5):
        phy = mac.uplink(0, 1, b"\x80").frame
        frame = frames.parse(phy)
        assert (frame.fcnt, frame.dev_addr, frame.mtype) == (fcnt, DEV_ADDR, frames.UNCONFIRMED_UP)
        assert frame.fctrl == frames.ADR
        assert frames.mic_fits(phy, nwk, fcnt)
        assert frames.open_payload(frame, nwk, app, fcnt) == b"\x80"


def test_deep_sleep_goes_on_with_the_next_counter_and_power_loss_never_goes_back():
    flash, rtc = Stores(), Stores()
    joined(flash, rtc, data_rate=5)
    used = set()
    for step in range(300):
        if step % 7 == 3:
            rtc = Stores()  # the battery was changed
        mac = new_mac(flash, rtc)  # every wake is a new program
        assert mac.joined()
        fcnt = frames.parse(mac.uplink(step * 900000, 1, b"").frame).fcnt
        assert fcnt not in used
        used.add(fcnt)
    session_writes = len([key for key in flash.writes if key == "session"])
    assert session_writes < 60  # a lease of counters, not a flash write for each


def test_deep_sleep_alone_skips_no_counter():
    flash, rtc = Stores(), Stores()
    joined(flash, rtc, data_rate=5)
    counters = [
        frames.parse(new_mac(flash, rtc).uplink(step * 60000, 1, b"").frame).fcnt for step in range(200)
    ]
    assert counters == list(range(200))
    assert len([key for key in flash.writes if key == "airtime"]) < 20


def test_a_restart_between_the_writes_of_two_sessions_mixes_nothing():
    flash, rtc = Stores(), Stores()
    joined(flash, rtc, join_nonce=1)
    old = rtc.values["session"]
    joined(flash, rtc, join_nonce=2)
    rtc.values["session"] = old  # flash knows the new session, RTC memory still the one before
    mac = new_mac(flash, rtc)
    assert frames.parse(mac.uplink(0, 1, b"").frame).fcnt == 0


def test_a_downlink_is_taken_once():
    flash, rtc = Stores(), Stores()
    mac, keys = joined(flash, rtc)
    phy = downlink(keys, 0, b"hello", 10, frames.ACK)
    assert ask(mac, phy) == Done(True, (10, b"hello", True, False))
    assert isinstance(ask(mac, phy), Listen)  # replayed
    assert mac.counts == {"replay": 1}
    assert isinstance(ask(new_mac(flash, Stores()), phy), Listen)  # replayed after power loss
    assert ask(mac, downlink(keys, 9, fctrl=frames.ACK)).accepted  # lost ones in between are fine


def test_the_downlink_counter_goes_on_beyond_16_bits():
    flash, rtc = Stores(), Stores()
    mac, keys = joined(flash, rtc, data_rate=5)
    for fcnt in (40000, 65535, 65536, 100000, 140000):
        assert ask(mac, downlink(keys, fcnt, fctrl=frames.ACK)).accepted, fcnt
        mac = new_mac(flash, rtc)


def test_a_downlink_that_is_not_for_us_changes_nothing_and_is_counted():
    mac, keys = joined(Stores(), Stores())
    uplink = frames.build(frames.Plain(frames.UNCONFIRMED_UP, DEV_ADDR, 0, 0, b"", 1, b""), keys[0], keys[1])
    good = downlink(keys, 0, fctrl=frames.ACK)
    both = good[:5] + bytes([1]) + good[6:8] + b"\x06" + b"\x00" + good[9:]
    for reason, phy in (
        ("not_a_downlink", uplink),
        ("another_device", downlink(keys, 0, addr=DEV_ADDR + 1)),
        ("mic", downlink((keys[1], keys[0]), 0)),
        ("mic", good[:-1] + bytes([good[-1] ^ 1])),
        ("malformed", good[:7]),
        ("malformed", b""),
        ("malformed", bytes(23)),
        ("commands_in_fopts_and_fport_0", both),
        ("oversize", downlink(keys, 0, bytes(116))),
    ):
        before = mac.counts.get(reason, 0)
        assert isinstance(ask(mac, phy), Listen)
        assert mac.counts[reason] == before + 1
    assert ask(mac, good).accepted


def test_every_cut_and_every_flipped_bit_of_a_downlink_is_dropped():
    mac, keys = joined(Stores(), Stores(), data_rate=5)
    good = downlink(keys, 0, b"\x01\x02", fctrl=frames.ACK, fopts=b"\x06")
    mac.uplink(0, 1, b"", True)
    mac.sent(0)
    for size in range(len(good)):
        assert mac._open(good[:size], 0) is None
    for bit in range(8 * len(good)):
        bad = bytearray(good)
        bad[bit // 8] ^= 1 << bit % 8
        assert mac._open(bytes(bad), 0) is None
    assert sum(mac.counts.values()) == 9 * len(good)
    assert mac.heard(good, 1500).accepted


def test_an_empty_payload_with_fport_is_a_downlink():
    mac, keys = joined(Stores(), Stores())
    assert ask(mac, downlink(keys, 0, b"", 10, frames.ACK)) == Done(True, (10, b"", True, False))


def test_the_networks_windows_are_used():
    mac, _ = joined(Stores(), Stores(), rx=(2, 3, 5), data_rate=5)
    mac.uplink(0, 1, b"")
    first = mac.sent(0)
    assert first.channel.sf == 9 and first.open_ms == 5000 - EARLY_MS - 1  # DR5 less an offset of 2
    second = mac.heard(None, 5200)
    assert second.channel == (869525000, 9, 125000) and second.open_ms == 6000 - EARLY_MS - 1


def test_a_payload_the_data_rate_does_not_carry_is_refused():
    mac, _ = joined(Stores(), Stores(), data_rate=0)
    mac.uplink(0, 1, bytes(51))
    try:
        mac.uplink(0, 1, bytes(52))
    except RefusedError as error:
        assert "51" in str(error)
    else:
        raise AssertionError("52 bytes at DR0")


def test_an_abp_node_has_its_session_for_life():
    flash, rtc = Stores(), Stores()
    identity = Abp(DEV_ADDR, APP_KEY, bytes(range(16)))
    used = []
    for wake in range(5):
        mac = Mac(EU868, identity, (flash, rtc if wake % 2 else Stores()), first_channel, OPTIONS)
        assert mac.joined()
        used.append(frames.parse(mac.uplink(0, 1, b"").frame).fcnt)
    assert len(set(used)) == 5
    try:
        mac.join(0)
    except RefusedError as error:
        assert "does not join" in str(error)
    else:
        raise AssertionError("an ABP node joined")


def test_the_frame_counter_ends_at_32_bits():
    flash, rtc = Stores(), Stores()
    mac, _ = joined(flash, rtc)
    session = mac._hops.session
    session.fcnt_up = 0xFFFFFFFF
    assert frames.parse(mac.uplink(0, 1, b"").frame).fcnt == 0xFFFF
    for again in (mac, new_mac(flash, rtc), new_mac(flash, Stores())):
        assert not again.joined()
        try:
            again.uplink(0, 1, b"")
        except RefusedError as error:
            assert "used up" in str(error)
        else:
            raise AssertionError("the counter wrapped")


def test_other_keys_do_not_find_the_old_session():
    flash, rtc = Stores(), Stores()
    joined(flash, rtc)
    other = Mac(EU868, Otaa(DEV_EUI, JOIN_EUI, bytes(16)), (flash, rtc), first_channel, OPTIONS)
    assert not other.joined()
    assert join_server.parse_request(other.join(0).frame).dev_nonce == 1  # but DevNonce goes on


def test_a_confirmed_uplink_is_repeated_nb_trans_times_and_no_more():
    mac, keys = joined(Stores(), Stores())
    link_adr = bytes([0x03, 0xFF, 0x07, 0x00, 0x03])  # keep, three channels, NbTrans 3
    ask(mac, downlink(keys, 0, fport=None, payload=b"", fopts=link_adr, fctrl=frames.ACK))
    sent = [mac.uplink(0, 1, b"\x80", True)]
    action = None
    while not isinstance(action, Done):
        mac.sent(0)
        assert isinstance(mac.heard(None, 1200), Listen)
        action = mac.heard(None, 2200)
        if isinstance(action, Wait):
            assert 3200 <= action.until_ms <= 5200
            action = mac.resume(action.until_ms)
            assert isinstance(action, Transmit)
            sent.append(action)
    assert action == Done(False, None)
    assert len(sent) == 3 and len({one.frame for one in sent}) == 1


def test_an_ack_ends_the_repetitions():
    mac, keys = joined(Stores(), Stores())
    mac._hops.session.nb_trans = 5
    assert ask(mac, downlink(keys, 0, fctrl=frames.ACK)).accepted
    wait = ask(mac, downlink(keys, 1))  # for us, but not the ACK
    assert isinstance(wait, Wait)
    mac.resume(wait.until_ms)
    mac.sent(wait.until_ms)
    done = mac.heard(downlink(keys, 2, b"", None, frames.ACK), wait.until_ms + 1200)
    assert done.accepted


def test_a_confirmed_downlink_is_acknowledged_once_even_after_power_loss():
    flash, rtc = Stores(), Stores()
    mac, keys = joined(flash, rtc)
    ask(mac, downlink(keys, 0, kind=frames.CONFIRMED_DOWN))
    mac = new_mac(flash, Stores())
    acks = [frames.parse(mac.uplink(0, 1, b"").frame).fctrl & frames.ACK for _ in range(2)]
    assert acks == [frames.ACK, 0]


def transcript():
    flash, rtc = Stores(), Stores()
    mac, keys = joined(flash, rtc)
    lines = [str(flash.values["nonces"].hex())]
    for size in range(0, 40, 9):
        action = mac.uplink(size * 1000, 1, bytes(size), size % 2 == 1)
        lines.append(action.frame.hex() + str(tuple(action.channel)))
        lines.append(str(tuple(mac.sent(size * 1000 + 321))))
        lines.append(str(mac.heard(downlink(keys, size), 0)[0]))
    return lines
