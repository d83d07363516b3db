"""The radio adapter on register-level twins of both chips; `make test-driver` takes the real driver."""

from firmware.link import lora_radio
from firmware.mac.actions import Channel
from tests.shared import sx1262_twin, sx1276_twin
from tests.shared.driver_stand_in import SX1262, SX1276
from tests.shared.radio_twin import World

UP = Channel(868100000, 9, 125000)
DOWN = Channel(869525000, 12, 125000)


def make_sx1262(world, twin):
    return SX1262(twin, world)


def make_sx1276(world, twin):
    return SX1276(twin, world)


def run(program):
    try:
        program.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("it waits for something else than the clock")


def sx1262():
    world = World()
    twin = sx1262_twin.Twin(world)
    return lora_radio.sx126x(make_sx1262(world, twin), world, world, 868100000), twin, world


def sx1276():
    world = World()
    twin = sx1276_twin.Twin(world)
    return lora_radio.sx127x(make_sx1276(world, twin), world, world, 868100000), twin, world


def coming(twin, start_us, channel, frame=b"from the gateway", inverted=True):
    how = {
        "khz": channel.hz // 1000,
        "sf": channel.sf,
        "bw": channel.bw_hz,
        "inverted": inverted,
        "sync": 0x34,
    }
    twin.coming = (start_us, frame, how)


def test_an_uplink_leaves_as_lorawan_wants_it_and_its_end_is_known():
    for new in (sx1262, sx1276):
        radio, twin, world = new()
        start_us = world.us
        end_ms = run(radio.send(b"an uplink", UP, 14))
        (sent,) = twin.transmitted
        assert sent["frame"] == b"an uplink" and sent["start_us"] >= start_us
        assert (sent["khz"], sent["sf"], sent["bw"]) == (868100, 9, 125000)
        assert (sent["inverted"], sent["sync"], sent["crc"], sent["preamble"]) == (False, 0x34, True, 8)
        assert 0 <= end_ms - (sent["start_us"] + twin.air_us(9)) / 1000 <= 2


def test_a_downlink_is_heard_after_an_uplink_and_after_sleep():
    for new in (sx1262, sx1276):
        radio, twin, _ = new()
        for _ in range(3):
            end_ms = run(radio.send(b"an uplink", UP, 14))
            coming(twin, (end_ms + 1000) * 1000, UP)
            heard = run(radio.receive(UP, end_ms + 1000 - 20, 150))
            assert heard == b"from the gateway", new.__name__
            assert radio.snr_db == -7 and 0 <= radio.late_ms <= 2
            radio.sleep()
        for sent in twin.transmitted:  # the transmissions between were right, too
            assert sent["inverted"] is False


def test_an_empty_window_closes_and_is_no_bad_link():
    for new in (sx1262, sx1276):
        radio, _, world = new()
        open_ms = world.now_ms() + 50
        assert run(radio.receive(DOWN, open_ms, 704)) is None
        assert open_ms + 704 <= world.now_ms() <= open_ms + 704 + 40  # in symbols of 33 ms
        assert radio._modem.crc_errors == 0


def test_other_frames_are_not_heard():
    for new in (sx1262, sx1276):
        radio, twin, world = new()
        for channel, inverted in ((DOWN, False), (Channel(869525000, 11, 125000), True), (UP, True)):
            open_ms = world.now_ms() + 50
            coming(twin, open_ms * 1000 + 20000, channel, inverted=inverted)
            assert run(radio.receive(DOWN, open_ms, 704)) is None


def test_the_first_window_may_be_missed_and_the_second_heard():
    for new in (sx1262, sx1276):
        radio, twin, _ = new()
        end_ms = run(radio.send(b"an uplink", UP, 14))
        assert run(radio.receive(UP, end_ms + 980, 150)) is None
        coming(twin, (end_ms + 2000) * 1000, DOWN)
        assert run(radio.receive(DOWN, end_ms + 1980, 704)) == b"from the gateway"


def test_the_sx1262_is_calibrated_runs_on_its_dc_dc_and_amplifies():
    _, twin, _ = sx1262()
    assert twin.calibrated_after_tcxo and twin.regulator == 1
    assert twin.registers[0x08AC] == 0x96 and 0x98 in twin.settings


def test_the_sx1276_is_capped_and_boosted():
    radio, twin, _ = sx1276()
    run(radio.send(b"x", UP, 27))
    assert twin.transmitted[0]["power"] & 0x8F == 0x8F  # PA_BOOST, 17 dBm
    assert twin.registers[0x0C] & 3 == 3


def test_a_radio_that_never_ends_is_an_error_within_bounded_time():
    for new in (sx1262, sx1276):
        radio, twin, world = new()
        twin.tx_done = lambda: None
        before_ms = world.now_ms()
        try:
            run(radio.send(b"an uplink", UP, 14))
        except lora_radio.RadioError as error:
            assert "TxDone" in str(error)
        else:
            raise AssertionError("it waited for ever")
        assert world.now_ms() - before_ms < 500
        twin.rx_timeout = lambda: None
        open_ms = world.now_ms()
        assert run(radio.receive(UP, open_ms, 150)) is None
        assert world.now_ms() - open_ms < 5000
