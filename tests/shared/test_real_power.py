"""Power on a real board: a T-Beam's chip and its rails, what the network is told, what sleep keeps."""

from boards import esp32_rui3, heltec_v3, rak11310, t_beam, ttgo_lora32
from codec import report
from codec.lorawan import frames
from firmware import power
from tests.shared import test_real_board as real
from tests.shared.board_twin import I2C, Installed, Machine
from tests.shared.radio_twin import World
from tests.shared.rui3_modem import Modem

AXP = 0x34


def axp192(raw=3473):
    """As it comes up: DC-DC1 and 3 on, a battery of `raw` steps of 1.1 mV."""
    registers = bytearray(256)
    registers[0x01], registers[0x03], registers[0x12] = 0x20, 0x03, 0x4B
    registers[0x26], registers[0x28], registers[0x82] = 0x68, 0xCF, 0x83
    registers[0x78], registers[0x79] = raw >> 4, 0xF0 | raw & 15
    return registers


def axp2101(mv=3820):
    registers = bytearray(256)
    registers[0x00], registers[0x03], registers[0x30] = 0x08, 0x4A, 0x03
    registers[0x90], registers[0x93] = 0x04, 0x00
    registers[0x34], registers[0x35] = 0xC0 | mv >> 8, mv & 0xFF
    return registers


def t_beam_with(registers):
    machine = Machine(t_beam, World())
    machine.i2c = I2C({} if registers is None else {AXP: registers})
    return machine


def first_uplinks(machine, pins, count=2, orders=()):
    """What a node has sent until `count` uplinks were heard, opened."""
    network = real.Network(machine.chip)
    network.commands = list(orders)
    with Installed(machine) as device:
        while len(network.uplinks) < count and machine.world.us < 7200000000:
            real.wake(device, pins)
    return network


def test_both_power_chips_feed_the_radio_before_it_is_spoken_to_and_tell_the_battery():
    for registers in (axp192(), axp2101()):
        machine = t_beam_with(registers)
        network = first_uplinks(machine, t_beam)
        assert machine.opened.index(("i2c", 0)) < machine.opened.index(("spi", 2))
        opened = [network.open(phy, at) for at, phy in enumerate(network.uplinks)]
        [first] = [report.decode(payload) for fport, payload in opened if fport == 1]
        assert first["battery"] == 382


def test_the_rails_are_switched_bit_by_bit_and_once():
    machine = t_beam_with(axp192())
    first_uplinks(machine, t_beam)
    assert machine.i2c.written == [
        (AXP, 0x28, 0xFF),  # LDO2 to 3.3 V
        (AXP, 0x12, 0x4F),  # on, the ESP32's DC-DC3 untouched
        (AXP, 0x12, 0x47),  # the GNSS off
    ]
    machine = t_beam_with(axp2101())
    first_uplinks(machine, t_beam)
    assert machine.i2c.written == [(AXP, 0x93, 28), (AXP, 0x90, 0x06), (AXP, 0x90, 0x02)]


def test_a_battery_that_is_not_there_or_not_measured():
    for registers, there in ((axp192(), 0x01), (axp2101(), 0x00)):
        with Installed(t_beam_with(registers)) as device:
            board = device.board(t_beam)
            assert board.battery() == 382
            registers[there] = 0
            assert board.battery() == "no_answer"
    machine = t_beam_with(axp2101())
    with Installed(machine) as device:
        board = device.board(t_beam)
        machine.i2c.writeto(AXP, b"\x30\x00")
        assert board.battery() == 382 and machine.i2c.written[-1] == (AXP, 0x30, 1)


def test_a_power_chip_that_is_unknown_or_dumb_is_told_and_the_node_runs_on():
    unknown = bytearray(256)
    unknown[0x03] = 0x41  # an AXP202
    for registers, told in ((unknown, "0x41, known are the AXP192"), (None, "nothing answers at 0x34")):
        machine = t_beam_with(registers)
        network = real.Network(machine.chip)
        lines = []
        with Installed(machine) as device:
            hardware = __import__("firmware.hardware", None, None, ("Hardware",))
            hardware.Hardware.log = lambda self, line, lines=lines: lines.append(line)
            while len(network.uplinks) < 2:
                real.wake(device, t_beam)
        assert lines[0].startswith("power chip on I2C 0: ") and told in lines[0]
        opened = [network.open(phy, at) for at, phy in enumerate(network.uplinks)]
        [first] = [report.decode(payload) for fport, payload in opened if fport == 1]
        assert first["battery"] == "sensor_error" and first["distance"] == 2000


def test_the_network_is_told_how_full_the_battery_is():
    for registers, told in ((axp2101(4300), 254), (axp2101(3600), 127), (axp2101(2900), 1)):
        network = first_uplinks(t_beam_with(registers), t_beam, 4, [b"", b"\x06"])
        answers = [frames.parse(phy).fopts for phy in network.uplinks]
        assert [fopts[1] for fopts in answers if fopts[:1] == b"\x06"] == [told]
    absent = axp192()
    absent[0x01] = 0
    for registers, told in ((absent, 0), (None, 255)):
        network = first_uplinks(t_beam_with(registers), t_beam, 4, [b"", b"\x06"])
        answers = [frames.parse(phy).fopts for phy in network.uplinks]
        assert [fopts[1] for fopts in answers if fopts[:1] == b"\x06"] == [told]


def test_every_level_has_its_share():
    assert [power.level(cv) for cv in (0, 300, 301, 360, 419, 420, 900)] == [1, 1, 3, 127, 251, 254, 254]
    assert power.level("no_answer") == 0 and power.level("sensor_error") == 255


def test_a_divider_is_read_in_the_converters_range():
    for pins in (ttgo_lora32, rak11310):
        with Installed(Machine(pins, World())) as device:
            row = pins.BATTERY
            ratio = (row["upper_kohm"] + row["lower_kohm"]) / row["lower_kohm"]
            assert device.board(pins).battery() == int(210 * ratio + 0.5), pins.NAME


def test_a_modem_tells_its_voltage_also_when_it_has_to_be_woken():
    for asleep in (0, 3):
        machine = Machine(esp32_rui3, World())
        modem = Modem(real.ModemClock(machine.world))
        modem.asleep = asleep
        machine._modem = modem
        with Installed(machine) as device:
            board = device.board(esp32_rui3)
            assert board.battery() == 330
            modem.values["BAT"] = "?!"
            assert board.battery() == "bad_data"
            modem.mute = 9
            assert board.battery() == "no_answer"


def test_the_radio_sleeps_on_while_the_board_does():
    """An SX1262 wakes on a falling chip select, and a pin that nothing holds falls."""
    for pins in (heltec_v3, t_beam):
        machine = t_beam_with(axp192()) if pins is t_beam else Machine(pins, World())
        network = first_uplinks(machine, pins, 3)
        assert len(network.uplinks) == 3 and real.is_asleep(machine.chip)
        assert machine.holds_in_sleep and machine.chip.cs.is_held


def test_a_chip_that_cannot_hold_a_pin_is_not_asked_to():
    machine = Machine(rak11310, World())
    network = first_uplinks(machine, rak11310, 3)
    assert len(network.uplinks) == 3 and not machine.chip.cs.is_held and not machine.holds_in_sleep
