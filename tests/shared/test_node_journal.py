"""What a node keeps of its readings: through silence, power loss and a clock that is told late."""

from codec import message
from firmware.journal import PAGE
from firmware.orders import batch
from firmware.recall import Recall
from tests.shared.node_kit import Memory, World, commanded, number_of


def test_while_the_air_is_silent_the_journal_goes_on():
    world = World()
    world.link.hears = False
    world.live(3600)
    assert world.link.frames == [] and world.link.joins > 10
    journal = Recall(world.flash_store, world.rtc_store)
    assert [record.number for record in journal.read(0, 100)] == list(range(12))
    assert {record.values["distance"] for record in journal.read(0, 100)} == {2000}


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


def test_the_clock_of_the_network_dates_the_journal():
    world = World().live(600)
    assert commanded(world, (7, 1400000000)) == (0,)
    journal = Recall(world.flash_store, world.rtc_store)
    newest = journal.read((journal.next_number() - 1) % 0x10000, 1)[0]
    assert 1400000000 <= newest.time_s <= 1400001100


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
