"""Every part on the buses of firmware/hardware.py, and a pin that two want, told when the node starts."""

from boards import heltec_v3, rak11310
from codec import report
from firmware import main, sensors
from firmware.sensors import rules
from tests.shared import test_real_board as real
from tests.shared.board_twin import Installed, Machine
from tests.shared.radio_twin import World

SHT3X = {"part": "sht3x", "port": 0}
# What a row needs beside part and port, on a Heltec V3's free pins.
NEEDS = {
    "jsn_sr04t": {"pins": [4, 5], "climate": SHT3X},
    "jsn_sr04t_serial": {"variant": "jsn", "climate": SHT3X},
    "current_loop": {"shunt_ohm": 150, "span_mm": 5000},
    "modbus_radar": {"register": 0x15},
    "tipping_bucket": {"tip_um": 200},
    "inmp441": {"pins": [4, 5, 6], "rate_hz": 24000},
    "ics43434": {"pins": [4, 5, 6], "rate_hz": 48000},
    "battery": {"upper_kohm": 100, "lower_kohm": 100},
}
PORTS = {"uart": 1, "i2c": 0, "i2s": 0, "echo": 4, "adc": 4, "counter": 6}


def row_of(part):
    row = {"part": part, "port": PORTS[sensors.module_of(part).BUS]}
    row.update(NEEDS.get(part, {}))
    return row


def test_every_part_opens_on_a_real_board():
    for part in rules.PARTS:
        with Installed(Machine(heltec_v3, World())) as device:
            board = device.board(heltec_v3)
            rules.check(row_of(part))
            assert hasattr(sensors.create(row_of(part), board, board.clock()), "read"), part


def test_an_uneven_line_is_opened_as_such():
    machine = Machine(heltec_v3, World())
    with Installed(machine) as device:
        board = device.board(heltec_v3)
        for parity in ("even", "odd", "none"):
            row = row_of("modbus_radar")
            row["parity"] = parity
            sensors.create(row, board, board.clock())
    assert machine.parities == [0, 1, None]


def test_sound_comes_in_a_tenth_of_a_second_and_an_echo_in_us():
    with Installed(Machine(heltec_v3, World())) as device:
        board = device.board(heltec_v3)
        assert board.i2s(0, 48000, [4, 5, 6]).opened == (0, 48000, 19200)
        assert board.echo(4, [4, 5])() == 5831


def test_a_supply_is_off_until_it_is_switched():
    machine = Machine(heltec_v3, World())
    with Installed(machine) as device:
        switch = device.board(heltec_v3).power(7)
        assert machine.Pin(7)() == 0
        switch(True)
        assert machine.Pin(7)() == 1
        switch(False)
        assert machine.Pin(7)() == 0


def test_tips_are_counted_once_and_go_on_through_a_rest():
    machine = Machine(rak11310, World())
    with Installed(machine) as device:
        board = device.board(rak11310)
        counter = board.counter(6)
        for quiet_ms in (100, 10, 100):  # the second bounces
            machine.world.pass_us(quiet_ms * 1000)
            machine.Pin(6)._handler(None)
        assert counter.value() == 2
        board.sleep(1000)
        assert device.board(rak11310).counter(6) is counter


def test_a_bus_that_no_board_has_is_none_here():
    with Installed(Machine(heltec_v3, World())) as device:
        assert not hasattr(device.board(heltec_v3), "no_such_bus")


def test_a_pin_that_two_want_is_told_at_the_start_and_the_node_runs_with_the_rest():
    machine = Machine(heltec_v3, World())
    network = real.Network(machine.chip)
    lines = []
    config = real.config_for(heltec_v3)
    config["sensors"] += [
        {"part": "sen0232", "port": 47},
        {"part": "battery", "port": 12, "upper_kohm": 1, "lower_kohm": 1},
        {"part": "sht3x", "port": 3},
    ]
    with Installed(machine) as device:
        while len(network.uplinks) < 2:
            board = device.board(heltec_v3)
            board.log = lines.append
            board.sleep(main.run(main.assemble(board, real.reader(config)).wake()))
    assert [line for line in lines if line.startswith("config.json")] == [
        "config.json: sen0232: pin 47 (sen0232) is taken by uart 1 of a02yyuw",
        "config.json: battery: pin 12 (battery) is taken by the radio's reset",
        "config.json: sht3x: heltec_v3 has no i2c 3, only [0]",
    ]
    opened = [network.open(phy, at) for at, phy in enumerate(network.uplinks)]
    [first] = [report.decode(payload) for fport, payload in opened if fport == 1]
    assert first["distance"] == 2000 and first["status"] & 4
