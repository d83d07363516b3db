"""Listen before talk: a channel in use is left for another, then a pause, then the frame is given back."""

from boards import heltec_v3, ttgo_lora32
from codec.lorawan.regions import REGIONS
from firmware.mac.actions import Options, Otaa, RefusedError, Transmit, Wait
from firmware.mac.polite import PoliteMac, Sense
from tests.shared import mac_kit
from tests.shared import test_real_board as real
from tests.shared.board_twin import Installed, Machine
from tests.shared.radio_twin import World

QUIET_DBM, LOUD_DBM = -120, -40


def new_mac(name="KR920", rtc=None):
    identity = Otaa(mac_kit.DEV_EUI, mac_kit.JOIN_EUI, mac_kit.APP_KEY)
    stores = (mac_kit.Stores(), rtc or mac_kit.Stores())
    return PoliteMac(REGIONS[name], identity, stores, mac_kit.first_channel, Options(3, True, 0))


def joined(name="KR920", rtc=None):
    mac = new_mac(name, rtc)
    sense = mac.join(0)
    accept, _ = mac_kit.accept_for(mac.sensed(QUIET_DBM, 10).frame)
    assert isinstance(sense, Sense)
    mac.sent(1000)
    assert mac.heard(accept, 7000).accepted
    return mac


def test_only_the_regions_that_ask_for_it_listen_and_by_their_figures():
    told = {name: REGIONS[name].carrier_sense for name in REGIONS.names()}
    assert told.pop("KR920") == (6, -65) and told.pop("AS923-1") == (5, -80)
    assert set(told.values()) == {None}
    for name, dbm in (("KR920", -65), ("AS923-1", -80)):
        mac = joined(name)
        assert mac.uplink(10000, 1, b"x").duration_ms == REGIONS[name].carrier_sense[0]
        assert isinstance(mac.sensed(dbm, 10006), Sense)  # as loud as the limit is too loud
        assert isinstance(mac.sensed(dbm - 1, 10012), Transmit)


def test_a_channel_in_use_is_left_for_another_and_the_frame_goes_there():
    mac = joined()
    first = mac.uplink(10000, 1, b"x")
    second = mac.sensed(LOUD_DBM, 10006)
    assert second.channel.hz != first.channel.hz
    sent = mac.sensed(QUIET_DBM, 10012)
    assert isinstance(sent, Transmit) and sent.channel == second.channel
    assert mac.counts == {"channel_in_use": 1}


def test_when_all_are_in_use_it_waits_a_moment_and_asks_again():
    mac = joined()
    action, senses, waits = mac.uplink(10000, 1, b"x"), 0, 0
    now_ms = 10000
    while senses < 7:
        assert isinstance(action, Sense)
        senses += 1
        action = mac.sensed(LOUD_DBM, now_ms)
        if isinstance(action, Wait):
            assert 200 <= action.until_ms - now_ms < 400
            waits, now_ms = waits + 1, action.until_ms
            action = mac.resume(now_ms)
    assert waits == 2  # three channels each
    assert isinstance(mac.sensed(QUIET_DBM, now_ms), Transmit)


def give_up(mac, now_ms):
    action = mac.uplink(now_ms, 1, b"x")
    try:
        while True:
            action = mac.sensed(LOUD_DBM, now_ms)
            if isinstance(action, Wait):
                now_ms = action.until_ms
                action = mac.resume(now_ms)
    except RefusedError as error:
        return str(error), now_ms


def test_a_frame_that_finds_no_channel_is_given_back_with_reason_time_and_without_airtime():
    rtc = mac_kit.Stores()
    mac = joined("AS923-1", rtc)
    used_us = mac._hops.ledger.used_us(10000, 0)
    told, now_ms = give_up(mac, 10000)
    assert told == "all channels of AS923-1 are in use"
    assert mac._hops.ledger.used_us(now_ms, 0) == used_us
    assert mac.wait_ms(now_ms) == 15000 and mac.wait_ms(now_ms, 12, True) == 15000
    assert mac.why(now_ms) == ["all channels of AS923-1 were in use, again in 15 s"]
    assert mac.wait_ms(now_ms + 15000) == 0 and mac.why(now_ms + 15000) == []
    assert mac.wait_ms(now_ms - 9000) == 15000  # the clock went back
    after = new_mac("AS923-1", rtc)  # of a wake from deep sleep
    assert after.wait_ms(now_ms + 1000) >= 14000
    fcnt = mac._hops.session.fcnt_up
    mac.uplink(now_ms + 15000, 1, b"x")
    sent = mac.sensed(QUIET_DBM, now_ms + 15006)
    assert isinstance(sent, Transmit) and mac._hops.session.fcnt_up == fcnt + 1


def test_a_join_request_listens_too():
    mac = new_mac()
    mac.join(0)
    assert isinstance(mac.sensed(LOUD_DBM, 6), Sense)
    assert isinstance(mac.sensed(QUIET_DBM, 12), Transmit)


def test_repetitions_listen_each_time():
    mac = joined()
    mac._hops.session.nb_trans = 2
    mac.uplink(10000, 1, b"x")
    mac.sensed(QUIET_DBM, 10006)
    mac.sent(10100)
    mac.heard(None, 11300)
    pause = mac.heard(None, 12500)
    assert isinstance(pause, Wait)
    assert isinstance(mac.resume(pause.until_ms), Sense)
    assert isinstance(mac.sensed(QUIET_DBM, pause.until_ms + 6), Transmit)


def whole_node(pins, region, rssi_dbm, until_us=3600000000):
    """What a node on the board's radio has sent, and what it logged."""
    machine = Machine(pins, World())
    machine.chip.rssi_dbm = rssi_dbm
    network = real.Network(machine.chip)
    lines = []
    config = real.config_for(pins)
    config["region"] = region
    with Installed(machine) as device:
        while len(network.uplinks) < 3 and machine.world.us < until_us:
            board = device.board(pins)
            board.log = lines.append
            board.sleep(real.main.run(real.main.assemble(board, real.reader(config)).wake()))
    return machine, network, lines


def test_a_whole_node_keeps_off_the_channels_that_others_use():
    for pins in (heltec_v3, ttgo_lora32):
        machine, network, _ = whole_node(pins, "KR920", lambda khz, us: -120 if khz == 922300 else -50)
        assert len(network.uplinks) == 3, pins.NAME
        assert {sent["khz"] for sent in machine.chip.transmitted} == {922300}


def test_a_whole_node_says_why_it_is_silent_and_goes_on_when_the_air_is_free():
    free_us = 900000000
    machine, network, lines = whole_node(heltec_v3, "KR920", lambda khz, us: -50 if us < free_us else -120)
    assert "not sent: all channels of KR920 are in use" in lines
    assert len(network.uplinks) == 3
    assert min(sent["start_us"] for sent in machine.chip.transmitted) >= free_us
