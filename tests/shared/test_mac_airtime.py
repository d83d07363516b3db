"""Airtime: the sliding hour of each sub-band, what survives what, the reserve for alarms, joins, why."""

from codec.lorawan import airtime
from codec.lorawan.regions import EU868, REGIONS
from firmware.mac.actions import RefusedError
from firmware.mac.joining import JoinBudget
from firmware.mac.ledger import NEVER_MS, Ledger
from firmware.mac.windows import Timing
from tests.shared.mac_kit import Stores, accept_for, joined, new_mac

HOUR_MS = 3600000
BAND = 2  # 868.0 to 868.6 MHz, 1 %
SECOND_US = 1000000


def hour_of(spent, now_ms):
    """Microseconds on air within the hour before `now_ms`, recomputed without slots."""
    return sum(us for at_ms, us in spent if now_ms - HOUR_MS < at_ms + us // 1000 <= now_ms)


def test_every_sliding_hour_keeps_the_limit_and_uses_most_of_it():
    ledger = Ledger(EU868, Stores(), Stores())
    spent, now_ms, most = [], 0, 0
    for number in range(600):
        on_air_us = (1 + number % 5) * 500000
        now_ms += ledger.free_in_ms(now_ms, BAND, on_air_us, True) + number % 3 * 1000
        assert ledger.free_in_ms(now_ms, BAND, on_air_us, True) == 0
        ledger.spend(now_ms, BAND, on_air_us)
        spent.append((now_ms, on_air_us))
        used = hour_of(spent, now_ms + on_air_us // 1000)
        most = max(most, used)
        assert used <= 36 * SECOND_US
    assert most > 30 * SECOND_US
    assert sum(us for _, us in spent) > 0.85 * 36 * SECOND_US * now_ms / HOUR_MS


def test_half_of_the_hour_is_kept_for_alarms():
    ledger = Ledger(EU868, Stores(), Stores())
    for _ in range(18):
        assert ledger.free_in_ms(0, BAND, SECOND_US, False) == 0
        ledger.spend(0, BAND, SECOND_US)
    assert ledger.free_in_ms(0, BAND, SECOND_US, False) > 0
    for _ in range(18):
        assert ledger.free_in_ms(0, BAND, SECOND_US, True) == 0
        ledger.spend(0, BAND, SECOND_US)
    assert ledger.free_in_ms(0, BAND, SECOND_US, True) > HOUR_MS - 1


def test_sub_bands_are_counted_apart_and_a_frame_may_be_too_long_for_one():
    ledger = Ledger(EU868, Stores(), Stores())
    ledger.spend(0, BAND, 36 * SECOND_US)
    assert ledger.free_in_ms(0, BAND, 1, True) > 0
    assert ledger.free_in_ms(0, 1, SECOND_US, False) == 0
    assert ledger.free_in_ms(0, 0, 4 * SECOND_US, True) == NEVER_MS  # 0.1 % of an hour is 3.6 s


def test_a_frame_that_is_never_allowed_is_named_so():
    mac, _ = joined(Stores(), Stores(), data_rate=0)
    mac._hops.ledger._bands = tuple(
        (row[0], row[1], 1, row[3]) for row in EU868.sub_bands
    )  # 0.1 % everywhere
    assert mac.wait_ms(0, 64) == NEVER_MS
    assert mac.why(0, 64) == ["sub-band 868.0 to 868.6 MHz: the frame is longer than the 1.8 s allowed"]


def test_deep_sleep_keeps_the_hour_exactly():
    flash, rtc = Stores(), Stores()
    ledger = Ledger(EU868, flash, rtc)
    ledger.spend(0, BAND, 20 * SECOND_US)
    ledger.spend(1200000, BAND, 4 * SECOND_US)
    again = Ledger(EU868, flash, rtc)
    for now_ms in (1200000, 2 * HOUR_MS // 2, HOUR_MS + 300000, 3 * HOUR_MS):
        assert again.used_us(now_ms, BAND) == ledger.used_us(now_ms, BAND)


def test_power_loss_buys_no_airtime():
    flash = Stores()
    ledger, total = Ledger(EU868, flash, Stores()), 0
    while ledger.free_in_ms(0, BAND, SECOND_US, True) == 0:
        ledger.spend(0, BAND, SECOND_US)
        total += 1
        ledger = Ledger(EU868, flash, Stores())  # the battery is pulled after each frame; the clock is new
    assert 20 < total <= 36
    assert ledger.free_in_ms(5, BAND, SECOND_US, True) >= HOUR_MS - 5


def test_a_clock_that_goes_back_frees_nothing():
    flash, rtc = Stores(), Stores()
    ledger = Ledger(EU868, flash, rtc)
    ledger.spend(50 * HOUR_MS, BAND, 36 * SECOND_US)
    again = Ledger(EU868, flash, rtc)
    assert again.free_in_ms(1000, BAND, SECOND_US, True) >= HOUR_MS - 1000


def test_a_node_that_may_not_send_is_free_in_time_even_if_it_wakes_anew_each_minute():
    for is_power_lost in (True, False):
        flash, rtc = Stores(), Stores()
        Ledger(EU868, flash, rtc).spend(99 * HOUR_MS, BAND, 36 * SECOND_US)
        if is_power_lost:
            rtc = Stores()
        now_ms = 0  # either way the clock begins anew
        while Ledger(EU868, flash, rtc).free_in_ms(now_ms, BAND, SECOND_US, True):
            now_ms += 60000
            assert now_ms <= HOUR_MS + 300000
        assert now_ms >= HOUR_MS


def test_flash_is_written_far_less_often_than_frames_are_sent():
    flash = Stores()
    ledger = Ledger(EU868, flash, Stores())
    for number in range(1000):
        ledger.spend(number * 900000, BAND, 60000)
    assert len(flash.writes) < 10


def test_join_requests_get_36_s_in_the_first_hour_36_in_the_next_ten_then_8_7_a_day():
    rtc = Stores()
    on_air_us = airtime.airtime_us(23, 12, 125000)
    sent, now_ms = [], 0
    while now_ms < 83 * HOUR_MS:
        budget = JoinBudget(rtc)  # each wake is a new program
        wait_ms = budget.free_in_ms(now_ms, on_air_us)
        if wait_ms:
            now_ms += wait_ms
            continue
        budget.spend(now_ms, on_air_us)
        sent.append(now_ms)
        now_ms += 30000
    counts = [
        len([at for at in sent if from_h * HOUR_MS <= at < to_h * HOUR_MS])
        for from_h, to_h in ((0, 1), (1, 11), (11, 35), (35, 59), (59, 83))
    ]
    assert counts == [24, 24, 5, 5, 5]  # at SF12, as in TS001-1.0.4 section 7


def test_a_node_that_nobody_answers_keeps_both_limits_and_says_why():
    flash, rtc = Stores(), Stores()
    now_ms, on_air = 0, []
    for _ in range(400):
        mac = new_mac(flash, rtc, 5)
        wait_ms = mac.wait_ms(now_ms)
        if wait_ms:
            assert mac.why(now_ms)
            try:
                mac.join(now_ms)
            except RefusedError as error:
                assert "free in" in str(error)
            now_ms += wait_ms
            mac = new_mac(flash, rtc, 5)
        sent = mac.join(now_ms)
        us = airtime.airtime_us(len(sent.frame), sent.channel.sf, sent.channel.bw_hz)
        on_air.append((now_ms, us, sent.channel.sf))
        mac.sent(now_ms)
        mac.heard(None, now_ms)
        mac.heard(None, now_ms)
        now_ms += 30000
    for (from_h, to_h), limit_us in (((0, 1), 36), ((1, 11), 36), ((11, 35), 8.7), ((35, 59), 8.7)):
        used = sum(us for at, us, _ in on_air if from_h * HOUR_MS <= at < to_h * HOUR_MS)
        assert used <= limit_us * SECOND_US
    assert {sf for _, _, sf in on_air} == {7, 8, 9, 10, 11, 12}


def test_why_names_the_budget_the_use_and_the_time():
    flash, rtc = Stores(), Stores()
    mac, _ = joined(flash, rtc, data_rate=0)
    assert mac.why(0) == []
    while not mac.wait_ms(0):
        mac.uplink(0, 1, bytes(19))
    (line,) = mac.why(600000)
    assert line.startswith("sub-band 868.0 to 868.6 MHz: 1")
    assert line.endswith("of 18.0 s used, free in 55 min")
    assert mac.why(600000, 32, True) == []  # an alarm may go
    mac = new_mac(Stores(), Stores(), 0)
    while not mac.wait_ms(0):
        mac.join(0)
        mac.sent(0)
    assert mac.why(0) == [
        "join budget of hour 1: 35.6 of 36.0 s used, free in 60 min",
        "sub-band 868.0 to 868.6 MHz: 35.6 of 36.0 s used, free in 65 min",
    ]


def test_windows_open_wide_until_the_board_is_known_and_narrow_after():
    rtc = Stores()
    timing = Timing(rtc)
    assert timing.early_ms() == 90
    for number in range(40):
        timing = Timing(rtc)
        timing.opened(number % 7)
        timing.transmitted(3 + number % 12)
    assert timing.early_ms() == 11 + 6 + 10
    timing.transmitted(900)  # once, the board was busy with something else
    assert timing.early_ms() == 190


def test_fixed_plans_walk_through_their_octets_and_may_be_held_to_one():
    flash, rtc = Stores(), Stores()
    mac = new_mac(flash, rtc, 0, REGIONS["US915"])
    hops = []
    for number in range(16):
        hops.append(mac.join(number * HOUR_MS).channel)
        mac.sent(0)
        mac = new_mac(flash, rtc, 0, REGIONS["US915"])
    assert [hop.hz for hop in hops[:4]] == [902300000, 903000000, 903900000, 904600000]
    assert {(hop.sf, hop.bw_hz) for hop in hops} == {(10, 125000), (8, 500000)}
    assert len({hop.hz for hop in hops}) == 16
    mac = new_mac(Stores(), Stores(), 0, REGIONS["US915"], octet=2)  # as The Things Network has it
    sent = mac.join(0)
    assert sent.channel == (903900000, 10, 125000)
    window = mac.sent(0)
    assert window.channel == (923300000, 10, 500000)
    assert mac.heard(accept_for(sent.frame, rx=(0, 8, 1))[0], 5200).accepted
    assert mac._hops.channels.mask == 0xFF00 | 1 << 65
    assert 903900000 <= mac.uplink(10000, 1, bytes(11)).channel.hz <= 905300000
    assert mac.sent(10000).channel.bw_hz == 500000
    try:
        mac.uplink(20000, 1, bytes(12))
    except RefusedError as error:
        assert "11" in str(error)
    else:
        raise AssertionError("more than 400 ms on air")


def transcript():
    flash, rtc = Stores(), Stores()
    lines = []
    mac = new_mac(flash, rtc, 5)
    for number in range(12):
        now_ms = number * 1000000
        lines.append(str(mac.join(now_ms).channel) + flash.values["airtime"].hex())
        mac.sent(now_ms)
        lines.append(rtc.values["airtime"].hex() + rtc.values["join"].hex() + rtc.values["timing"].hex())
        mac = new_mac(flash, rtc, 5)
        lines += mac.why(now_ms)
    return lines


def test_each_channel_is_used_once_before_one_is_used_again_also_after_sleep():
    flash, rtc = Stores(), Stores()
    joined(flash, rtc, data_rate=5)
    rtc.put("used", b"")
    rounds = [[new_mac(flash, rtc).uplink(0, 1, b"").channel.hz for _ in range(3)] for _ in range(4)]
    assert [sorted(hz) for hz in rounds] == [[868100000, 868300000, 868500000]] * 4
