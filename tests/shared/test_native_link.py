"""The link that plays the MAC's actions: order of radio calls, waits, what is measured, what is said."""

from codec.lorawan import airtime
from firmware.link.native import NativeLink
from firmware.mac.actions import RefusedError
from tests.shared.mac_kit import Stores, accept_for, downlink, joined, new_mac


class Clock:
    def __init__(self):
        self.ms = 0

    def now_ms(self):
        return self.ms

    async def sleep_ms(self, duration_ms):
        self.ms += duration_ms

    async def until_ms(self, when_ms):
        self.ms = max(self.ms, when_ms)


class Radio:
    """Answers from a list: a frame, None, or a function of the last uplink."""

    snr_db = 5

    def __init__(self, clock, answers=()):
        self.clock = clock
        self.answers = list(answers)
        self.calls = []
        self.late_ms = 0
        self.frame = None

    async def send(self, frame, channel, power_dbm):
        self.calls.append("send")
        self.frame = frame
        self.clock.ms += airtime.airtime_us(len(frame), channel.sf, channel.bw_hz) // 1000
        return self.clock.ms

    async def receive(self, channel, open_ms, timeout_ms):
        assert self.clock.ms <= open_ms, "the window is over"
        self.calls.append("receive")
        self.clock.ms = open_ms + timeout_ms
        answer = self.answers.pop(0) if self.answers else None
        return answer(self.frame) if callable(answer) else answer

    def sleep(self):
        self.calls.append("sleep")


def run(program):
    try:
        program.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("it waits for something else than the clock")


def link_for(mac, answers=()):
    clock = Clock()
    radio = Radio(clock, answers)
    return NativeLink(mac, radio, clock, lambda stop: stop // 2), radio, clock


def test_a_join_waits_its_turn_and_the_radio_sleeps_after():
    mac = new_mac(Stores(), Stores())
    link, radio, clock = link_for(mac, [lambda phy: accept_for(phy)[0]])
    assert run(link.join()) and link.joined()
    assert radio.calls == ["send", "receive", "sleep"]
    assert clock.ms > 5000 + 5000  # spread over 10 s: half of it here


def test_both_windows_are_played_and_an_answer_is_handed_over():
    mac, keys = joined(Stores(), Stores(), data_rate=5)
    link, radio, _ = link_for(mac, [None, downlink(keys, 0, b"hi", 10)])
    assert run(link.send(1, b"\x80")) == (10, b"hi", False, False)
    assert radio.calls == ["send", "receive", "receive", "sleep"]
    assert run(link.send(1, b"\x80")) is None


def test_repetitions_are_played_with_their_pauses():
    mac, _ = joined(Stores(), Stores(), data_rate=5)
    mac._hops.session.nb_trans = 3
    link, radio, clock = link_for(mac)
    assert run(link.send(1, b"\x80", True)) is None
    assert radio.calls == ["send", "receive", "receive"] * 3 + ["sleep"]
    assert clock.ms > 3 * 2000 + 2 * 2000


def test_a_wait_for_airtime_is_refused_with_its_reasons_and_alarms_go():
    mac, _ = joined(Stores(), Stores(), data_rate=0)
    link, radio, clock = link_for(mac)
    while not link.wait_ms(size=20):
        run(link.send(1, bytes(20)))
    sent = radio.calls.count("send")
    assert link.wait_ms(size=1) == 0 or "free in" in link.why()[0]
    assert refusal(link.send(1, bytes(51))).startswith("sub-band")
    assert radio.calls.count("send") == sent and link.wait_ms(is_alarm=True) == 0
    run(link.send(1, bytes(20), is_alarm=True))
    assert radio.calls.count("send") == sent + 1
    clock.ms += link.wait_ms(size=20)
    assert link.why() == []
    run(link.send(1, bytes(20)))


def refusal(program):
    try:
        run(program)
    except RefusedError as error:
        return str(error)
    raise AssertionError("it was sent")


def test_a_radio_that_fails_is_put_to_sleep_all_the_same():
    mac, _ = joined(Stores(), Stores(), data_rate=5)
    link, radio, _ = link_for(mac)

    async def fails(frame, channel, power_dbm):
        raise OSError("no TxDone")

    radio.send = fails
    try:
        run(link.send(1, b"\x80"))
    except OSError as error:
        assert str(error) == "no TxDone"
    else:
        raise AssertionError("a failure was swallowed")
    assert radio.calls == ["sleep"]
    del radio.send
    assert run(link.send(1, b"\x80")) is None  # the next frame, under a counter of its own
    assert mac._hops.session.fcnt_up == 2


def test_what_can_never_go_is_refused_at_once():
    mac, _ = joined(Stores(), Stores(), data_rate=0)
    link, radio, clock = link_for(mac)
    mac._hops.ledger._bands = tuple((row[0], row[1], 1, row[3]) for row in mac._hops.ledger._bands)
    assert "longer than" in refusal(link.send(1, bytes(51)))
    assert radio.calls == [] and clock.ms == 0


def test_a_session_in_doubt_is_joined_over_and_kept_when_nobody_answers():
    mac, _ = joined(Stores(), Stores(), data_rate=5)
    mac._hops.session.adr_ack_cnt = 448
    link, radio, _ = link_for(mac)
    assert run(link.send(1, b"\x80")) is None
    assert radio.calls.count("send") == 2 and link.joined()


def test_a_session_in_doubt_goes_on_when_no_dev_nonce_is_left():
    mac, _ = joined(Stores(), Stores(), data_rate=5)
    mac._hops.session.adr_ack_cnt = 448
    mac._nonces.dev_nonce = 0x10000
    link, radio, _ = link_for(mac)
    assert run(link.send(1, b"\x80")) is None and radio.calls.count("send") == 1
