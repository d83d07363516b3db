"""Dust sensors awake and asleep: what is sent to them, what of their stream is believed."""

from firmware.sensors import sds011, sps30, sps30_i2c
from firmware.sensors.pms5003 import PMS5003
from firmware.sensors.sds011 import SDS011
from firmware.sensors.sensirion import crc8
from firmware.sensors.sps30 import SPS30
from firmware.sensors.sps30_i2c import SPS30I2C
from tests.shared.sensor_bench import I2C, AskedUart, Clock, TalkingUart, flipped, run

CAPTURE = (  # PyPMS: PM1 6.969, PM2.5 9.087, PM4 10.476, PM10 10.754
    "7e0003002840df03da417d3162ae41279e32412c107d5e42307d5ed34255c04c425e0908425fa28a425fe4433f40fa1fff7e"
)
DUSTY = {"pm1": 70, "pm25": 91, "pm4": 105, "pm10": 108}


def test_the_commands_of_the_sds011_as_published():
    assert sds011.command(4).hex() == "aab404" + "00" * 12 + "ffff02ab"
    assert sds011.command(6, 1, 0).hex() == "aab4060100" + "00" * 10 + "ffff05ab"
    assert sds011.command(6, 1, 1).hex() == "aab4060101" + "00" * 10 + "ffff06ab"
    assert sds011.command(8, 1, 0).hex() == "aab4080100" + "00" * 10 + "ffff07ab"


def test_the_sds011_is_woken_settled_asked_and_put_to_sleep():
    clock = Clock()
    replies = {
        sds011.command(6, 1, 1): bytes.fromhex("aac50601010058d938ab"),
        sds011.command(4): bytes.fromhex("aac00600060058d93dab"),
    }
    uart = AskedUart(lambda data: replies.get(data, b""))
    assert run(SDS011(uart, clock).read()) == {"pm25": 6, "pm10": 6}
    assert uart.written == [sds011.command(6, 1, 1)] + 5 * [sds011.command(4)] + [sds011.command(6, 1, 0)]
    assert clock.now_ms() == 35100


def test_zeros_before_the_warm_up_has_passed_are_not_air():
    zeros, dust = bytes.fromhex("aac000000000000000ab"), bytes.fromhex("aac00600060058d93dab")
    chunks = [dust] * 5
    assert run(SDS011(TalkingUart(chunks, zeros * 30), Clock()).read()) == {"pm25": 6, "pm10": 6}


def test_clean_air_after_it_is():
    chunks = [bytes.fromhex("aac000000000000000ab")] * 5
    assert run(SDS011(TalkingUart(chunks), Clock()).read()) == {"pm25": 0, "pm10": 0}


def test_a_silent_sds011_is_told_to_stay_awake_for_the_next_time():
    uart = TalkingUart([])
    assert run(SDS011(uart, Clock()).read()) == {"pm25": "no_answer", "pm10": "no_answer"}
    assert uart.written[-1] == sds011.command(8, 1, 0)


def test_the_pms5003_in_either_mode_amid_acknowledgements():
    frame = bytes.fromhex("424d001c00000008000800000008000800d20046002d001e00000000970002c5")
    acknowledgement = bytes.fromhex("424d0004e4000177")
    for chunks in ([acknowledgement + frame] + [frame] * 4, [frame * 3, frame * 2]):
        uart = TalkingUart(chunks)
        assert run(PMS5003(uart, Clock()).read()) == {"pm1": 0, "pm25": 80, "pm10": 80}
        assert uart.written[0] == bytes.fromhex("424de400010174")
        assert uart.written[-1] == bytes.fromhex("424de400000173")


def test_an_error_byte_of_the_pms5003_is_a_fault():
    frame = bytes.fromhex("424d001c" + 24 * "00" + "97010143")
    assert set(run(PMS5003(TalkingUart([frame] * 10), Clock()).read()).values()) == {"sensor_error"}


def test_stuffing_as_in_the_vendors_tests():
    # Address 7E, command 7D, data 11 12 13 14.
    stuffed = bytes.fromhex("7d5e7d5d047d31127d3314b6")
    assert sps30.unstuffed(stuffed).hex() == "7e7d0411121314b6"
    assert sps30.unstuffed(b"\x7d\x00") is None
    assert sps30.unstuffed(b"\x00\x7d") is None


def test_an_answer_of_another_length_than_it_says_is_none():
    sound = bytes.fromhex("0003000201" + "02f7")
    assert sps30.content(sound) is not None
    for size in ("01", "03"):  # with the checksum to fit
        lying = bytes.fromhex("000300" + size + "0102")
        assert sps30.content(lying + bytes([~sum(lying) & 0xFF])) is None


def test_the_sps30_on_uart():
    answers = {bytes.fromhex("7e000300fc7e"): bytes.fromhex(CAPTURE)}
    uart = AskedUart(lambda data: answers.get(data, b""))
    assert run(SPS30(uart, Clock()).read()) == DUSTY
    assert [data.hex() for data in uart.written[:3]] == ["ff", "7e007d3100ee7e", "7e0000020103f97e"]
    assert [data.hex() for data in uart.written[-2:]] == ["7e000100fe7e", "7e001000ef7e"]


def test_the_sps30s_faults():
    for answer, fault in (
        (b"", "no_answer"),
        (bytes.fromhex("7e00030000fc7e"), "not_ready"),  # no new data, all the time
        (bytes.fromhex("7e00034300b97e"), "sensor_error"),
    ):
        values = run(SPS30(AskedUart(lambda data, answer=answer: answer), Clock()).read())
        assert values == {name: fault for name in DUSTY}, answer  # noqa: C420 - reads like the others
    for brown_out in ("7fc00000", "7f800000", "bf800000"):  # NaN, infinity, -1
        assert sps30.dust(bytes.fromhex(brown_out * 10)) == "bad_data"


def words(data):
    return b"".join([data[at : at + 2] + bytes([crc8(data[at : at + 2])]) for at in range(0, len(data), 2)])


MEASURED = words(sps30.content(sps30.unstuffed(b"") or bytes.fromhex(CAPTURE)[1:-1])[4:])


def bus(measured, ready=b"\x00\x01"):
    """An SPS30 asleep: it does not acknowledge the first command."""
    asleep = [True]

    def answer(address, written, size):
        assert address == 0x69
        if written == b"\x11\x03" and not size and asleep:
            asleep.pop()
            raise OSError(19)
        return {3: words(ready), 60: measured}.get(size, b"")

    return I2C(answer)


def test_sensirions_checksums_as_published():
    for word, checksum in ((0xBEEF, 0x92), (0x0000, 0x81), (0x8000, 0xA2), (0x3FD0, 0xAE), (0xA3D7, 0xC0)):
        assert crc8(word.to_bytes(2, "big")) == checksum


def test_the_sps30_on_i2c():
    i2c = bus(MEASURED)
    assert run(SPS30I2C(i2c, Clock()).read()) == DUSTY
    assert [data for _, data in i2c.written[:3]] == [b"\x11\x03", b"\x11\x03", b"\x00\x10\x03\x00\xac"]
    assert [data for _, data in i2c.written[-2:]] == [b"\x01\x04", b"\x10\x01"]


def test_the_sps30s_faults_on_i2c():
    assert run(SPS30I2C(bus(MEASURED, b"\x00\x00"), Clock()).read())["pm25"] == "not_ready"
    for bit in range(480):
        assert sps30_i2c.parse(flipped(MEASURED, bit)) == "bad_data"
