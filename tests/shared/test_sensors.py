"""The table of parts and the rows of a config; every part against a bus that talks nonsense."""

from codec.registry import FAULTS
from firmware import sensors
from firmware.sensors import rules
from tests.shared.sensor_bench import ADC, I2C, Board, Clock, TalkingUart, run

# A sound row for each part; the ports are the bench's own.
OPTIONS = {
    "jsn_sr04t": {"climate": {"part": "sht3x", "port": 0}},
    "jsn_sr04t_serial": {"variant": "jsn"},
    "current_loop": {"shunt_ohm": 100, "span_mm": 5000},
    "modbus_radar": {"register": 21},
    "tipping_bucket": {"tip_um": 200},
    "inmp441": {"rate_hz": 24000, "window_s": 1},
    "ics43434": {"rate_hz": 24000, "window_s": 1},
    "sen0232": {"window_s": 2},
    "battery": {"upper_kohm": 100, "lower_kohm": 100},
}
# Least and most steps that a report carries (codec/registry.py).
RANGES = {
    "distance": (0, 40000),
    "head": (-1000, 100000),
    "rain": (0, 10000),
    "rain_total": (0, 100000000),
    "temperature": (-400, 850),
    "humidity": (0, 100),
    "pressure": (3000, 11000),
    "battery": (0, 3000),
}
RANGES.update(dict.fromkeys(("pm1", "pm25", "pm4", "pm10"), (0, 10000)))
RANGES.update(dict.fromkeys(("laeq", "lafmax", "l10", "l90"), (200, 1300)))


class Nonsense:
    """Buses that say whatever a seeded generator says."""

    def __init__(self, seed):
        self._state = seed

    def byte(self):
        self._state = (self._state * 1103515245 + 12345) & 0x7FFFFFFF
        return self._state >> 16 & 0xFF

    def some(self, size):
        return bytes([self.byte() for _ in range(size)])

    def i2c(self):
        return I2C(lambda _address, _written, size: self.some(size))

    def uart(self):
        return TalkingUart([self.some(40) for _ in range(200)])

    def echo(self):
        return lambda: (self.byte() << 8 | self.byte()) - 3

    def adc(self):
        return ADC([self.byte() << 14 for _ in range(40)])

    def counter(self):
        return self

    def value(self):
        return self.byte() << 8

    def i2s(self):
        return self

    def readinto(self, buffer):
        for place in range(len(buffer)):
            buffer[place] = (self.byte() - 128) << 20
        return 4 * len(buffer)


def row(part):
    made = {"part": part, "port": 1}
    made.update(OPTIONS.get(part, {}))
    return made


def buses(source):
    return {name: getattr(source, name) for name in ("i2c", "uart", "echo", "adc", "counter", "i2s")}


def test_no_nonsense_on_a_bus_becomes_a_value_out_of_range():
    for part in sorted(rules.PARTS):
        for seed in (1, 2, 3):
            board = Board(buses(Nonsense(seed)))
            for name, value in run(sensors.create(row(part), board, Clock()).read()).items():
                if isinstance(value, str):
                    assert value in FAULTS, (part, name, value)
                else:
                    assert RANGES[name][0] <= value <= RANGES[name][1], (part, name, value)


def silent(*_):
    raise OSError(19)


def test_an_unplugged_part_is_a_fault_in_every_quantity():
    mute = {
        "i2c": lambda: I2C(silent),
        "uart": lambda: TalkingUart([]),
        "echo": lambda: lambda: -2,
        "adc": lambda: ADC([0]),
        "i2s": Unplugged,
    }
    for part in sorted(rules.PARTS):
        if part == "tipping_bucket":
            continue  # an open contact is dry weather
        values = run(sensors.create(row(part), Board(mute), Clock()).read())
        assert values
        expected = "wire_break" if part == "current_loop" and "head" not in values else "no_answer"
        assert set(values.values()) == {expected}, (part, values)


class Unplugged:
    def readinto(self, buffer):
        return 4 * len(buffer)


def refusal(given):
    try:
        rules.check(given)
    except ValueError as error:
        return str(error)
    raise AssertionError("nothing was said")


def test_every_part_has_its_class_in_the_file_that_is_looked_into():
    for part in rules.PARTS:
        assert part in sensors.module_of(part).CLASSES


def test_a_row_is_refused_with_the_key_and_what_it_may_be():
    known = ", ".join(sorted(rules.PARTS))
    assert refusal({"part": "hcsr04", "port": 1}) == f"unknown sensor part 'hcsr04': known are {known}"
    assert refusal({"part": "a02yyuw"}) == "a02yyuw: port must be a whole number from 0 to 255, not None"
    assert refusal({"part": "a02yyuw", "port": True}) == (
        "a02yyuw: port must be a whole number from 0 to 255, not True"
    )
    assert refusal({"part": "a02yyuw", "port": 1, "pings": 16}) == (
        "a02yyuw: pings must be a whole number from 5 to 15, not 16"
    )
    assert refusal({"part": "a02yyuw", "port": 1, "adress": 3}) == (
        "a02yyuw: unknown key 'adress': known are part, pings, pins, port, power, sample_s, warmup_ms"
    )
    assert refusal({"part": "jsn_sr04t_serial", "port": 1}) == (
        "jsn_sr04t_serial: variant must be one of jsn, aj, not None"
    )
    assert (
        refusal({"part": "sht3x", "port": 0, "address": 70}) == "sht3x: address must be one of 68, 69, not 70"
    )
    assert refusal({"part": "jsn_sr04t", "port": 1}) == (
        'jsn_sr04t: climate must be a part such as {"part": "sht3x", "port": 0}, not None'
    )
    assert refusal({"part": "jsn_sr04t", "port": 1, "climate": {"part": "sht3x"}}) == (
        "sht3x: port must be a whole number from 0 to 255, not None"
    )


def complaints(rows):
    good, said = rules.judge(rows)
    assert len(good) + len(said) == len(rows)
    return said


def test_two_rows_on_one_port_are_refused():
    radar, probe = row("modbus_radar"), row("current_loop")
    assert complaints([row("a02yyuw"), radar]) == ["modbus_radar: uart 1 is taken by a02yyuw"]
    assert complaints([row("sht3x"), row("sht3x")]) == ["sht3x: i2c 1 is taken by sht3x"]
    assert complaints([radar, row("sht3x"), row("bme280")]) == []
    assert complaints([probe, dict(probe, channel=1)]) == []
    said = complaints([{"part": ["sht3x"]}, probe])
    assert len(said) == 1 and said[0].startswith("unknown sensor part ['sht3x']: known are a02yyuw, ")


def test_a_board_without_the_bus_is_named():
    try:
        sensors.create({"part": "inmp441", "port": 0}, Board({}), Clock())
    except ValueError as error:
        assert str(error) == "inmp441: board bench has no i2s"
    else:
        raise AssertionError("nothing was said")


def test_a_bus_is_opened_as_the_part_needs_it():
    for given, opened in (
        ({"part": "a02yyuw", "port": 2}, ("uart", (2, 9600))),
        ({"part": "sps30", "port": 2}, ("uart", (2, 115200))),
        (
            {"part": "modbus_radar", "port": 2, "register": 21, "baudrate": 19200},
            ("uart", (2, 19200, "even")),
        ),
        ({"part": "inmp441", "port": 0, "rate_hz": 32000}, ("i2s", (0, 32000))),
        ({"part": "sps30_i2c", "port": 0}, ("i2c", (0,))),
    ):
        board = Board(buses(Nonsense(1)))
        sensors.create(given, board, Clock())
        assert board.opened == [opened]


def test_power_is_on_for_the_warm_up_and_the_reading_and_off_after_a_failure_too():
    clock = Clock()
    switched = []

    def switch(on):
        switched.append((on, clock.now_ms()))

    class Broken:
        def read(self, nbytes=None):
            assert switched == [(True, 0)]
            raise RuntimeError("short circuit")

    board = Board({"uart": Broken, "power": lambda: switch})
    sensor = sensors.create({"part": "mb7389", "port": 1, "power": 3}, board, clock)
    assert board.opened == [("uart", (1, 9600)), ("power", (3,))]
    try:
        run(sensor.read())
    except RuntimeError:
        assert switched == [(True, 0), (False, 250)]
    else:
        raise AssertionError("the failure was swallowed")


def test_a_part_whose_file_is_not_on_the_node_is_said_and_the_rest_is_kept():
    real = rules.module_of

    def on_this_node(part):
        if part == "sps30":
            raise ImportError("no module named 'firmware.sensors.sps30'")
        return real(part)

    rules.module_of = on_this_node
    try:
        rows = [{"part": "sps30", "port": 2}, {"part": "a02yyuw", "port": 1}]
        assert rules.judge(rows) == (
            rows[1:],
            ["sps30: its file is not on this node: build and flash it anew"],
        )
    finally:
        rules.module_of = real
