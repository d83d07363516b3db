"""What the network orders by MAC commands: obeyed whole or not at all, answered, answers repeated."""

from codec.lorawan import airtime, commands, frames
from codec.lorawan.regions import REGIONS
from firmware.mac.actions import Done, Transmit, Wait
from tests.shared.mac_kit import Stores, accept_for, ask, downlink, joined, new_mac

KEEP = 0xFF


def link_adr(power_and_rate=KEEP, mask=0x0007, control=0, nb_trans=1):
    return bytes([0x03, power_and_rate]) + mask.to_bytes(2, "little") + bytes([control << 4 | nb_trans])


def new_channel(index, hz, lowest=0, highest=5):
    return bytes([0x07, index]) + (hz // 100).to_bytes(3, "little") + bytes([highest << 4 | lowest])


def order(mac, keys, fopts, fcnt, now_ms=0, snr_db=7):
    """One uplink whose answer carries `fopts`; returns the FOpts of the next uplink, which hears nothing."""
    ask(mac, downlink(keys, fcnt, b"", None, frames.ACK, fopts=fopts), now_ms, snr_db)
    return silent(mac, now_ms)


def silent(mac, now_ms=0):
    """FOpts of an uplink that nobody answers, with its repetitions."""
    action = mac.uplink(now_ms, 1, b"")
    fopts = frames.parse(action.frame).fopts
    while not isinstance(action, Done):
        mac.sent(now_ms)
        mac.heard(None, now_ms + 1200)
        action = mac.heard(None, now_ms + 2200)
        if isinstance(action, Wait):
            action = mac.resume(action.until_ms)
    return fopts


def fast():
    flash, rtc = Stores(), Stores()
    mac, keys = joined(flash, rtc, data_rate=5)
    return mac, keys, flash, rtc


def test_the_table_cuts_commands_and_stops_at_an_unknown_or_short_one():
    data = bytes.fromhex("060205 0180aabb06")
    assert commands.split(data, commands.DOWN) == (
        [(0x06, b""), (0x02, b"\x05\x01")], bytes.fromhex("80aabb06"),
    )  # fmt: skip
    assert commands.split(b"\x03\x00\x00", commands.DOWN) == ([], b"\x03\x00\x00")
    assert set(commands.UP) == set(commands.DOWN) == {2, 3, 4, 5, 6, 7, 8, 9, 10, 13}


def test_link_adr_sets_rate_power_mask_and_repetitions():
    mac, keys, _, _ = fast()
    assert order(mac, keys, link_adr(0x32, 0x0005, nb_trans=2), 0) == b"\x03\x07"
    sent = mac.uplink(0, 1, b"")
    assert sent.channel.sf == 9 and sent.power_dbm == min(14, 16 - 2 * 2)
    assert sent.channel.hz in (868100000, 868500000)
    mac.sent(0)
    mac.heard(None, 1200)
    assert isinstance(mac.heard(None, 2200), Wait)


def test_a_block_is_applied_as_a_whole_and_each_request_is_answered():
    mac, keys, _, _ = fast()
    good = link_adr(0x21, 0x0001) + link_adr(0x50, 0x0003)
    assert order(mac, keys, good, 0) == b"\x03\x07\x03\x07"
    sent = mac.uplink(0, 1, b"")
    assert sent.channel.sf == 7 and sent.power_dbm == 14  # the last request counts
    assert mac._hops.channels.mask == 0b011


def test_a_block_with_one_impossible_mask_changes_nothing():
    for bad in (
        link_adr(0x30, 0x0008),  # channel 3 is not defined
        link_adr(0x30, 0x0000),  # no channel at all
        link_adr(0x30, 0x0007, control=3),  # RFU
    ):
        mac, keys, _, _ = fast()
        assert order(mac, keys, link_adr(0x31, 0x0003) + bad, 0) == b"\x03\x06\x03\x06"
        assert mac._hops.channels.mask == 0b111
        assert mac.uplink(0, 1, b"").channel.sf == 7


def test_a_data_rate_or_power_the_region_lacks_is_refused_bit_by_bit():
    mac, keys, _, _ = fast()
    assert order(mac, keys, link_adr(0x70), 0) == b"\x03\x05"  # DR7 is FSK
    assert order(mac, keys, link_adr(0x58), 1) == b"\x03\x03"  # power 8
    assert order(mac, keys, link_adr(KEEP, control=6), 2) == b"\x03\x07"
    assert mac.uplink(0, 1, b"").channel.sf == 7


def test_two_blocks_apart_are_two_blocks():
    mac, keys, _, _ = fast()
    both = link_adr(0x40) + b"\x06" + link_adr(0x70)
    assert order(mac, keys, both, 0) == b"\x03\x07\x06\xff\x07\x03\x05"
    assert mac.uplink(0, 1, b"").channel.sf == 8  # the second one failed alone


def test_without_adr_the_mask_is_obeyed_and_the_data_rate_is_not():
    flash, rtc = Stores(), Stores()
    joined(flash, rtc, data_rate=5)
    mac = new_mac(flash, rtc, adr=False)
    keys = (mac._hops.session.nwk_s_key, mac._hops.session.app_s_key)
    assert frames.parse(mac.uplink(0, 1, b"").frame).fctrl == 0
    assert order(mac, keys, link_adr(0x30, 0x0001), 0) == b"\x03\x05"
    assert order(mac, keys, link_adr(0x5F, 0x0001), 1) == b"\x03\x07"
    assert mac._hops.channels.mask == 1


def test_dev_status_tells_battery_and_the_margin_of_that_downlink():
    mac, keys, _, _ = fast()
    mac.set_battery(200)
    assert order(mac, keys, b"\x06", 0, snr_db=-9) == bytes([0x06, 200, 0x40 - 9])
    assert order(mac, keys, b"\x06", 1, snr_db=40) == bytes([0x06, 200, 31])
    assert order(mac, keys, b"\x06", 2, snr_db=-40) == bytes([0x06, 200, 32])


def test_new_channels_are_used_and_removed_and_the_default_ones_stay():
    mac, keys, flash, _ = fast()
    assert order(mac, keys, new_channel(3, 867100000), 0) == b"\x07\x03"
    assert order(mac, keys, link_adr(mask=0x0008), 1) == b"\x03\x07"
    mac = new_mac(flash, Stores())  # power loss
    assert mac.uplink(0, 1, b"").channel.hz == 867100000
    assert order(mac, keys, new_channel(0, 867300000), 2) == b"\x07\x00"
    assert order(mac, keys, new_channel(4, 870100000), 3) == b"\x07\x02"
    assert order(mac, keys, new_channel(4, 867300000, 0, 7), 4) == b"\x07\x01"
    assert order(mac, keys, new_channel(16, 867300000), 5) == b"\x07\x00"
    assert order(mac, keys, link_adr(mask=0x000F), 6) == b"\x03\x07"
    assert order(mac, keys, new_channel(3, 0), 7) == b"\x07\x03"
    assert mac._hops.channels.mask == 0b0111


def test_a_node_whose_last_channel_is_removed_goes_back_to_the_default_ones():
    mac, keys, _, _ = fast()
    order(mac, keys, new_channel(3, 867100000, 0, 6), 0)
    assert order(mac, keys, link_adr(0x60, 0x0008), 1) == b"\x03\x07"
    assert order(mac, keys, new_channel(3, 0), 2) == b"\x07\x03"
    sent = mac.uplink(0, 1, b"")
    assert (sent.channel.sf, sent.channel.bw_hz) == (7, 125000)
    assert mac._hops.channels.mask == 0b0111


def test_dl_channel_moves_the_first_window_and_is_answered_until_a_downlink_comes():
    mac, keys, flash, _ = fast()
    request = bytes([0x0A, 0]) + (8695250).to_bytes(3, "little")
    assert order(mac, keys, request, 0) == b"\x0a\x03"
    assert silent(mac) == b"\x0a\x03"
    mac = new_mac(flash, Stores())
    assert silent(mac) == b"\x0a\x03"
    while mac.uplink(0, 1, b"").channel.hz != 868100000:
        mac.sent(0)
        mac.heard(None, 1200)
        mac.heard(None, 2200)
    assert mac.sent(0).channel.hz == 869525000
    mac.heard(downlink(keys, 1), 1200)
    assert silent(mac) == b""
    assert order(mac, keys, bytes([0x0A, 9]) + request[2:], 2) == b"\x0a\x01"


def test_rx_param_setup_is_sticky_and_says_which_part_was_wrong():
    mac, keys, _, _ = fast()
    good = bytes([0x05, 0x23]) + (8691000).to_bytes(3, "little")
    assert order(mac, keys, good, 0) == b"\x05\x07"
    assert [silent(mac) for _ in range(3)] == [b"\x05\x07"] * 3
    mac.uplink(0, 1, b"")
    first = mac.sent(0)
    assert first.channel.sf == 9  # DR5 less 2
    assert mac.heard(None, 1200).channel == (869100000, 9, 125000)
    mac.heard(None, 2200)
    for request, status in (
        (bytes([0x05, 0x63]) + good[2:], 0b011),  # offset 6
        (bytes([0x05, 0x2E]) + good[2:], 0b101),  # DR14
        (bytes([0x05, 0x23]) + bytes(3), 0b110),  # 0 Hz
    ):
        assert order(mac, keys, request, status) == bytes([0x05, status])


def test_rx_timing_setup_moves_both_windows_and_is_sticky():
    mac, keys, _, _ = fast()
    assert order(mac, keys, b"\x08\x05", 0) == b"\x08"
    assert silent(mac) == b"\x08"
    mac.uplink(0, 1, b"")
    assert 4850 < mac.sent(0).open_ms < 5000
    mac.heard(None, 5200)
    mac.heard(None, 6200)
    assert order(mac, keys, b"\x08\x00", 1) == b"\x08"
    mac.uplink(0, 1, b"")
    assert 850 < mac.sent(0).open_ms < 1000


def test_the_networks_duty_cycle_silences_all_channels_after_each_frame():
    mac, keys, flash, rtc = fast()
    ask(mac, downlink(keys, 0, fopts=b"\x04\x07", fport=None, payload=b""))
    on_air_us = airtime.airtime_us(13, 7, 125000)
    silent_ms = (
        on_air_us // 1000 + on_air_us * 127 // 1000
    )  # 5.3: time on air times 2^7 less 1, after its end
    for node in (mac, new_mac(flash, rtc)):
        assert node.wait_ms(0, is_alarm=True) == node.wait_ms(0) == silent_ms
        assert node.why(0) == ["the network allows 1/128 of the time, in 6 s"]
        assert node.wait_ms(silent_ms) == 0
        assert node.wait_ms(-10 * silent_ms) == silent_ms  # the clock went back


def test_tx_param_setup_is_for_some_regions_only():
    mac, keys, _, _ = fast()
    assert order(mac, keys, b"\x09\x3f", 0) == b""
    region = REGIONS["AS923-1"]
    mac = new_mac(Stores(), Stores(), 5, region)
    accept, keys = accept_for(mac.join(0).frame)
    mac.sent(0)
    assert mac.heard(accept, 5200).accepted
    assert order(mac, keys, b"\x09\x05", 0) == b"\x09"  # no dwell limit, 16 dBm
    assert silent(mac) == b"\x09"
    assert order(mac, keys, link_adr(0x0F, 0x0003), 1) == b"\x03\x07"  # DR0 carries something now
    assert order(mac, keys, b"\x09\x11", 2) == b"\x09"  # uplinks at most 400 ms, 10 dBm
    sent = mac.uplink(0, 1, b"")
    assert sent.channel.sf == 10 and sent.power_dbm == 10


def test_link_check_and_time_are_asked_and_answered():
    mac, keys, flash, rtc = fast()
    assert mac.utc_ms(0) is None and mac.link_check() is None
    mac.ask(commands.LINK_CHECK)
    mac.ask(commands.DEVICE_TIME)
    mac.ask(commands.DEVICE_TIME)
    frame = mac.uplink(1000, 1, b"").frame
    assert frames.parse(frame).fopts == b"\x02\x0d"
    mac.sent(1100)
    gps_s = 1400000000
    answer = b"\x02\x14\x03\x0d" + gps_s.to_bytes(4, "little") + b"\x80"
    mac.heard(downlink(keys, 0, fopts=answer), 2200)
    assert mac.link_check() == (20, 3)
    assert mac.utc_ms(1100) == (gps_s + 315964800 - 18) * 1000 + 500
    assert new_mac(flash, rtc).utc_ms(2100) == mac.utc_ms(1100) + 1000
    assert silent(mac) == b""


def test_an_unknown_command_ends_the_list_and_is_counted():
    mac, keys, _, _ = fast()
    assert order(mac, keys, b"\x06\x80\x06", 0) == b"\x06\xff\x07"
    assert mac.counts == {"unknown_command": 1}


def test_commands_on_fport_0_are_obeyed_and_not_handed_to_the_application():
    mac, keys, _, _ = fast()
    done = ask(mac, downlink(keys, 0, b"\x06" + link_adr(), 0, frames.ACK))
    assert done == Done(True, (None, b"", True, False))
    assert silent(mac) == b"\x06\xff\x07\x03\x07"


def test_answers_longer_than_fopts_go_first_and_whole():
    mac, keys, _, _ = fast()
    block = link_adr(0x50) * 9
    ask(mac, downlink(keys, 0, block, 0, frames.ACK))
    first = mac.uplink(0, 1, b"water")
    frame = frames.parse(first.frame)
    session = mac._hops.session
    assert (frame.fport, frame.fopts) == (0, b"")
    assert frames.open_payload(frame, keys[0], keys[1], session.fcnt_up - 1) == b"\x03\x07" * 9
    mac.sent(0)
    mac.heard(None, 1200)
    wait = mac.heard(None, 2200)
    assert isinstance(wait, Wait)
    second = mac.resume(wait.until_ms)
    assert isinstance(second, Transmit)
    frame = frames.parse(second.frame)
    assert (frame.fport, frame.fopts) == (1, b"")
    assert frames.open_payload(frame, keys[0], keys[1], session.fcnt_up - 1) == b"water"


def test_a_payload_that_the_answers_crowd_out_goes_second():
    flash, rtc = Stores(), Stores()
    mac, keys = joined(flash, rtc, data_rate=0)
    ask(mac, downlink(keys, 0, b"", None, frames.ACK, fopts=b"\x06"))
    assert mac.room() == 51 - 3
    assert frames.parse(mac.uplink(10000, 1, bytes(48)).frame).fport == 1
    ask(mac, downlink(keys, 1, b"", None, frames.ACK, fopts=b"\x06"), 20000)
    assert frames.parse(mac.uplink(30000, 1, bytes(49)).frame).fport == 0


def adr_trace(silence):
    """(uplink, what changed) while nobody answers."""
    flash, rtc = Stores(), Stores()
    mac, keys = joined(flash, rtc, data_rate=5)
    order(mac, keys, new_channel(3, 867100000), 0)
    order(mac, keys, link_adr(0x53, 0x0008, nb_trans=3), 1)
    mac._hops.session.adr_ack_cnt = 0
    mac._hops.session.save_fast(rtc)
    before, trace = None, []
    for number in range(silence):
        now_ms = number * 900000
        mac = new_mac(flash, rtc)
        taken = (mac._hops.channels.mask, mac._hops.session.nb_trans)
        sent = mac.uplink(now_ms, 1, b"")
        asks = bool(frames.parse(sent.frame).fctrl & frames.ADR_ACK_REQ)
        state = (asks, sent.power_dbm, sent.channel.sf) + taken
        if state != before:
            trace.append((number, state))
            before = state
    return trace


def test_the_adr_back_off_gives_back_power_then_data_rate_then_channels():
    # TS001-1.0.4 table 9: asked from 64 on, power at 96, one data rate each 32 more, at last the channels
    assert adr_trace(340) == [
        (0, (False, 10, 7, 0b1000, 3)),
        (64, (True, 10, 7, 0b1000, 3)),
        (96, (True, 14, 7, 0b1000, 3)),
        (128, (True, 14, 8, 0b1000, 3)),
        (160, (True, 14, 9, 0b1000, 3)),
        (192, (True, 14, 10, 0b1000, 3)),
        (224, (True, 14, 11, 0b1000, 3)),
        (256, (True, 14, 12, 0b1000, 3)),
        (288, (True, 14, 12, 0b1111, 1)),
    ]


def test_any_downlink_ends_the_back_off():
    mac, keys, _, _ = fast()
    mac._hops.session.adr_ack_cnt = 90
    assert frames.parse(mac.uplink(0, 1, b"").frame).fctrl & frames.ADR_ACK_REQ
    mac.sent(0)
    mac.heard(downlink(keys, 0, b"", None), 1200)
    assert not frames.parse(mac.uplink(0, 1, b"").frame).fctrl & frames.ADR_ACK_REQ


def test_after_a_long_silence_a_new_join_is_worth_it_and_the_session_stays_meanwhile():
    mac, _, _, _ = fast()
    mac._hops.session.adr_ack_cnt = 447
    assert not mac.is_lost()
    mac.uplink(0, 1, b"")
    assert mac.is_lost() and mac.joined()
    mac.join(0)
    mac.sent(0)
    mac.heard(None, 5200)
    mac.heard(None, 6200)
    assert mac.joined() and mac.uplink(60000, 1, b"")


def transcript():
    """Sticky answers, ADR blocks and the back-off, byte by byte."""
    mac, keys, flash, rtc = fast()
    lines = [keys[0].hex()]
    for fcnt, fopts in enumerate(
        (
            link_adr(0x32, 5),
            new_channel(3, 867100000),
            b"\x08\x02",
            b"\x05\x23" + b"\xd8\x9b\x84",
            b"\x06\x80",
        )
    ):
        lines.append(order(mac, keys, fopts, fcnt, fcnt * 60000).hex())
        lines.append(mac.uplink(fcnt * 60000 + 30000, 1, b"x").frame.hex())
        mac.sent(fcnt * 60000 + 30000)
        lines.append(str(mac.heard(None, 0)))
        lines.append(str(mac.heard(None, 0)))
        mac = new_mac(flash, rtc)
    lines.append(flash.values["session"].hex() + rtc.values["session"].hex())
    return lines + [str(step) for step in adr_trace(300)]
