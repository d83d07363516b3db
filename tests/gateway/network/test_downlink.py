"""When, where and through which gateway an answer goes."""

from dataclasses import replace

import pytest

from codec.lorawan import frames
from codec.lorawan.regions import EU868
from gateway.model import Downlink, Reception
from gateway.network.downlink import acknowledgement, best, windows
from tests.gateway.desk import EUIS
from tests.gateway.network.test_uplink import SESSION

HEARD = Reception(EUIS[0], 0, b"x", 868_300_000, "SF7BW125", -90.0, 5.0, 4_294_000_000)


def test_both_windows_are_reckoned_from_the_gateways_own_counter() -> None:
    """It wraps every 71 minutes; RX2 has its own frequency, data rate and 27 dBm."""
    rx1, rx2 = windows(EU868, HEARD, b"down", 1, 0, 0)
    assert rx1 == Downlink(EUIS[0], b"down", 868_300_000, "SF7BW125", 14, 32_704)
    assert rx2 == Downlink(EUIS[0], b"down", 869_525_000, "SF12BW125", 27, 1_032_704)


@pytest.mark.parametrize(
    ("heard_at", "offset", "data_rate"),
    [("SF7BW125", 0, "SF7BW125"), ("SF7BW125", 2, "SF9BW125"), ("SF12BW125", 3, "SF12BW125")],
)
def test_an_offset_slows_the_first_window(heard_at: str, offset: int, data_rate: str) -> None:
    rx1, _ = windows(EU868, replace(HEARD, data_rate=heard_at), b"", 1, offset, 0)
    assert rx1.data_rate == data_rate


def test_the_second_window_follows_the_session() -> None:
    *_, rx2 = windows(EU868, HEARD, b"", 5, 0, 3)
    assert (rx2.data_rate, rx2.tmst) == ("SF9BW125", (HEARD.tmst + 6_000_000) % 2**32)


@pytest.mark.parametrize("heard", [replace(HEARD, frequency_hz=866_349_812, data_rate="SF6BW125"),
                                   replace(HEARD, frequency_hz=915_000_000)])  # fmt: skip
def test_what_the_region_does_not_have_is_answered_in_the_second_window(heard: Reception) -> None:
    assert [down.frequency_hz for down in windows(EU868, heard, b"", 1, 0, 0)] == [869_525_000]


def test_the_gateway_that_hears_best_answers() -> None:
    far, near, silent = (
        replace(HEARD, gateway_id=eui, snr_db=snr_db, rssi_dbm=rssi_dbm)
        for eui, snr_db, rssi_dbm in ((EUIS[0], -7.5, -60.0), (EUIS[1], 9.0, -80.0), (EUIS[2], None, None))
    )
    assert best([far, near, silent]) == near
    assert best([silent, far]) == far
    louder = replace(near, gateway_id=EUIS[2], rssi_dbm=-70.0)
    assert best([near, louder]) == louder


@pytest.mark.parametrize(("is_ack", "fctrl"), [(True, frames.ACK), (False, 0)])
def test_an_empty_answer_is_a_right_downlink(is_ack: bool, fctrl: int) -> None:
    phy = acknowledgement(SESSION, 0x10007, is_ack)
    frame = frames.parse(phy)
    assert len(phy) == 12
    assert (frame.mtype, frame.fctrl, frame.fcnt, frame.fport) == (frames.UNCONFIRMED_DOWN, fctrl, 7, None)
    assert frames.mic_fits(phy, SESSION.nwk_s_key, 0x10007)
