"""Streams of every part: in any chunks, opened anywhere, every bit damaged once; the same on both Pythons."""

from firmware.sensors.framing import Framer
from tests.shared.sensor_bench import fed, flipped
from tests.shared.sensor_frames import FORMATS, readings, sensible

CHUNKS = (1, 2, 3, 7, 64)


def framer(name):
    parse, sure, _ = FORMATS[name]
    return Framer(parse, sure)


def test_chunks_of_any_size_give_the_same_readings():
    for name in FORMATS:
        frames = sensible(name) * 3
        stream = b"".join([frame for frame, _ in frames])
        for size in CHUNKS:
            assert fed(framer(name), stream, size) == readings(frames), (name, size)


def test_opened_in_the_middle_of_a_frame_it_finds_all_that_follow():
    for name in FORMATS:
        frames = sensible(name)
        for turn in range(len(frames)):
            cut, rest = frames[turn][0], (frames[turn + 1 :] + frames[:turn]) * 2
            for skip in range(1, len(cut)):
                stream = cut[skip:] + b"".join([frame for frame, _ in rest])
                size = CHUNKS[skip % len(CHUNKS)]
                assert fed(framer(name), stream, size) == readings(rest), (name, turn, skip)


def test_a_flipped_bit_costs_its_own_frame_and_invents_none():
    """Chunk sizes take turns here; tests/firmware/sensors crosses every bit with every size."""
    for name in FORMATS:
        if name == "maxbotix":
            continue  # no checksum: below
        frames = sensible(name)
        for turn, (victim, _) in enumerate(frames):
            others = (frames[turn + 1 :] + frames[:turn]) * 2
            for bit in range(8 * len(victim)):
                stream = [others[0][0], flipped(victim, bit)] + [frame for frame, _ in others[1:]]
                got = fed(framer(name), b"".join(stream), CHUNKS[bit % len(CHUNKS)])
                assert got == readings(others), (name, turn, bit)


def test_maxbotix_has_no_checksum_so_at_most_the_flipped_ping_is_wrong():
    frames = sensible("maxbotix")
    for turn, (victim, _) in enumerate(frames):
        others = frames[turn + 1 :] + frames[:turn]
        before, after = others[0], others[1]
        for bit in range(8 * len(victim)):
            stream = before[0] + flipped(victim, bit) + after[0] + before[0]
            got = fed(framer("maxbotix"), stream, CHUNKS[bit % len(CHUNKS)])
            assert got[0] == before[1]
            assert got[-2:] == [after[1], before[1]]
            assert len(got) in (3, 4), (turn, bit)


def test_a_head_among_the_data_does_not_hold_a_stream_out_of_step():
    # FF 01 FF FF read one byte late is FF FF 01 FF, whose sum agrees: only the range tells.
    assert fed(framer("a02yyuw"), bytes.fromhex("ff01ffff" * 5)[3:], 1) == [511, 511, 511, 511]


def test_what_only_looks_like_a_frame_gives_way_to_two_in_a_row():
    two = bytes.fromhex("ff04d2d5ff04d3d6")
    for junk in ("ff06", "ffff04", "ff0405", "ff04fb", "ffffffffff"):  # FF 06 FF 04 has a sum and a range
        assert fed(framer("jsn"), bytes.fromhex(junk) + two, 3) == [1234, 1235], junk


def test_lost_bytes_cost_their_frame_only():
    frames = sensible("a02yyuw")
    stream = b"".join([frame for frame, _ in frames])
    for lost in range(1, 4):
        for at in range(8, 8 + lost + 1):  # within the third frame or across into the fourth
            cut = stream[:at] + stream[at + lost :]
            got = fed(framer("a02yyuw"), cut + stream, 3)
            assert got[-5:] == readings(frames), (lost, at)


def test_a_lone_frame_may_be_chance_and_is_not_believed():
    for stream in ("0000ff04d2d500000000000000", "ff03ff01020200000000000000"):
        assert fed(framer("jsn"), bytes.fromhex(stream), 1) == []


def test_the_fault_says_what_was_heard():
    for stream, fault in (
        (b"", "no_answer"),
        (bytes(40), "bad_data"),
        (bytes.fromhex("ff0000ff" * 3), "too_near"),
        (bytes.fromhex("ff119cac" * 3), "no_echo"),
    ):
        at_work = framer("a02yyuw")
        assert at_work.feed(stream) == []
        assert at_work.verdict() == fault


def test_a_look_alike_is_refused():
    assert fed(framer("sds011"), bytes.fromhex("aacf0e001000e9050cab" * 3), 7) == []  # Nova SDS198
    pms3003 = "424d001400010001000100010001000100000000005100fa"
    assert fed(framer("pms5003"), bytes.fromhex(pms3003 * 3), 7) == []
    assert fed(framer("jsn"), bytes.fromhex("ff04d2d6" * 5), 7) == []  # AJ-SR04M's checksum
    assert fed(framer("maxbotix"), b"R123\r" * 5, 7) == []  # the XL family's cm


def test_a_clean_air_reading_of_zero_is_a_reading():
    assert fed(framer("sds011"), bytes.fromhex("aac000000000000000ab"), 3) == [(0, 0)]


def test_readings_that_cannot_be_are_faults():
    for name, frame, fault in (
        ("sds011", "aac00a000900000013ab", "bad_data"),  # PM2.5 above PM10
        ("maxbotix", b"R5000\r".hex(), "no_echo"),
        ("maxbotix", b"R9999\r".hex(), "no_echo"),
        ("maxbotix", b"R0300\r".hex(), "too_near"),
        ("modbus", "018302c0f1", "sensor_error"),
        ("modbus", "010302ffffb9f4", "no_echo"),
    ):
        at_work = framer(name)
        assert at_work.feed(bytes.fromhex(frame)) == []
        assert at_work.verdict() == fault, name


def transcript():
    stream = b"".join([frame for frame, _ in sensible("a02yyuw")])
    return [str(framer("a02yyuw").feed(stream[skip:])) for skip in range(9)]
