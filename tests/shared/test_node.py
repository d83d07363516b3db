"""The life of a node over many wakes, each a new program on the same stores; the same on both Pythons."""

from codec import message, report
from firmware.marks import Marks
from firmware.outbox import Outbox
from tests.shared.node_kit import FullFlash, Memory, World, commanded, flood, values_of


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


def test_a_start_is_greeted_with_what_the_node_is_and_why_it_started():
    world = World(marks_mm=[1500, 1800]).live(3600)
    assert len(world.sent(4)) == 1
    said = message.decode(world.sent(4)[0][2])
    assert (said.schema, said.firmware, said.board, said.reset_cause) == (1, 0x100, 2, 1)
    assert said.capabilities == 1 << 1 | 1 << 3 and said.marks == (50, 1500, 1800)
    assert commanded(world, (2, 20, 1400)) == (0,)
    world.live(2 * 3600)
    assert [message.decode(frame[2]).marks for frame in world.sent(4)][1:] == [(20, 1400)]


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
