"""TS009: what a certification tester asks on FPort 224, and what it gets."""

from codec.lorawan import frames
from firmware.certification import Certification, run
from firmware.mac.actions import Downlink
from tests.shared.mac_kit import Stores, joined

VERSION = b"\x00\x01\x02\x03"


def new():
    flash, rtc = Stores(), Stores()
    mac, keys = joined(flash, rtc, data_rate=5)
    return Certification(mac, flash, VERSION), mac, keys, flash


def order(certification, *data):
    certification.heard(Downlink(224, bytes(data), False, False))
    return certification.next_uplink()


def test_questions_are_answered_once():
    certification, _, _, _ = new()
    assert order(certification, 0x00) == (224, b"\x00\x06\x01")
    assert certification.next_uplink() == (1, b"\x00")
    assert order(certification, 0x7F) == (224, b"\x7f" + VERSION + b"\x01\x00\x04\x00\x02\x01\x00\x04")


def test_an_echo_adds_one_and_is_cut_to_what_fits():
    certification, mac, _, _ = new()
    assert order(certification, 0x08, 0, 1, 255) == (224, b"\x08\x01\x02\x00")
    fport, payload = order(certification, 0x08, *[7] * 250)
    assert (fport, payload) == (224, b"\x08" + b"\x08" * 241)
    assert mac.room() == 242


def test_downlinks_for_the_application_and_acks_are_counted():
    certification, _, _, _ = new()
    certification.heard(Downlink(None, b"", True, False))
    certification.heard(Downlink(None, b"", False, False))  # MAC commands only
    certification.heard(Downlink(10, b"x", False, False))
    assert order(certification, 0x09) == (224, b"\x09\x03\x00")
    order(certification, 0x0A)
    assert order(certification, 0x09) == (224, b"\x09\x01\x00")


def test_periods_frame_type_adr_and_duty_cycle_change():
    certification, mac, _, _ = new()
    order(certification, 0x06, 1)
    order(certification, 0x07, 2)
    assert (certification.period_s, certification.confirmed) == (5, True)
    order(certification, 0x06, 11)  # reserved
    order(certification, 0x07, 0)  # no change
    assert (certification.period_s, certification.confirmed) == (5, True)
    order(certification, 0x04, 0)
    assert frames.parse(mac.uplink(0, 1, b"").frame).fctrl == 0
    order(certification, 0x04, 1)
    assert frames.parse(mac.uplink(0, 1, b"").frame).fctrl == frames.ADR
    while not mac.wait_ms(0, 213):
        mac.uplink(0, 1, bytes(200))
    order(certification, 0x05, 0)
    assert mac.wait_ms(0, 213) == 0
    order(certification, 0x05, 1)
    assert mac.wait_ms(0, 213) > 0


def test_the_next_uplink_carries_the_mac_commands_asked_for():
    certification, mac, _, _ = new()
    order(certification, 0x20)
    order(certification, 0x21)
    assert frames.parse(mac.uplink(0, 1, b"").frame).fopts == b"\x02\x0d"


def test_what_is_unknown_short_or_of_class_b_is_counted_and_nothing_else():
    certification, _, _, _ = new()
    for data in ((0x22, 0), (0x40,), (0x7D, 1, 2, 3), (0x55,), (0x06,), (0x03, 1)):
        assert order(certification, *data) == (1, b"\x00")
    assert certification.not_obeyed == 6
    certification.heard(Downlink(224, b"", False, False))


def test_switched_off_it_stays_off():
    certification, mac, _, flash = new()
    order(certification, 0x7E)
    assert certification.resets and certification.is_off()
    again = Certification(mac, flash, VERSION)
    assert order(again, 0x00) == (1, b"\x00")


class Clock:
    def __init__(self):
        self.slept = []

    async def sleep_ms(self, duration_ms):
        self.slept.append(duration_ms)


class Link:
    """Answers each uplink with the next order of a test."""

    def __init__(self, orders):
        self.orders = orders
        self.sent = []
        self.joins = 0

    def joined(self):
        return self.joins > 0

    def wait_ms(self, is_alarm=False, size=0):
        return 0

    async def join(self):
        self.joins += 1
        return True

    async def send(self, fport, payload, confirmed=False, is_alarm=False):
        self.sent.append((fport, payload, confirmed))
        return Downlink(224, self.orders.pop(0), False, False)


def test_a_whole_test_runs_until_the_reset():
    certification, _, _, _ = new()
    link, clock = Link([b"\x06\x01", b"\x08\x01", b"\x07\x02", b"\x02", b"\x01"]), Clock()
    try:
        run(certification, link, clock, 60).send(None)
    except StopIteration:
        pass
    assert link.joins == 2 and certification.resets
    assert link.sent == [
        (1, b"\x00", False), (1, b"\x00", False), (224, b"\x08\x02", False),
        (1, b"\x00", True), (1, b"\x00", True),
    ]  # fmt: skip
    assert clock.slept == [0, 5000] * 5  # until the air is free, until the period is over
