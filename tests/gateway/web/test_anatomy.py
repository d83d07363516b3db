"""A frame taken apart: each byte has its line, MAC commands too."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codec.lorawan import commands
from gateway.web import anatomy

# DevStatusAns of a node at 50 %, margin -3 dB; LinkADRAns that refuses the power; DeviceTimeReq.
OPTIONS = bytes.fromhex("06 7f 3d 03 03 0d")


def frame(options: bytes, rest: bytes = bytes.fromhex("01 aabb")) -> bytes:
    return (
        bytes.fromhex("40 01020304") + bytes([0x80 | len(options)]) + b"\x07\x00" + options + rest + b"MIC!"
    )


def test_each_mac_command_is_told_byte_by_byte() -> None:
    parts = [part for part in anatomy.of_frame(frame(OPTIONS)) if 8 <= part.at < 8 + len(OPTIONS)]
    assert [(part.at, part.content.hex(), part.name, part.text) for part in parts] == [
        (8, "06", "DevStatusAns", "command 0x06, 2 bytes follow"),
        (9, "7f", "DevStatusAns", "battery 50\u202f%"),
        (10, "3d", "DevStatusAns", "the node hears us \N{MINUS SIGN}3 dB above its limit"),
        (11, "03", "LinkADRAns", "command 0x03, 1 byte follows"),
        (12, "03", "LinkADRAns", "refused: power"),
        (13, "0d", "DeviceTimeReq", "command 0x0d, 0 bytes follow"),
    ]


@given(st.binary(max_size=15), st.binary(max_size=40))
def test_no_byte_of_a_frame_is_left_out(options: bytes, rest: bytes) -> None:
    parts = anatomy.of_frame(frame(options, rest))
    assert b"".join(part.content for part in parts) == frame(options, rest)
    assert [part.at for part in parts] == [
        sum(len(each.content) for each in parts[:place]) for place in range(len(parts))
    ]
    assert all(part.text for part in parts)


@pytest.mark.parametrize("cid", sorted(commands.UP))
def test_every_answer_of_the_table_has_a_name(cid: int) -> None:
    found = anatomy.of_commands(bytes([cid]) + bytes(commands.UP[cid]))
    assert len(found) == 1 + commands.UP[cid] and all(part.name.endswith(("Ans", "Req")) for part in found)
