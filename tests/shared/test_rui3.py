"""The RUI3 modem behind the link's face: both event formats, and whatever a wire can do to them."""

from codec.lorawan.regions import EU868
from firmware.link.rui3 import ModemError, Rui3Link, _unix_s
from firmware.link.rui3_lines import Event, Lines, Received, Restarted, Status, Value
from firmware.mac.actions import RefusedError
from tests.shared.rui3_modem import Clock, Modem

KEYS = (bytes(8), bytes(range(16)))


def run(program):
    """The clock of these tests never yields, so a coroutine runs to its end."""
    try:
        program.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("it waits for something else than the clock")


def new(**wire):
    clock = Clock()
    modem = Modem(clock, **wire)
    return Rui3Link(modem, clock, EU868, KEYS), modem, clock


def joined(**wire):
    link, modem, clock = new(**wire)
    assert run(link.join()) and link.joined()
    return link, modem, clock


def fails(program, kind, text):
    try:
        run(program)
    except kind as error:
        assert text in str(error), str(error)
        assert KEYS[1].hex() not in str(error)
    else:
        raise AssertionError("no " + text)


def test_a_join_tells_the_module_band_and_keys_and_reads_its_dev_eui():
    link, modem, _ = new()
    assert not link.joined()
    assert run(link.join())
    assert run(link.dev_eui()) == bytes.fromhex("ac1f09fffe000001")
    told = [command for command in modem.commands if "=" in command and "?" not in command]
    assert told == [
        "AT+NJM=1", "AT+CLASS=A", "AT+BAND=4", "AT+APPEUI=" + "0" * 16, "AT+APPKEY=" + KEYS[1].hex(),
        "AT+ADR=1", "AT+DCS=1", "AT+LPM=1", "AT+JOIN=1:0:10:0",
    ]  # fmt: skip


def test_a_module_that_is_still_joined_is_not_asked_again():
    link, modem, _ = new()
    modem.values["NJS"] = "1"
    assert run(link.join()) and link.joined()
    assert not [command for command in modem.commands if "JOIN" in command or "KEY" in command]


def test_a_join_nobody_answers_is_an_answer_and_the_technician_learns_which_dev_eui_it_was():
    lines = []
    clock = Clock()
    modem = Modem(clock)
    link = Rui3Link(modem, clock, EU868, KEYS, 0, lines.append)
    modem.accepts = False
    assert run(link.join()) is False and not link.joined()
    assert "ac1f09fffe000001" in lines[0] and KEYS[1].hex() not in lines[0]


def test_a_module_that_is_joined_joins_anew_when_told_to():
    link, modem, _ = joined()
    assert run(link.join())
    assert [command for command in modem.commands if "JOIN=" in command] == ["AT+JOIN=1:0:10:0"] * 2


def test_uplinks_and_downlinks_in_both_formats_with_echo_and_in_pieces():
    for wire in (
        {},
        {"old": True},
        {"echo": True},
        {"chunk": 1},
        {"old": True, "echo": True, "chunk": 3},
    ):
        link, modem, _ = joined(**wire)
        modem.downlinks = [(10, "48656c6c6f")]
        assert run(link.send(1, b"\x80\x01")) == (10, b"Hello", False, False), wire
        assert run(link.send(1, b"\x02")) is None
        assert run(link.send(3, b"\x03", True)) == (None, b"", True, False)
        assert modem.sent == [(1, b"\x80\x01", False), (1, b"\x02", False), (3, b"\x03", True)]


def test_a_confirmed_uplink_without_ack_says_so():
    link, modem, _ = joined()
    modem.acks = False
    assert run(link.send(3, b"\x03", True)) is None


def test_what_does_not_fit_never_reaches_the_module():
    link, modem, _ = joined()
    modem.values["DR"] = "0"
    fails(link.send(1, bytes(51 - 14)), RefusedError, "36")
    assert modem.sent == []
    assert run(link.send(1, bytes(36))) is None


def test_a_module_asleep_loses_the_first_bytes_and_wakes():
    link, modem, _ = joined()
    run(link.sleep())
    assert modem.asleep
    run(link.send(1, b"\x01"))
    assert len(modem.sent) == 1


def test_a_busy_module_is_asked_again_and_then_waited_for():
    link, modem, clock = joined()
    modem.busy = 2
    run(link.send(1, b"\x01"))
    assert len(modem.sent) == 1
    modem.busy = 9
    fails(link.send(1, b"\x02"), ModemError, "busy")
    assert link.wait_ms() > 0 and "busy" in link.why()[0]
    clock.ms += link.wait_ms()
    assert link.wait_ms() == 0 and link.why() == []


def test_a_silent_module_is_an_error_within_bounded_time():
    link, modem, clock = joined()
    modem.mute = 100
    before = clock.ms
    fails(link.send(1, b"\x01"), ModemError, "check wiring")
    assert clock.ms - before < 5000
    modem.mute = 0
    run(link.send(1, b"\x01"))
    assert modem.sent == [(1, b"\x01", False)]


def test_a_missing_answer_in_the_middle_ends_in_time():
    link, modem, clock = joined()

    def forget(line):
        modem.commands.append(line)

    take, modem._send = modem._send, forget
    before = clock.ms
    fails(link.send(1, b"\x01"), ModemError, "no answer to AT+SEND")
    assert clock.ms - before < 5000
    modem._send = take
    run(link.send(1, b"\x02"))


def test_a_restart_in_the_middle_is_told_and_joined_over():
    link, modem, clock = joined()
    modem.dies_in_cycle = True
    before = clock.ms
    fails(link.send(1, b"\x01"), ModemError, "restarted")
    assert clock.ms - before < 26000 and not link.joined()
    modem.dies_in_cycle = False
    assert run(link.join())
    run(link.send(1, b"\x01"))
    assert modem.sent[-1] == (1, b"\x01", False)


def test_a_module_that_lost_its_session_is_joined_again():
    link, modem, _ = joined()
    modem.values["NJS"] = "0"
    fails(link.send(1, b"\x01"), ModemError, "AT_NO_NETWORK_JOINED")
    assert not link.joined()


def test_noise_between_lines_costs_nothing_but_a_count():
    link, modem, _ = joined()
    modem.noise = b"\xff\xfe\x00\r\nzz:top\r\n"
    modem.downlinks = [(10, "01")]
    assert run(link.send(1, b"\x01")) == (10, b"\x01", False, False)
    assert link._lines.garbage > 0


def test_link_check_and_time():
    link, modem, _ = joined()
    assert run(link.link_check(1)) == (21, 2)
    link.ask_time()
    run(link.send(1, b"\x01"))
    assert "AT+TIMEREQ=1" in modem.commands
    assert run(link.utc_ms()) == 1542075937000
    for untold in ("garbage", "00h00m09s on 01/01/1970"):
        modem.values["LTIME"] = untold
        assert run(link.utc_ms()) is None


def test_dates_are_read_as_month_day_year():
    assert _unix_s("00h00m00s on 01/01/1970") == 0
    assert _unix_s("23h59m59s on 02/29/2024") == 1709251199
    assert _unix_s("12h00m00s on 03/01/2100") == 4107585600
    assert _unix_s("") is None


def test_lines_are_cut_and_named():
    lines = Lines()
    assert lines.feed(b"OK\r\n\r\n+EVT:TX_DO") == [Status("OK")]
    assert lines.feed(b"NE\r\nAT+DR=3\n\r") == [Event("TX_DONE", []), Value("DR", "3")]
    assert lines.feed(b"OK+EVT:JOINED\r\n") == [Status("OK"), Event("JOINED", [])]
    assert lines.feed(b"+EVT:RX_2:-103:-7:UNICAST:2:48\r\n") == [Received(-103, -7, 2, b"\x48")]
    assert lines.feed(b"+EVT:RX_B:-1:1:MULTICAST:2:zz\r\n") == []
    assert lines.feed(b"+EVT:SEND_CONFIRMED_FAILED(3)\r\n") == [Event("SEND_CONFIRMED_FAILED", [])]
    assert lines.feed(b"RAKwireless RAK3172\r\n") == [Restarted()]
    assert lines.garbage == 1


def test_a_line_without_end_does_not_fill_the_heap():
    lines = Lines()
    for _ in range(50):
        assert lines.feed(b"x" * 100) == []
        assert len(lines._pending) <= 1200
    assert lines.feed(b"\r\nOK\r\n") == [Status("OK")]


def test_any_bytes_at_all_are_survived():
    state, lines = 1, Lines()
    alphabet = b"+EVT:RX_1,AOK=\r\n\xff 05fUNICAST-"
    for _ in range(3000):
        state = state * 1103515245 + 12345 & 0x7FFFFFFF
        lines.feed(alphabet[state % len(alphabet) :][:3])
    assert len(lines._pending) <= 1200
    lines.feed(b"\r\n")
    assert lines.feed(b"OK\r\n")[-1:] == [Status("OK")]
