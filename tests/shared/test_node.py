"""The life of a node over many wakes, each a new program on the same stores; the same on both Pythons."""

from codec import cbor, message, registry, report
from firmware import plan
from firmware.journal import PAGE
from firmware.marks import Marks
from firmware.node import Node
from firmware.orders import batch
from firmware.outbox import Outbox
from firmware.recall import Recall

SECRETS = {"dev_eui": "0200006d66000001", "join_eui": "0" * 16, "app_key": "00" * 16}


class Memory:
    def __init__(self):
        self.values = {}

    def get(self, key):
        return self.values.get(key)

    def put(self, key, value):
        self.values[key] = bytes(value)


class FullFlash(Memory):
    def put(self, key, value):
        raise OSError(28)


class Clock:
    def __init__(self):
        self.at_ms = 0

    def now_ms(self):
        return self.at_ms

    async def sleep_ms(self, duration_ms):
        self.at_ms += duration_ms


class Downlink:
    def __init__(self, fport=None, payload=b"", ack=True):
        self.fport = fport
        self.payload = payload
        self.ack = ack


class Link:
    """Joins at the first attempt; each frame takes 1.2 s with its windows and then asks for 20 s of rest."""

    def __init__(self, clock):
        self._clock = clock
        self._joined = False
        self._free_ms = 0
        self.frames = []  # (ms, fport, payload, confirmed)
        self.answers = []  # downlinks to come
        self.hears = True
        self.joins = 0
        self.asked_ms = []
        self.bytes_a_frame = 51
        self.utc_ms_told = None

    def joined(self):
        return self._joined

    def wait_ms(self, is_alarm=False, size=0):
        return 0 if is_alarm else max(0, self._free_ms - self._clock.at_ms)

    def why(self):
        return ["resting"] if self.wait_ms() else []

    async def join(self):
        self.joins += 1
        self._pass()
        self._joined = self.hears
        return self._joined

    async def send(self, fport, payload, confirmed=False, is_alarm=False):
        assert is_alarm or not self.wait_ms()
        self.frames.append((self._clock.at_ms, fport, payload, confirmed))
        self._pass()
        if not self.hears:
            return None
        if self.answers:
            return self.answers.pop(0)
        return Downlink() if confirmed else None

    async def room(self):
        return self.bytes_a_frame

    def ask_time(self):
        self.asked_ms.append(self._clock.at_ms)

    async def utc_ms(self):
        return self.utc_ms_told

    def rejoin(self):
        self._joined = False

    def _pass(self):
        self._clock.at_ms += 1200
        self._free_ms = self._clock.at_ms + 20000


class Water:
    """A level sensor over a creek given as a function of the instant; None is no echo."""

    def __init__(self, clock, distance_mm):
        self._clock = clock
        self._distance_mm = distance_mm
        self.reads = 0

    async def read(self):
        self.reads += 1
        self._clock.at_ms += 500
        mm = self._distance_mm(self._clock.at_ms)
        return {"distance": "no_echo" if mm is None else mm, "temperature": 105}


class World:
    """One node's hardware and its neighbourhood; `live` wakes it until an instant."""

    NUMBER = 2

    def __init__(self, distance_mm=lambda ms: 2000, flash=None, **config):
        self.board_clock = Clock()
        self.flash_store = flash or Memory()
        self.rtc_store = Memory()
        self.link = Link(self.board_clock)
        self.water = Water(self.board_clock, distance_mm)
        self.battery_cv = 360
        self.resets = 0
        self.forgotten = 0
        config["sensors"] = [{"part": "a02yyuw", "port": 1}]
        self.config = config
        self.wakes = 0
        self.lines = []

    def clock(self):
        return self.board_clock

    def flash(self):
        return self.flash_store

    def rtc(self):
        return self.rtc_store

    def battery(self):
        return self.battery_cv

    def randrange(self, stop):
        return 0

    def log(self, line):
        self.lines.append(line)

    def reset_cause(self):
        return 4 if self.rtc_store.values else 1

    def uart(self, port, baudrate):
        """What is read comes from `water`."""

    def forget(self):
        self.forgotten += 1

    def reset(self):
        self.resets += 1

    def cut_power(self):
        self.rtc_store = Memory()
        self.board_clock.at_ms = 0
        self.link._free_ms = 0

    def live(self, until_s):
        while self.board_clock.at_ms < until_s * 1000:
            self.wake()
        return self

    def wake(self):
        self.wakes += 1
        files = {"config.json": self.config, "secrets.json": SECRETS}
        settled = plan.load(self, lambda name: files[name])
        node = Node(self, settled, lambda: [self.water], lambda: self.link)
        pause_ms = run(node.wake())
        self.board_clock.at_ms += pause_ms

    def sent(self, fport):
        return [frame for frame in self.link.frames if frame[1] == fport]


def run(program):
    try:
        program.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("nothing here waits")


def values_of(frame):
    return report.decode(frame[2])


def test_a_dry_day_has_288_samples_and_96_reports():
    world = World().live(86400)
    assert 286 <= world.water.reads <= 290
    assert 95 <= len(world.sent(1)) <= 97
    assert world.sent(3) == []


def test_reports_carry_rising_numbers_and_only_some_the_battery():
    world = World().live(6 * 3600)
    seen = [values_of(frame) for frame in world.sent(1)]
    numbers = [values["number"] for values in seen]
    assert numbers == sorted(set(numbers)) and numbers[0] == 0
    assert [place for place, values in enumerate(seen) if "battery" in values] == [0, 12]


def test_a_report_that_had_to_wait_for_the_join_says_its_age():
    world = World()
    world.wake()
    assert world.link.joins == 1 and world.link.frames == []
    world.wake()
    sent_ms, _, payload, _ = world.link.frames[0]
    assert report.decode(payload)["age_s"] == (sent_ms - 500) // 1000


def test_while_the_air_is_silent_the_journal_goes_on():
    world = World()
    world.link.hears = False
    world.live(3600)
    assert world.link.frames == [] and world.link.joins > 10
    journal = Recall(world.flash_store, world.rtc_store)
    assert [record.number for record in journal.read(0, 100)] == list(range(12))
    assert {record.values["distance"] for record in journal.read(0, 100)} == {2000}


def flood(start_ms, mm_per_min, top_mm=900):
    return lambda ms: max(top_mm, 2000 - max(0, ms - start_ms) * mm_per_min // 60000)


def test_a_rising_creek_is_watched_each_minute_and_the_alarm_leaves_within_it():
    world = World(flood(7200000, 20), marks_mm=[1500]).live(4 * 3600)
    alarms = world.sent(3)
    crossing_ms = 7200000 + 500 * 60000 // 20
    assert len(alarms) == 1 and alarms[0][3]
    assert 0 <= alarms[0][0] - crossing_ms < 70000
    said = message.decode(alarms[0][2])
    assert said.mark == 1 and said.value <= 1500 and said.rate < -10


def test_an_alarm_is_repeated_until_it_is_confirmed_and_goes_before_reports():
    world = World(flood(3600000, 20), marks_mm=[1500])
    world.live(3600 + 20 * 60)
    world.link.hears = False
    world.live(3600 + 28 * 60)
    silent = len(world.sent(3))
    assert silent > 2 and len(world.sent(1)) > 3
    world.link.hears = True
    world.live(3 * 3600)
    assert len(world.sent(3)) == silent + 1


def test_one_wild_ping_of_three_is_no_alarm():
    world = World(lambda ms: 2000, marks_mm=[1500])
    world.live(600)
    reads = [1200, 2000, 2000]
    world.water._distance_mm = lambda ms: reads.pop(0) if reads else 2000
    world.live(3600)
    assert reads == [] and world.sent(3) == []


def test_a_fault_is_reported_and_moves_no_mark():
    world = World(lambda ms: None if ms > 1800000 else 1400, marks_mm=[1500]).live(3600)
    assert len(world.sent(3)) == 1
    assert values_of(world.sent(1)[-1])["distance"] == "no_echo"
    assert Marks(world.rtc_store, [1500], 50, 10).crossed == 1


def test_around_a_mark_the_hysteresis_keeps_quiet():
    world = World(lambda ms: 1500 + (ms // 300000 % 2) * 40, marks_mm=[1500]).live(6 * 3600)
    assert len(world.sent(3)) == 1
    wide = World(lambda ms: 1500 + (ms // 3600000 % 2) * 60, marks_mm=[1500]).live(6 * 3600)
    assert len(wide.sent(3)) == 6  # over and back


def test_a_low_battery_makes_it_quiet_and_says_so():
    world = World()
    world.battery_cv = 320
    world.live(86400)
    assert 70 <= world.water.reads <= 80 and 20 <= len(world.sent(1)) <= 26
    assert values_of(world.sent(1)[-1])["status"] == 2
    assert values_of(world.sent(1)[-1])["battery"] == 320
    world.battery_cv = 360
    world.live(2 * 86400)
    assert "status" not in values_of(world.sent(1)[-1])


def test_reports_of_one_sensor_do_not_replace_those_of_another():
    outbox = Outbox(Memory())
    outbox.put(1, b"water", 0, True)
    outbox.put(1, b"street", 1000, True)
    assert [outbox.first(2000).payload] == [b"water"]
    for step in range(20):
        outbox.put(1, bytes([step]), 2000 + step, True)
    assert outbox.first(9000).payload == bytes([12])  # the oldest gave way
    outbox.put(3, b"alarm", 3000)
    assert outbox.first(9000).payload == b"alarm"


def test_a_full_flash_stops_neither_samples_nor_reports():
    world = World(flash=FullFlash()).live(86400)
    assert 95 <= len(world.sent(1)) <= 97
    assert values_of(world.sent(1)[-1])["status"] == 1


def test_the_journal_survives_power_loss_but_for_its_open_page():
    world = World().live(86400)
    kept = Recall(world.flash_store, world.rtc_store).next_number() // PAGE * PAGE
    world.cut_power()
    journal = Recall(world.flash_store, world.rtc_store)
    assert [record.number for record in journal.read(0, 500)] == list(range(kept))
    assert journal.next_number() == kept + PAGE  # no number of the lost page comes again
    last_s = journal.read(kept - 1, 1)[0].time_s
    assert journal.time_s(0) == last_s
    again = Recall(world.flash_store, Memory())
    assert again.next_number() == kept + 2 * PAGE


def test_numbers_run_past_65535_and_the_oldest_pages_give_way():
    flash, rtc = Memory(), Memory()
    flash.put("journal", (0x10000 - 2 * PAGE).to_bytes(4, "little"))
    journal = Recall(flash, rtc)
    for step in range(200):
        number = journal.add({"distance": step}, step * 1000)
    assert number == (0x10000 - PAGE + 199) % 0x10000
    got = journal.read(0x10000 - 3, 6)
    assert [record.number for record in got] == [65533, 65534, 65535, 0, 1, 2]
    assert [record.values["distance"] for record in got] == list(range(PAGE - 3, PAGE + 3))
    assert journal.read(1000, 5) == []


def test_a_damaged_page_is_a_gap_and_not_a_reading():
    world = World().live(86400)
    damaged = bytearray(world.flash_store.values["journal_1"])
    damaged[40] ^= 4
    world.flash_store.values["journal_1"] = bytes(damaged)
    journal = Recall(world.flash_store, world.rtc_store)
    numbers = [record.number for record in journal.read(0, 3 * PAGE)]
    assert numbers == list(range(PAGE)) + list(range(2 * PAGE, 3 * PAGE))


def commanded(world, *orders, token=7):
    """The results of these orders, sent with the next report and answered."""
    payload = cbor.encode((-20, token) + orders)
    world.link.answers = [Downlink(10, payload, False)]
    before = len(world.sent(11))
    world.live(world.board_clock.at_ms // 1000 + 1000)
    assert world.link.answers == [] and len(world.sent(11)) == before + 1
    answer = cbor.decode(world.sent(11)[-1][2])
    assert answer[:2] == (-21, token)
    return answer[2:]


def number_of(name):
    return (registry.TABLE.index(name) - 1) // 6


def test_an_interval_is_obeyed_answered_and_outlives_power_loss():
    world = World().live(600)
    assert commanded(world, (1, number_of("distance"), 600, 30, 3600)) == (0,)
    world.cut_power()
    del world.link.frames[:]
    reads = world.water.reads
    world.live(86400)
    assert 140 <= world.water.reads - reads <= 150 and 23 <= len(world.sent(1)) <= 26


def test_marks_are_obeyed_and_alarm():
    world = World(lambda ms: 2000 if ms < 7200000 else 1200).live(600)
    assert commanded(world, (2, 30, 1500, 1000)) == (0,)
    world.live(3 * 3600)
    alarms = [cbor.decode(frame[2]) for frame in world.sent(3)]
    assert [alarm[2] for alarm in alarms] == [1]


def test_an_offset_moves_what_is_measured():
    world = World().live(600)
    assert commanded(world, (3, number_of("distance"), -25)) == (0,)
    world.live(2 * 3600)
    assert values_of(world.sent(1)[-1])["distance"] == 1975


def test_what_an_offset_moves_out_of_range_travels_as_a_fault_and_is_said():
    world = World(lambda ms: 60).live(600)
    assert commanded(world, (3, number_of("distance"), -100)) == (0,)
    world.live(2 * 3600)
    assert values_of(world.sent(1)[-1])["distance"] == "out_of_range"
    assert "distance -40 is not within 0..40000" in world.lines[-1]


def test_what_cannot_be_done_is_answered_and_changes_nothing():
    world = World().live(600)
    orders = (
        (1, 99, 60, 60, 60),
        (1, number_of("distance"), 0, 60, 60),
        (2, 9999, 1),
        (3, number_of("pm10"), 1),
        (5, 1),
        (99, 1),
        (8, 3),
    )
    assert commanded(world, *orders) == (2, 2, 2, 3, 2, 1, 2)
    assert world.flash_store.get("settings") is None
    assert world.resets == 0


def test_the_confirm_policy_is_obeyed():
    world = World().live(600)
    assert commanded(world, (8, 2)) == (0,)
    world.live(2 * 3600)
    assert world.sent(1)[-1][3]
    assert commanded(world, (8, 0), token=8) == (0,)
    world.live(3 * 3600)
    assert not world.sent(1)[-1][3]


def test_a_reboot_comes_after_its_answer_and_only_once_for_a_repeated_command():
    world = World().live(600)
    assert commanded(world, (5,)) == (0,)
    assert world.resets == 1
    assert commanded(world, (5,)) == (0,)  # the same token: the gateway did not hear the answer
    assert world.resets == 1
    assert commanded(world, (5,), token=8) == (0,)
    assert world.resets == 2


def test_a_rejoin_is_repeated_until_it_succeeds():
    world = World().live(600)
    joins = world.link.joins
    assert commanded(world, (6,)) == (0,)
    assert world.link.joins == joins + 1
    world.live(7200)
    assert world.link.joins == joins + 1


def test_a_malformed_command_is_counted_and_ignored():
    world = World().live(600)
    for payload in (
        b"",
        b"\x80",
        b"\xff" * 20,
        cbor.encode((-20, 1)),
        cbor.encode((-20, 1, 5)),
        b"\x83\x33\x01",
    ):
        world.link.answers = [Downlink(10, payload, False)]
        world.live(world.board_clock.at_ms // 1000 + 1000)
        assert world.link.answers == []
    assert world.sent(11) == [] and world.rtc_store.get("misread") == b"\x06\x00"
    world.link.answers = [Downlink(2, cbor.encode((-20, 1, (5,))), False)]  # not the port of commands
    world.live(world.board_clock.at_ms // 1000 + 2000)
    assert world.sent(11) == []


def test_the_journal_answers_in_batches_with_every_reading_and_its_time():
    world = World(lambda ms: 2000 - ms // 60000, rising_mm=1000).live(6 * 3600)
    assert commanded(world, (4, number_of("distance"), 5, 30)) == (0,)
    world.live(7 * 3600)
    journal = Recall(world.flash_store, world.rtc_store)
    got = {}
    for at_ms, _, payload, _ in world.sent(2):
        said = message.decode(payload)
        for place, value in enumerate(said.readings):
            number = said.number + place
            got[number] = value
            measured_s = at_ms // 1000 - said.age_s - (len(said.readings) - 1 - place) * said.interval_s
            assert abs(measured_s - journal.read(number, 1)[0].time_s) <= 2
    assert sorted(got) == list(range(5, 35))
    assert all(got[number] == journal.read(number, 1)[0].values["distance"] for number in got)


def test_readings_that_the_journal_lost_are_passed_over():
    world = World().live(86400)
    world.flash_store.values["journal_1"] = b"damaged"
    assert commanded(world, (4, number_of("distance"), PAGE - 2, PAGE + 4)) == (0,)
    world.live(86400 + 7200)
    numbers = []
    for frame in world.sent(2):
        said = message.decode(frame[2])
        numbers += list(range(said.number, said.number + len(said.readings)))
    assert numbers == [PAGE - 2, PAGE - 1, 2 * PAGE, 2 * PAGE + 1]


def kept_at(times_s, flash=None, rtc=None):
    """A journal of distances measured at these seconds of the board's clock; the value is the number."""
    journal = Recall(flash or Memory(), rtc or Memory())
    for time_s in times_s:
        journal.add({"distance": journal.next_number()}, time_s * 1000)
    return journal


def told(journal, first, count, now_s):
    """{number: second at which it was measured by the board's clock} of all batches that answer."""
    found = {}
    while count:
        taken, payload = batch(journal, "distance", (first, count), journal.time_s(now_s * 1000))
        if payload:
            said = message.decode(payload)
            for place, value in enumerate(said.readings):
                back_s = said.age_s + (len(said.readings) - 1 - place) * said.interval_s
                found[said.number + place] = now_s - back_s
                assert value == said.number + place
        first, count = first + taken, count - taken
    return found


def test_a_batch_is_right_to_the_second_whichever_second_a_look_falls_into():
    """Looks 300 s apart that lie on the edge of a second are 299 to 301 whole seconds apart."""
    rhythm = [0, 301, 600, 900, 1201, 1500, 1801, 2101]
    faster = [2161, 2221, 2282, 2341, 2700, 3300, 3899]
    times_s = [1000 + time_s for time_s in rhythm + faster]
    found = told(kept_at(times_s), 0, len(times_s), 6000)
    assert sorted(found) == list(range(len(times_s)))
    assert max([abs(found[number] - time_s) for number, time_s in enumerate(times_s)]) <= 1


def test_a_clock_that_is_told_late_dates_what_was_measured_before():
    """Two full pages and an open one: since its last start one clock has counted."""
    times_s = [60 + 300 * at for at in range(2 * PAGE + 5)]
    journal = kept_at(times_s)
    now_s = times_s[-1] + 40
    assert told(journal, 0, len(times_s), now_s)[0] == times_s[0]
    for shift_s in (1400000000, 1400000007):
        journal.set_clock(shift_s + now_s, now_s * 1000)
        found = told(journal, 0, len(times_s), now_s)
        assert [found[number] for number in range(len(times_s))] == times_s


def test_what_an_unset_clock_measured_before_power_was_lost_is_passed_over():
    flash = Memory()
    kept_at([300 * at for at in range(PAGE)], flash)
    journal = kept_at([10, 310], flash)  # the open page of before is lost, its numbers are skipped
    assert sorted(told(journal, 0, 2 * PAGE + 2, 400)) == list(range(PAGE)) + [2 * PAGE, 2 * PAGE + 1]
    journal.set_clock(1400000400, 400000)
    assert told(journal, 0, 2 * PAGE + 2, 400) == {2 * PAGE: 10, 2 * PAGE + 1: 310}


def test_what_a_set_clock_measured_before_power_was_lost_keeps_its_date():
    flash = Memory()
    journal = kept_at([], flash)
    journal.set_clock(1400000000, 0)
    for at in range(PAGE):
        journal.add({"distance": at}, at * 300000)
    journal = kept_at([10], flash)
    journal.set_clock(1400100000, 20000)
    assert journal.read(0, 1)[0].time_s == 1400000000
    assert journal.read(2 * PAGE, 1)[0].time_s == 1400099990


def test_a_start_is_greeted_with_what_the_node_is_and_why_it_started():
    world = World(marks_mm=[1500, 1800]).live(3600)
    assert len(world.sent(4)) == 1
    said = message.decode(world.sent(4)[0][2])
    assert (said.schema, said.firmware, said.board, said.reset_cause) == (1, 0x100, 2, 1)
    assert said.capabilities == 1 << 1 | 1 << 3 and said.marks == (50, 1500, 1800)
    assert commanded(world, (2, 20, 1400)) == (0,)
    world.live(2 * 3600)
    assert [message.decode(frame[2]).marks for frame in world.sent(4)][1:] == [(20, 1400)]


def test_the_clock_of_the_network_dates_the_journal():
    world = World().live(600)
    assert commanded(world, (7, 1400000000)) == (0,)
    journal = Recall(world.flash_store, world.rtc_store)
    newest = journal.read((journal.next_number() - 1) % 0x10000, 1)[0]
    assert 1400000000 <= newest.time_s <= 1400001100


def test_a_report_that_does_not_fit_leaves_in_parts_that_hold_every_value():
    world = World()
    world.link.bytes_a_frame = 13
    world.live(1800)
    world.battery_cv = 300
    world.live(3 * 3600)
    assert max(len(frame[2]) for frame in world.link.frames) <= 13
    seen = {}
    for frame in world.sent(1):
        for name, value in values_of(frame).items():
            seen.setdefault(name, []).append(value)
    assert {"distance", "temperature", "battery", "status", "number"} <= set(seen)
    assert "no_room" not in str(seen) and set(seen["distance"]) == {2000}


def test_the_time_is_asked_for_daily_until_it_is_told_and_weekly_from_then_on():
    world = World().live(3 * 86400)
    assert [round(at_ms / 86400000) for at_ms in world.link.asked_ms] == [0, 1, 2]
    world.link.utc_ms_told = 1763800000000
    world.live(20 * 86400)
    assert [round(at_ms / 86400000) for at_ms in world.link.asked_ms] == [0, 1, 2, 3, 10, 17]
    journal = Recall(world.flash_store, world.rtc_store)
    newest = journal.read((journal.next_number() - 1) % 0x10000, 1)[0]
    last_set_s = 1763800000 - 315964800 + 18
    assert 0 <= newest.time_s - last_set_s <= 3 * 86400 + 900


def transcript():
    world = World(flood(3600000, 15), marks_mm=[1500, 1200]).live(4 * 3600)
    return [f"{at_ms} {fport} {payload.hex()}" for at_ms, fport, payload, _ in world.link.frames]


def test_what_the_link_cannot_send_is_said_and_leaves_later():
    world = World().live(60)
    send = world.link.send

    async def fails(*frame, **more):
        raise OSError("no TxDone")

    world.link.send = fails
    world.live(1800)
    silent = len(world.link.frames)
    assert "not sent: no TxDone" in world.lines
    world.link.send = send
    world.live(2 * 3600)
    assert len(world.link.frames) > silent + 4


def test_the_log_says_why_a_node_waits():
    assert "resting" in World().live(60).lines


def test_what_a_report_has_to_wait_for_holds_no_alarm_back():
    outbox = Outbox(Memory())
    outbox.put(1, b"report", 0)
    outbox.wait_until(20000, 0)
    assert outbox.first(0) is None and outbox.next_ms() == 20000
    outbox.put(3, b"alarm", 0)
    assert outbox.first(0).payload == b"alarm" and outbox.next_ms() == 0
