"""Every bit of every reference frame with every size of chunks, and streams that hypothesis damages."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.sensors.framing import Framer
from tests.shared.sensor_bench import fed, flipped
from tests.shared.sensor_frames import FORMATS, readings, sensible

CHUNKS = (1, 2, 3, 7, 64)
CHECKED = sorted(set(FORMATS) - {"maxbotix"})  # which has no checksum


def framer(name: str) -> Framer:
    parse, sure, _ = FORMATS[name]
    return Framer(parse, sure)


@pytest.mark.parametrize("name", CHECKED)
def test_every_bit_and_every_chunk_leave_exactly_the_undamaged_readings(name: str) -> None:
    frames = sensible(name)
    for (before, victim), size in itertools.product(itertools.permutations(frames, 2), CHUNKS):
        follow = [frame for frame in frames if frame not in (before, victim)] + [before, victim]
        for bit in range(8 * len(victim[0])):
            stream = before[0] + flipped(victim[0], bit) + b"".join(frame for frame, _ in follow)
            assert fed(framer(name), stream, size) == readings([before, *follow]), (size, bit)


@pytest.mark.parametrize("name", CHECKED)
@given(data=st.data())
def test_two_good_frames_in_a_row_are_never_lost_and_none_is_invented(name: str, data: st.DataObject) -> None:
    """Frames are damaged in one bit each, and the stream is opened and cut anywhere.

    The first two whole frames are sound: FF 05 [FF 03 FF 01] [FF 03 FF 01] FF FF may as well be what is in
    brackets, opened late, as a good frame, a damaged one, and a good one.
    """
    frames = st.sampled_from(sensible(name))
    opening = st.lists(st.tuples(frames, st.just(False)), min_size=3, max_size=3)
    plan = data.draw(opening) + data.draw(st.lists(st.tuples(frames, st.booleans()), max_size=12))
    skip = data.draw(st.integers(0, len(plan[0][0][0])))
    stream = b""
    sound: list[Any] = []  # the reading of each frame that is whole
    for (frame, reading), harmed in plan:
        bit = data.draw(st.integers(0, 8 * len(frame) - 1))
        stream += flipped(frame, bit) if harmed else frame
        sound.append(None if harmed or (skip and not sound) else (reading,))
    beside = zip([None, *sound[:-1]], sound, [*sound[1:], None], strict=True)
    certain = [whole for before, whole, after in beside if whole and (before or after)]

    got = [(reading,) for reading in fed(framer(name), stream[skip:], data.draw(st.sampled_from(CHUNKS)))]

    assert in_order([reading for reading in certain if reading != (None,)], got)
    assert in_order(got, sound)


def in_order(some: list[Any], among: list[Any]) -> bool:
    left = iter(among)
    return all(reading in left for reading in some)


@given(st.sampled_from(sorted(FORMATS)), st.binary(max_size=400), st.sampled_from(CHUNKS))
def test_no_bytes_raise_or_pile_up(name: str, junk: bytes, size: int) -> None:
    at_work = framer(name)
    fed(at_work, junk, size)
    assert len(at_work._buffer) < 600
