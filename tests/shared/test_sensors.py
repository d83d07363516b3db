"""The sensor parts' bytes, in any chunks, damaged and cut; the same on both Pythons."""

from firmware.sensors import sht3x
from firmware.sensors.a02yyuw import A02YYUW, Parser


def frame(mm):
    high, low = mm >> 8, mm & 0xFF
    return bytes([0xFF, high, low, (0xFF + high + low) & 0xFF])


READINGS = (1953, 31, 4500, 255, 0x07FF, 1234)
STREAM = b"".join([frame(mm) for mm in READINGS])


class Uart:
    """Gives one chunk a read, after the one that waits from before."""

    def __init__(self, chunks):
        self._chunks = [b"\x07\xa1\xa7"] + list(chunks)

    def read(self):
        return self._chunks.pop(0) if self._chunks else None


class Clock:
    def __init__(self):
        self._now_ms = 0

    def now_ms(self):
        return self._now_ms

    async def sleep_ms(self, duration_ms):
        self._now_ms += duration_ms


def distance(chunks):
    reading = A02YYUW(Uart(chunks), Clock()).read()
    try:
        reading.send(None)
    except StopIteration as stop:
        return stop.value["distance"]
    raise AssertionError("the test's clock never waits")


def test_the_published_frame_is_1953_mm():
    assert Parser().feed(bytes.fromhex("ff07a1a7")) == [1953]


def test_chunks_of_any_size_give_the_same_readings():
    for size in (1, 2, 3, 7, 64):
        parser = Parser()
        got = []
        for at in range(0, len(STREAM), size):
            got += parser.feed(STREAM[at : at + size])
        assert tuple(got) == READINGS


def test_opened_in_the_middle_of_a_frame_it_finds_the_next():
    for skip in (1, 2, 3):
        assert tuple(Parser().feed(STREAM[skip:])) == READINGS[1:]


def test_a_flipped_bit_costs_its_own_frame_and_invents_none():
    good = frame(1953)
    for bit in range(32):
        damaged = bytearray(good)
        damaged[bit // 8] ^= 1 << bit % 8
        assert Parser().feed(frame(1234) + bytes(damaged) + frame(1300) + frame(1301)) == [1234, 1300, 1301]


def test_the_median_of_five_pings_is_reported():
    assert distance([frame(mm) for mm in (1200, 1210, 4000, 1205, 1190)]) == 1205


def test_a_fault_is_never_a_number():
    assert distance([]) == "no_answer"
    assert distance([b"\x00\x01\x02\x03"] * 10) == "bad_data"
    assert distance([frame(0)] * 6) == "no_echo"
    assert distance([frame(30)] * 3 + [frame(900)] * 2) == "no_echo"
    assert distance([frame(4501)] * 5) == "no_echo"


def test_sht3x_words_become_tenths_of_a_degree():
    assert sht3x.crc8(b"\xbe\xef") == 0x92  # datasheet 4.12
    word = bytes.fromhex("6666")  # 0.4 of full scale: 25.0 degC, 40 %
    answer = word + bytes([sht3x.crc8(word)])
    assert sht3x.parse(answer * 2) == {"temperature": 250, "humidity": 40}
    for bit in range(48):
        damaged = bytearray(answer * 2)
        damaged[bit // 8] ^= 1 << bit % 8
        assert sht3x.parse(bytes(damaged)) == {"temperature": "bad_data", "humidity": "bad_data"}


def transcript():
    return [str(Parser().feed(STREAM[skip:])) for skip in range(9)]
