"""MAC commands between the network and the firmware's own MAC: each judges the other."""

import struct
from dataclasses import replace
from typing import Any

import pytest

from codec.lorawan import commands, regions
from codec.lorawan.regions import EU868
from firmware.mac.channels import Channels
from firmware.mac.commands import Commands
from firmware.mac.joining import add_cf_list
from firmware.session import Session as NodeSession
from gateway.model import RX2_OF_REGION, Session
from gateway.network import channels, history, link, mac
from gateway.network.link import Link
from gateway.network.mac import Frame, State, Wishes
from tests.gateway.network.test_uplink import SESSION

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
WISHES = Wishes(EU868)
EXTRA_HZ = (867_100_000, 867_300_000, 867_500_000)


class End:
    """A node's end of the commands, as its firmware obeys and answers them."""

    def __init__(self, name: str = "EU868", data_rate: int = 0) -> None:
        self.region = regions.REGIONS[name]
        self.session = NodeSession(0, 0, bytes(16), bytes(16))
        self.session.data_rate = data_rate
        self.session.rx2_hz = self.region.rx2[0]
        self.channels = Channels(self.region)
        self.commands = Commands(self.region, self.session, self.channels, adr=True)

    def obey(self, orders: tuple[bytes, ...]) -> bytes:
        assert self.commands.obey(b"".join(orders), 5) == 0
        answers = b"".join(answer for _, answer in self.session.answers)
        self.session.answers = []
        return answers


def session_with(snr_db: float, data_rate: int = 0, of: Session = SESSION) -> Session:
    """Heard 20 times so well."""
    entries = b""
    for fcnt in range(20):
        entries = history.add(entries, data_rate, 0, fcnt, snr_db)
    return of._replace(heard=entries, fcnt_up=19)


def state(session: Session = SESSION, known: Link | None = None) -> State:
    return State(session, known or Link())


def frame(fcnt: int = 19, data_rate: int = 0, now: int = 0, **more: Any) -> Frame:
    return Frame(**{"fcnt": fcnt, "data_rate": data_rate, "adr": True, "asks": False, "now": now, **more})


def asked(wishes: Wishes, before: State, heard: Frame) -> tuple[State, tuple[bytes, ...]]:
    orders = mac.requests(wishes, before, heard)
    return before._replace(link=mac.ask(before.link, orders, heard.fcnt)), orders


def test_a_node_takes_the_setting_and_only_its_answer_changes_what_is_known() -> None:
    node = End()
    before = state(session_with(20.0))
    waiting, orders = asked(WISHES, before, frame())
    assert replace(waiting.link, asked=None) == before.link
    answers = node.obey(orders)
    told = mac.hear(waiting, answers, 0).state.link
    assert (told.data_rate, told.power_index, told.nb_trans, told.asked) == (5, 5, 1, None)
    assert (node.session.data_rate, node.session.power_index, node.session.nb_trans) == (5, 5, 1)
    assert told.mask == node.channels.mask == 0b111


@pytest.mark.parametrize("name", regions.REGIONS.names())
def test_the_masks_of_every_plan_are_obeyed_and_known(name: str) -> None:
    region = regions.REGIONS[name]
    for sub_band in (0, 1, 2, 8) if region.is_fixed else (0,):
        node = End(name, region.join_drs[0])
        wishes = Wishes(region, sub_band=sub_band)
        before = state(session_with(30.0, region.join_drs[0]))
        waiting, orders = asked(wishes, before, frame(data_rate=region.join_drs[0]))
        told = mac.hear(waiting, node.obey(orders), 0).state.link
        assert told.mask == node.channels.mask == channels.wanted_mask(region, (), sub_band)
        assert told.data_rate == node.session.data_rate


def test_channels_are_told_taken_and_then_switched() -> None:
    node = End()
    wishes = Wishes(EU868, channels=channels.added(EU868, EXTRA_HZ))
    known = state(session_with(20.0))
    fcnt = 19
    for _ in range(4):
        known, orders = asked(wishes, known, frame(fcnt))
        assert sum(map(len, orders)) <= 15
        known = mac.hear(known, node.obey(orders), 0).state
        fcnt += 1
    assert [node.channels.row(number)[0] for number in (3, 4, 5)] == list(EXTRA_HZ)
    assert [channel.hz for channel in known.link.channels] == list(EXTRA_HZ)
    assert known.link.mask == node.channels.mask == 0b111111
    known = known._replace(session=SESSION)
    assert mac.requests(wishes, known, frame(fcnt, data_rate=5)) == ()


def test_what_a_join_accept_lists_a_node_knows() -> None:
    node = End()
    wanted = channels.added(EU868, EXTRA_HZ)
    add_cf_list(node.channels, channels.cf_list(EU868, wanted, 0))
    assert [node.channels.row(number)[:3] for number in (3, 4, 5)] == [(hz, 0, 5) for hz in EXTRA_HZ]
    fixed = End("US915")
    add_cf_list(fixed.channels, channels.cf_list(fixed.region, (), 2))
    assert fixed.channels.mask == channels.wanted_mask(fixed.region, (), 2) == 0xFF << 8 | 1 << 65


def test_windows_and_delay_are_set_as_the_node_says() -> None:
    node = End()
    wishes = replace(WISHES, rx_delay_s=5, rx1_dr_offset=2, rx2_hz=868_500_000, rx2_data_rate=3)
    waiting, orders = asked(wishes, state(), frame())
    said = mac.hear(waiting, node.obey(orders), 0)
    assert said.is_repeated, "until it hears a downlink it says so in each uplink"
    session, known = said.state.session, said.state.link
    told = (session.rx_delay_s, session.rx1_dr_offset, session.rx2_data_rate, known.rx2_hz)
    assert told == (5, 2, 3, 868_500_000)
    mine = node.session
    assert told == (mine.rx_delay_s, mine.rx1_dr_offset, mine.rx2_data_rate, mine.rx2_hz)
    assert mac.requests(wishes, said.state, frame(20)) == ()
    assert mac.hear(said.state, node.obey(orders), 0).state == said.state, "said again, it changes nothing"


def test_what_is_refused_is_not_asked_again() -> None:
    """By bits: power, data rate, channel mask; RX2's frequency; a channel."""
    before = state(session_with(20.0))
    for status, name, value in ((0b011, "most_power_index", 4), (0b101, "most_data_rate", 4)):
        waiting, _ = asked(WISHES, before, frame())
        told = mac.hear(waiting, bytes([commands.LINK_ADR, status]), 0).state
        assert getattr(told.link, name) == value
        assert (told.link.data_rate, told.link.power_index, told.link.mask) == (None, 0, None)
        body = mac.requests(WISHES, told, frame(20))[0][1]
        assert (body >> 4, body & 0x0F) == ((5, 4) if name == "most_power_index" else (4, 5 + 1))
    wishes = replace(WISHES, rx2_hz=868_500_000, channels=channels.added(EU868, EXTRA_HZ[:1]))
    waiting, _ = asked(wishes, state(), frame())
    told = mac.hear(waiting, bytes([commands.RX_PARAM_SETUP, 0b110, commands.NEW_CHANNEL, 0b01]), 0).state
    assert told.session == SESSION
    assert mac.requests(wishes, told, frame(20)) == ()


def test_a_missing_channel_is_told_anew() -> None:
    wishes = replace(WISHES, channels=channels.added(EU868, EXTRA_HZ[:1]))
    knows = state(session_with(20.0), Link(channels=wishes.channels))
    waiting, _ = asked(wishes, knows, frame())
    told = mac.hear(waiting, bytes([commands.LINK_ADR, 0b110]), 0).state
    assert told.link.channels == ()
    assert mac.requests(wishes, told, frame(20))[0][0] == commands.NEW_CHANNEL


def test_nobody_is_asked_at_every_uplink() -> None:
    known, tried = state(session_with(20.0)), []
    for fcnt in range(19, 400):
        if mac.requests(WISHES, known, frame(fcnt)):
            known, _ = asked(WISHES, known, frame(fcnt))
            tried.append(fcnt - 19)
    assert tried == [0, 1, 3, 7, 15, 31, 63, 127, 191, 255, 319]


def test_an_answer_that_was_lost_is_asked_for_until_it_comes() -> None:
    """The node sends at the new data rate already: still only its answer counts."""
    node = End()
    waiting, orders = asked(WISHES, state(session_with(20.0)), frame())
    node.obey(orders)
    later = State(session_with(8.0, 5), waiting.link)
    again, orders = asked(WISHES, later, frame(20, data_rate=5))
    assert orders[0][0] == commands.LINK_ADR
    told = mac.hear(again, node.obey(orders), 0).state.link
    assert (told.data_rate, told.power_index) == (node.session.data_rate, node.session.power_index)


def test_a_node_that_stepped_back_is_at_full_power() -> None:
    known = Link(data_rate=5, power_index=7, nb_trans=1, mask=0b111)
    orders = mac.requests(WISHES, state(known=known), frame(100, data_rate=3))
    assert orders == (bytes([commands.LINK_ADR, 3 << 4 | 0, 7, 0, 1]),)
    assert mac.requests(WISHES, state(known=known), frame(100, data_rate=5)) == ()
    assert mac.requests(WISHES, state(known=known), frame(100, data_rate=5, asks=True))
    assert mac.requests(WISHES, state(known=known), frame(100, data_rate=3, adr=False)) == ()
    assert mac.requests(replace(WISHES, adr=False), state(known=known), frame(100, data_rate=3)) == ()


def test_battery_and_margin_are_asked_for_once_a_day() -> None:
    node = End()
    node.commands.battery = 200
    wishes = replace(WISHES, status_ms=DAY_MS)
    assert mac.requests(wishes, state(), frame(now=DAY_MS - 1)) == ()
    waiting, orders = asked(wishes, state(), frame(now=DAY_MS))
    assert orders == (bytes([commands.DEV_STATUS]),)
    told = mac.hear(waiting, node.obey(orders), DAY_MS).state
    assert (told.link.battery, told.link.margin_db, told.link.status_at) == (200, 5, DAY_MS)
    assert mac.requests(wishes, told, frame(40, now=2 * DAY_MS - 1)) == ()
    negative = mac.hear(waiting, bytes([commands.DEV_STATUS, 255, -7 & 0x3F]), DAY_MS).state
    assert negative.link.margin_db == -7


def test_answers_to_nothing_change_nothing() -> None:
    for answer in ("0307", "0507", "06ff10", "0703", "08", "09", "0a03", "0307" * 7):
        said = mac.hear(state(), bytes.fromhex(answer), 0)
        assert said.state == state()


def test_what_a_node_asks_is_answered() -> None:
    """DeviceTimeAns: 2026-11-22T12:00:00.500Z is GPS second 1479384018, half a second on."""
    node = End()
    said = mac.hear(state(), bytes([commands.LINK_CHECK, commands.DEVICE_TIME, commands.LINK_CHECK]), 0)
    assert said.questions == (commands.LINK_CHECK, commands.DEVICE_TIME)
    replies = mac.replies(said.questions, 12.9, 3, 1_795_348_800_500)
    assert replies == bytes([2, 12, 3, 13]) + struct.pack("<IB", 1_479_384_018, 128)
    node.commands.obey(replies, 0)
    assert node.commands.link_check == (12, 3)
    assert node.commands.gps_time == (1_479_384_018, 128)
    assert mac.replies((commands.LINK_CHECK,), -3.0, 300, 0) == bytes([2, 0, 255])


def test_what_is_known_survives_its_row() -> None:
    wishes = replace(WISHES, channels=channels.added(EU868, EXTRA_HZ), rx2_hz=868_500_000)
    full = Link(
        5, 3, 2, 0b111111, wishes.channels, (7,), 868_500_000, (0, 3, 868_300_000), 4, 6, None, 254, -3, 9
    )
    for known in (Link(), full, mac.ask(full, (b"\x06", b"\x08\x05"), 70_000), Link(battery=0)):
        assert link.of(link.into(SESSION, known)) == known
    assert link.into(SESSION, Link()).link == ""


@pytest.mark.parametrize("name", ["EU868", "IN865", "KR920", "AS923-1", "US915", "AU915"])
def test_an_abp_node_opens_its_second_window_as_its_region_says(name: str) -> None:
    region = regions.REGIONS[name]
    hz, data_rate = region.rx2
    untold = SESSION._replace(rx2_data_rate=RX2_OF_REGION)
    assert link.rx2(region, untold, Link()) == region.rx2
    wishes = Wishes(region, rx2_hz=hz, rx2_data_rate=data_rate)
    assert mac.requests(wishes, State(untold, Link()), Frame(0, None, False, False, 0)) == mac.requests(
        wishes, State(SESSION._replace(rx2_data_rate=data_rate), Link()), Frame(0, None, False, False, 0)
    )
    assert link.rx2(region, SESSION._replace(rx2_data_rate=3), Link()) == (hz, 3)
