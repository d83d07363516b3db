"""Distances, heads of water and rain: bursts of pings, compensation, faults."""

from firmware.sensors import current_loop, jsn_sr04t, modbus_radar
from firmware.sensors.a02yyuw import A02YYUW
from firmware.sensors.current_loop import CurrentLoop
from firmware.sensors.jsn_sr04t import JSNSR04T
from firmware.sensors.jsn_sr04t_serial import JSNSR04TSerial
from firmware.sensors.maxbotix import MaxBotix
from firmware.sensors.modbus_radar import ModbusRadar
from firmware.sensors.robust import burst
from firmware.sensors.speed_of_sound import speed_m_s
from firmware.sensors.tipping_bucket import Debounce, TippingBucket
from tests.shared.sensor_bench import I2C, AskedUart, Clock, Store, TalkingUart, flipped, run


def frame(mm):
    high, low = mm >> 8, mm & 0xFF
    return bytes([0xFF, high, low, (0xFF + high + low) & 0xFF])


def distance(chunks, pings=5):
    return run(A02YYUW(TalkingUart(chunks, b"\x07\xa1\xa7"), Clock(), pings).read())["distance"]


def test_the_median_of_the_pings_is_reported_with_their_count():
    sensor = A02YYUW(
        TalkingUart([frame(mm) for mm in (1200, 1210, 4000, 1205, 1190, 1205, 1205)]), Clock(), 7
    )
    assert run(sensor.read()) == {"distance": 1205}
    assert (sensor.last.mad, sensor.last.valid, sensor.last.taken) == (5, 6, 7)


def test_a_fault_is_never_a_number():
    assert distance([]) == "no_answer"
    assert distance([b"\x00\x01\x02\x03"] * 10) == "bad_data"
    assert distance([frame(0)] * 6) == "too_near"
    assert distance([frame(30)] * 20) == "too_near"
    assert distance([frame(4501)] * 5) == "no_echo"
    assert distance([frame(mm) for mm in (500, 900, 1300, 1700, 2100, 2500)]) == "unstable"


def test_the_last_frame_before_the_deadline_needs_no_successor():
    assert distance([frame(900)] * 5) == 900


def test_a_burst_knows_its_outliers():
    assert tuple(burst([100, 101, 99, 100, 400], 6, 10)) == (100, 1, 4, 6)
    assert tuple(burst([100, 200, 300, 400, 500], 5, 10)) == (300, 100, 5, 5)  # a spread, no outlier


def test_a_flipped_digit_of_maxbotix_does_not_reach_the_distance():
    good = b"R1234\r"
    for bit in range(48):
        chunks = [good, good, flipped(good, bit), good, good, good, good]
        assert run(MaxBotix(TalkingUart(chunks), Clock(), 5).read()) == {"distance": 1234}, bit


def test_sound_travels_by_the_temperature():
    # Published errors of a fixed 343 m/s at a true distance of 3 m.
    for ddegc, error_mm in ((-200, 226), (-100, 164), (0, 106), (100, 51), (200, -2), (300, -52), (400, -99)):
        echo_us = round((3000 + error_mm) * 2000 / 343)
        assert abs(jsn_sr04t.parse(echo_us, speed_m_s({"temperature": ddegc})) - 3000) <= 1, ddegc


class Air:
    def __init__(self, temperature):
        self._temperature = temperature

    async def read(self):
        return {"temperature": self._temperature, "humidity": 70}


def echoes(lengths_us, temperature=200):
    waiting = list(lengths_us)
    return run(JSNSR04T(lambda: waiting.pop(0), Clock(), 5, Air(temperature)).read())


def test_trigger_and_echo_reports_the_temperature_it_used():
    assert echoes([11655] * 5) == {"distance": 2000, "temperature": 200, "humidity": 70}
    assert echoes([11655] * 5, -100) == {"distance": 1895, "temperature": -100, "humidity": 70}


def test_a_part_that_assumes_340_m_s_is_corrected_where_a_thermometer_is_named():
    def pings():
        return TalkingUart([frame(3000)] * 6)

    plain = JSNSR04TSerial(pings(), Clock(), 5, "jsn")
    assert run(plain.read()) == {"distance": 3000}
    assert run(JSNSR04TSerial(pings(), Clock(), 5, "jsn", Air(0)).read())["distance"] == 2923  # 331.3 m/s
    warm = run(JSNSR04TSerial(pings(), Clock(), 5, "jsn", Air(300)).read())
    assert warm == {"distance": 3080, "temperature": 300, "humidity": 70}


def test_without_a_thermometer_ten_degrees_are_assumed_and_its_fault_is_told():
    assert echoes([11655] * 5, "no_answer") == {"distance": 1966, "temperature": "no_answer", "humidity": 70}


def test_echoes_that_are_none():
    assert echoes([-1] * 5)["distance"] == "no_answer"
    assert echoes([-2] * 5)["distance"] == "no_answer"
    assert echoes([20] * 5)["distance"] == "no_echo"  # v2.0's garbage
    assert echoes([60000] * 5)["distance"] == "no_echo"
    assert echoes([600] * 5)["distance"] == "too_near"
    assert echoes([11655, 11655, -1, 20, 11655])["distance"] == 2000


def probe(currents_ma, shunt_ohm=100):
    waiting = [round(ma * shunt_ohm * 1000 / 125) for ma in currents_ma]

    def answer(address, written, size):
        assert address == 0x48
        if not size:
            return b""
        assert written == b"\x00"
        return waiting.pop(0).to_bytes(2, "big")

    i2c = I2C(answer)
    return run(CurrentLoop(i2c, Clock(), 0x48, 2, shunt_ohm, 5000, 120).read())["head"], i2c


def test_the_current_is_a_head_of_water():
    for shunt_ohm in (100, 150):
        assert probe([4.0] * 8, shunt_ohm)[0] == 120
        assert probe([20.0] * 8, shunt_ohm)[0] == 5120
        assert abs(probe([12.0] * 8, shunt_ohm)[0] - 2620) <= 1
    _, i2c = probe([4.0] * 8)
    assert i2c.written[0] == (0x48, b"\x01\xe3\x83")  # AIN2, +-4.096 V, single shot


def test_currents_outside_tell_the_fault():
    for ma, fault in (
        (0.0, "wire_break"),
        (3.59, "wire_break"),
        (3.7, "out_of_range"),
        (20.6, "out_of_range"),
    ):
        assert probe([ma] * 8)[0] == fault
    assert probe([21.1] * 8)[0] == "sensor_error"
    assert probe([32.7] * 8)[0] == "sensor_error"  # the converter's last step
    assert probe([5.0, 9.0, 13.0, 7.0] * 2)[0] == "unstable"
    assert current_loop.parse(b"\xff\xff", 100) < 0  # a little below zero is no 40 mA


def radar(answer):
    uart = AskedUart(answer)
    return run(ModbusRadar(uart, Clock(), 1, 0x15, 1).read())["distance"], uart


def test_the_radar_answers_amid_the_echo_of_its_request():
    answer = bytes.fromhex("01030207d0bbe8")
    distance_mm, uart = radar(lambda request: request + answer)
    assert distance_mm == 2000
    assert uart.written[0] == bytes.fromhex("010300150001") + modbus_radar.crc16(
        bytes.fromhex("010300150001")
    )


def test_modbus_checksums_as_published():
    assert modbus_radar.request(1, 0) == bytes.fromhex("010300000001840a")
    assert modbus_radar.crc16(bytes.fromhex("010300000002")) == bytes.fromhex("c40b")


def test_the_radars_faults():
    assert radar(lambda request: b"")[0] == "no_answer"
    assert radar(lambda request: request)[0] == "no_answer"  # its own echo is no answer
    assert radar(lambda request: request + bytes.fromhex("018302c0f1"))[0] == "sensor_error"
    assert radar(lambda request: request + bytes.fromhex("01030207d0bbe9"))[0] == "bad_data"
    assert radar(lambda request: request + bytes.fromhex("010302ffffb9f4"))[0] == "no_echo"


class Tips:
    def __init__(self):
        self.tips = 0

    def value(self):
        return self.tips


def test_rain_of_the_intervals_adds_up_to_the_total():
    for tip_um in (100, 200, 250, 500):
        counter, rtc = Tips(), Store()
        total = 0
        for tips in (0, 1, 2, 5, 5, 120, 121):
            counter.tips = tips
            values = run(TippingBucket(counter, Clock(), tip_um, rtc).read())  # each wake is a new object
            total += values["rain"]
            assert values["rain_total"] == total == tips * tip_um // 100


def test_a_counter_that_began_anew_is_no_negative_rain():
    counter, rtc = Tips(), Store()
    counter.tips = 50
    run(TippingBucket(counter, Clock(), 200, rtc).read())
    counter.tips = 3
    assert run(TippingBucket(counter, Clock(), 200, rtc).read()) == {"rain": 6, "rain_total": 6}


def test_a_contact_that_flutters_is_no_cloudburst():
    counter = Tips()
    counter.tips = 100000
    assert run(TippingBucket(counter, Clock(), 200, Store()).read())["rain"] == "out_of_range"


def test_a_bouncing_contact_counts_once():
    debounce = Debounce(50)
    assert [debounce.edge(ms) for ms in (1000, 1004, 1011, 1040, 1300, 1302)] == [
        True,
        False,
        False,
        False,
        True,
        False,
    ]
