"""Orders to a node: obeyed, answered, once; what cannot be done changes nothing."""

from codec import cbor
from tests.shared.node_kit import Downlink, World, commanded, number_of, values_of


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
