"""Climate and battery: words, checksums, compensation, faults."""

from firmware.sensors import battery, bme280, sht3x
from firmware.sensors.battery import Battery
from firmware.sensors.bme280 import BME280
from firmware.sensors.sht3x import SHT3x
from tests.shared.sensor_bench import ADC, I2C, Clock, flipped, run


def test_sht3x_words_become_tenths_of_a_degree():
    word = bytes.fromhex("6666")  # 0.4 of full scale: 25.0 degC, 40 %
    answer = (word + bytes([sht3x.crc8(word)])) * 2
    assert sht3x.parse(answer) == {"temperature": 250, "humidity": 40}
    for bit in range(48):
        assert sht3x.parse(flipped(answer, bit)) == {"temperature": "bad_data", "humidity": "bad_data"}
    for size in range(6):
        assert set(sht3x.parse(answer[:size]).values()) == {"bad_data"}


def test_a_shorted_bus_is_no_climate():
    for level in (b"\x00", b"\xff"):
        values = run(SHT3x(I2C(lambda _address, _written, size, level=level: level * size), Clock()).read())
        assert set(values.values()) == {"bad_data"}


def test_sht3x_beyond_what_it_is_specified_for():
    hot = b"\xff\xff" + bytes([sht3x.crc8(b"\xff\xff")])
    assert sht3x.parse(hot * 2) == {"temperature": "out_of_range", "humidity": 100}


# T and P as in the worked example of Bosch's BMP280 data sheet (3.12), with the same formulas; H made up.
T_AND_P = (27504, 26435, -1000, 36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000)
H = (75, 362, 0, 314, 50, 30)


def registers():
    low = b""
    for value in T_AND_P:
        low += (value & 0xFFFF).to_bytes(2, "little")
    low += bytes([0, H[0]])
    high = H[1].to_bytes(2, "little") + bytes(
        [H[2], H[3] >> 4, H[3] & 0xF | (H[4] & 0xF) << 4, H[4] >> 4, H[5]]
    )
    return low, high


def data(raw_t, raw_p, raw_h):
    return (raw_p << 4).to_bytes(3, "big") + (raw_t << 4).to_bytes(3, "big") + raw_h.to_bytes(2, "big")


def test_the_calibration_is_read_back():
    assert bme280.calibration(*registers()) == T_AND_P + H
    low, high = registers()
    assert bme280.calibration(low, high[:3] + b"\xff\xf1\xff\x80")[-3:] == (-15, -1, -128)


def test_boschs_example_is_25_degrees_and_1006_hpa():
    values = bme280.parse(data(519888, 415148, 30000), T_AND_P + H)
    assert (values["temperature"], values["pressure"]) == (251, 10065)  # 25.08 degC, 100653.25 Pa


def humidity_pct(raw, t_fine):
    """The formula in floating point of data sheet 8.1."""
    h1, h2, h3, h4, h5, h6 = H
    x = t_fine - 76800.0
    x = (raw - (h4 * 64.0 + h5 / 16384.0 * x)) * (
        h2 / 65536.0 * (1.0 + h6 / 67108864.0 * x * (1.0 + h3 / 67108864.0 * x))
    )
    x *= 1.0 - h1 * x / 524288.0
    return max(0.0, min(x, 100.0))


def test_the_humidity_agrees_with_the_formula_in_floating_point():
    for raw in range(18000, 45000, 1000):
        values = bme280.parse(data(519888, 415148, raw), T_AND_P + H)
        assert abs(values["humidity"] - humidity_pct(raw, 128422)) <= 0.51, raw


def bosch(identity=b"\x60", measured=None):
    low, high = registers()
    answers = {0xD0: identity, 0x88: low, 0xE1: high, 0xF7: measured or data(519888, 415148, 30000)}

    def answer(address, written, size):
        if address != 0x76:
            raise OSError(19)
        return answers[written[0]][:size] if size else b""

    return I2C(answer)


def test_one_forced_measurement_a_reading():
    i2c = bosch()
    assert run(BME280(i2c, Clock(), 0x76).read())["pressure"] == 10065
    assert [written for _, written in i2c.written if len(written) == 2] == [b"\xf2\x01", b"\xf4\x25"]


def test_another_part_or_none_at_the_address():
    assert set(run(BME280(bosch(b"\x58"), Clock(), 0x76).read()).values()) == {"sensor_error"}  # a BMP280
    assert set(run(BME280(bosch(), Clock(), 0x77).read()).values()) == {"no_answer"}


def test_registers_after_reset_are_no_measurement():
    values = run(BME280(bosch(measured=data(0x80000, 0x80000, 0x8000)), Clock(), 0x76).read())
    assert set(values.values()) == {"not_ready"}


def test_the_battery_through_the_boards_divider():
    assert battery.centivolts(1850000, 100, 100) == 370
    assert battery.centivolts(755102, 390, 100) == 370  # Heltec V3
    assert battery.centivolts(3000, 100, 100) == "no_answer"
    assert battery.centivolts(3300000, 1000, 100) == "out_of_range"
    glitch = ADC([1850000, 0, 1850000, 3300000, 1850000, 1850000])
    assert run(Battery(glitch, Clock(), 100, 100).read()) == {"battery": 370}
