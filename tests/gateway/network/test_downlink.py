"""What goes down, and in which windows."""

import pytest

from codec.lorawan import frames, regions
from codec.lorawan.regions import EU868
from firmware.mac.channels import Channels
from gateway.model import Downlink, Opening, Reception
from gateway.network.downlink import Content, Listening, build, placed, windows
from tests.gateway.desk import EUIS
from tests.gateway.network.test_uplink import SESSION

HEARD = Reception(EUIS[0], 0, b"x", 868_300_000, "SF7BW125", -90.0, 5.0, 4_294_000_000)
PLAIN = Listening(1, 0, (869_525_000, 0))


def test_both_windows_are_reckoned_from_the_gateways_own_counter() -> None:
    """It wraps every 71 minutes; RX2 has its own frequency, data rate and 27 dBm."""
    rx1, rx2 = (placed(EU868, HEARD, window, b"down") for window in windows(EU868, HEARD, PLAIN))
    first = Opening(HEARD.tmst, 1, (5, 868_300_000), None)
    assert rx1 == Downlink(EUIS[0], b"down", 868_300_000, "SF7BW125", 14, 32_704, first)
    second = Opening(HEARD.tmst, 1, None, (0, 869_525_000))
    assert rx2 == Downlink(EUIS[0], b"down", 869_525_000, "SF12BW125", 27, 1_032_704, second)


@pytest.mark.parametrize(
    ("heard_at", "offset", "data_rate"), [("SF7BW125", 0, 5), ("SF7BW125", 2, 3), ("SF12BW125", 3, 0)]
)
def test_an_offset_slows_the_first_window(heard_at: str, offset: int, data_rate: int) -> None:
    rx1, _ = windows(EU868, HEARD._replace(data_rate=heard_at), PLAIN._replace(rx1_dr_offset=offset))
    assert rx1.data_rate == data_rate


def test_the_second_window_follows_the_session() -> None:
    *_, rx2 = windows(EU868, HEARD, Listening(5, 0, (869_525_000, 3)))
    assert (rx2.number, rx2.data_rate, rx2.delay_ms) == (2, 3, 6000)


@pytest.mark.parametrize("heard", [HEARD._replace(frequency_hz=866_349_812, data_rate="SF6BW125"),
                                   HEARD._replace(frequency_hz=915_000_000)])  # fmt: skip
def test_what_the_region_does_not_have_is_answered_in_the_second_window(heard: Reception) -> None:
    assert [window.frequency_hz for window in windows(EU868, heard, PLAIN)] == [869_525_000]


@pytest.mark.parametrize("name", ["US915", "AU915"])
def test_the_first_window_of_a_fixed_plan_is_where_the_node_opens_it(name: str) -> None:
    region = regions.REGIONS[name]
    plan = Channels(region)
    for number in range(72):
        uplink_hz, lowest, _, rx1_hz = plan.row(number)
        sf, bw_hz, _ = region.data_rates[lowest]
        heard = HEARD._replace(frequency_hz=uplink_hz, data_rate=regions.datr(sf, bw_hz))
        rx1, rx2 = windows(region, heard, Listening(1, 0, region.rx2))
        assert (rx1.frequency_hz, rx1.data_rate) == (rx1_hz, regions.rx1_data_rate(region, lowest, 0))
        assert (rx2.frequency_hz, rx2.data_rate) == (923_300_000, 8)


def test_the_longest_frame_of_a_window_is_that_of_its_data_rate() -> None:
    """RP002-1.0.4: M, the MACPayload, is 59 and 250 bytes, 19 in AS923; 5 more are MHDR and MIC."""
    rx1, rx2 = windows(EU868, HEARD, PLAIN)
    assert (rx1.longest, rx2.longest) == (250 + 5, 59 + 5)
    region = regions.REGIONS["AS923-1"]
    slow = HEARD._replace(frequency_hz=923_200_000, data_rate="SF12BW125")
    rx1, _ = windows(region, slow, Listening(1, 0, region.rx2))
    assert (rx1.data_rate, rx1.longest) == (2, 19 + 5)


@pytest.mark.parametrize("fctrl", [frames.ACK, 0])
def test_an_empty_answer_is_a_right_downlink(fctrl: int) -> None:
    content = Content(fctrl=fctrl)
    phy = build(SESSION, content, 0x10007)
    frame = frames.parse(phy)
    assert len(phy) == content.size == 12
    assert (frame.mtype, frame.fctrl, frame.fcnt, frame.fport) == (frames.UNCONFIRMED_DOWN, fctrl, 7, None)
    assert frames.mic_fits(phy, SESSION.nwk_s_key, 0x10007)


def test_a_content_knows_its_size() -> None:
    content = Content(frames.CONFIRMED_DOWN, frames.F_PENDING, b"\x06", 10, b"order")
    assert content.size == len(build(SESSION, content, 1))
