"""Frames of a real device, heard by a real gateway in 2020, against codec.lorawan."""

import base64
import json
from collections import Counter
from pathlib import Path

import pytest

from codec.lorawan import frames, join_server

# Published with the recording (its README names them).
APP_KEY = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
ABP_ADDR = 0x01010101
ABP_NWK_S_KEY = bytes.fromhex("007e151628aed2a6abf7158809cf4f3c")


@pytest.fixture(scope="module")
def heard(recordings: Path) -> list[bytes]:
    lines = (recordings / "lorawan/gateway_log_2020.jsonl").read_text(encoding="utf-8").splitlines()
    packets = [packet for line in lines for packet in json.loads(line).get("rxpk", ())]
    return [base64.b64decode(packet["data"]) for packet in packets]


def test_every_join_request_fits_the_app_key(heard: list[bytes]) -> None:
    requests = [phy for phy in heard if frames.mtype(phy) == frames.JOIN_REQUEST]
    assert len(requests) == 8
    assert all(join_server.request_mic_fits(phy, APP_KEY) for phy in requests)
    assert not any(join_server.request_mic_fits(phy, ABP_NWK_S_KEY) for phy in requests)


def test_every_frame_of_the_abp_device_fits_its_key(heard: list[bytes]) -> None:
    parsed = [(phy, frames.parse(phy)) for phy in heard if frames.mtype(phy) != frames.JOIN_REQUEST]
    assert Counter(frame.dev_addr == ABP_ADDR for _, frame in parsed) == {True: 99, False: 97}
    mine = [(phy, frame.fcnt) for phy, frame in parsed if frame.dev_addr == ABP_ADDR]
    assert all(frames.mic_fits(phy, ABP_NWK_S_KEY, fcnt) for phy, fcnt in mine)
    assert not any(frames.mic_fits(phy, ABP_NWK_S_KEY, fcnt + 0x10000) for phy, fcnt in mine)
