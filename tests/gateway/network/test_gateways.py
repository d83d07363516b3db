"""Which gateway answers and when: every frame it lets out against laws that are computed here once more."""

from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from codec.lorawan.regions import EU868
from gateway.model import Reception
from gateway.network.airtime import Airtime
from gateway.network.downlink import Listening
from gateway.network.gateways import Gateways, margin_db
from tests.bench.age import Hours, airtime_s
from tests.gateway.desk import EUIS

NOW = 1_700_000_000_000
HEARD = Reception(EUIS[0], NOW, b"x", 868_300_000, "SF7BW125", -90.0, 5.0, 4_294_000_000)
PLAIN = Listening(1, 0, (869_525_000, 0))


def known(**round_trips_ms: int) -> Gateways:
    gateways = Gateways(EU868)
    for gateway_id, round_trip_ms in round_trips_ms.items():
        gateways.measured(gateway_id, round_trip_ms)
    return gateways


def at(gateway_id: str, **more: object) -> Reception:
    return HEARD._replace(gateway_id=gateway_id, **more)  # type: ignore[arg-type]


def test_the_margin_is_what_the_data_rate_did_not_need() -> None:
    assert margin_db(HEARD) == 12.5
    assert margin_db(HEARD._replace(data_rate="SF12BW125", snr_db=-18.0)) == 2.0
    assert margin_db(HEARD._replace(snr_db=None)) == float("-inf")


def test_the_better_margin_answers_and_among_good_ones_the_one_with_more_airtime() -> None:
    gateways = known(near=5, far=5, also=5)
    far, near, also = at("far", snr_db=-5.0), at("near", snr_db=4.0), at("also", snr_db=9.0)
    place = gateways.place(NOW + 200, [far, near], PLAIN, 12)
    assert place and (place.heard, place.window.number) == (near, 1)
    place = gateways.place(NOW + 200, [near, also], PLAIN, 12)
    assert place and place.heard == also, "both have 10 dB to spare, and `near` has sent already"


@pytest.mark.parametrize(
    ("round_trip_ms", "now_ms", "window"),
    [(5, 200, 1), (5, 929, 1), (5, 931, 2), (400, 535, 1), (400, 536, 2), (900, 200, 2), (1900, 200, None)],
)
def test_a_window_is_chosen_that_the_word_reaches_in_time(
    round_trip_ms: int, now_ms: int, window: int | None
) -> None:
    place = known(gw=round_trip_ms).place(NOW + now_ms, [at("gw")], PLAIN, 12)
    assert (place and place.window.number) == window


def test_a_transmitter_sends_one_frame_at_a_time() -> None:
    """Also over the wrap of its counter; the second gateway is free meanwhile."""
    gateways = known(gw=5, other=5)
    first = gateways.place(NOW + 200, [at("gw")], PLAIN, 40)
    overlapping = at("gw", tmst=(HEARD.tmst + 30_000) % 2**32, received_at=NOW + 30)
    second = gateways.place(NOW + 230, [overlapping], PLAIN, 40)
    assert first and first.window.number == 1
    assert second and second.window.number == 2
    third = gateways.place(NOW + 230, [overlapping, at("other", snr_db=-5.0)], PLAIN, 40)
    assert third and (third.heard.gateway_id, third.window.number) == ("other", 1)
    gateways.release(first)
    fourth = gateways.place(NOW + 230, [overlapping], PLAIN, 40)
    assert fourth and fourth.window.number == 1, "what the gateway refused does not count"


@settings(max_examples=20, deadline=None)
@example(1754270, 20_000)  # fills its hour to the last microsecond
@given(st.integers(0, 1 << 32), st.sampled_from([2_000, 20_000, 200_000]))
def test_no_hour_of_a_sub_band_holds_more_than_the_law_allows(seed: int, mean_gap_ms: int) -> None:
    """Frames are booked for 1 to 7 s ahead, so not quite in the order in which they are sent."""
    airtime, rng, now_ms = Airtime(EU868), Random(seed), NOW
    sent: list[tuple[int, float, int]] = []
    for _ in range(400):
        now_ms += round(rng.expovariate(1 / mean_gap_ms))
        start_ms = now_ms + rng.choice((1000, 2000, 5000, 6000, 7000))
        hz = rng.choice((868_100_000, 867_100_000, 869_525_000))
        on_air_s = airtime_s(rng.randrange(12, 60), rng.choice((7, 9, 12)), 125_000, crc=False)
        on_air_us, tmst = round(on_air_s * 1e6), start_ms * 1000 % 2**32
        if airtime.fits(hz, start_ms, tmst, on_air_us):
            airtime.book(hz, start_ms, tmst, on_air_us)
            sent.append((start_ms, on_air_s, hz))
    hours, end_ms = Hours(), 0.0
    for start_ms, on_air_s, hz in sorted(sent):
        assert start_ms >= end_ms, "one frame at a time"
        end_ms = start_ms + on_air_s * 1000
        hours.book("gw", start_ms, on_air_s, hz)
    assert hours.breaches == 0
    assert mean_gap_ms > 2_000 or hours.fullest > 0.9, "there was something to refuse"


def test_an_hour_is_used_up_and_free_again() -> None:
    airtime = Airtime(EU868)
    sent = [ms for ms in range(0, 7_200_000, 10_000) if _send(airtime, NOW + ms)]
    in_first = [ms for ms in sent if ms < 3_600_000]
    assert len(in_first) == 24, "36 s hold 24 frames of 1.482 s"
    assert len(sent) == 48
    assert airtime.free_us(2, NOW + 99_999_999_999) == 36_000_000
    assert airtime.free_us(2, NOW + 99_999_999_999, 0.75) == 27_000_000


def _send(airtime: Airtime, now_ms: int) -> bool:
    tmst = now_ms * 1000 % 2**32
    if not airtime.fits(868_100_000, now_ms, tmst, 1_482_752):
        return False
    airtime.book(868_100_000, now_ms, tmst, 1_482_752)
    return True


def test_copies_are_awaited_as_long_as_they_have_been_seen_to_take() -> None:
    gateways = known(gw=5)
    assert gateways.wait_ms(at("gw"), 1, 200) == 200
    for late_ms in [10] * 5 + [400] * 20:
        gateways.copied(late_ms)
    assert gateways.wait_ms(at("gw"), 1, 200) == 465
    slow = known(gw=600)
    for _ in range(20):
        slow.copied(400)
    assert slow.wait_ms(at("gw"), 1, 200) == 1000 - 600 - 65 - 10, "not longer than RX1 allows"
    assert slow.wait_ms(at("gw"), 5, 200) == 465
    assert known(gw=1500).wait_ms(at("gw"), 1, 200) == 200, "RX1 is out of reach anyhow"


def test_a_long_way_asks_for_a_later_window() -> None:
    gateways = known(near=5, far=900)
    assert gateways.rx_delay_s(["near"], 1, 200) == 1
    assert gateways.rx_delay_s(["far"], 1, 200) == 5
    assert gateways.rx_delay_s(["far", "near"], 1, 200) == 1
    assert gateways.rx_delay_s(["far"], 7, 200) == 7
    assert gateways.rx_delay_s(["unknown"], 1, 200) == 1


def test_the_time_of_an_uplink_is_half_a_round_trip_before_its_word() -> None:
    gateways = known(near=10, far=600)
    assert gateways.heard_ms([at("near", received_at=NOW + 20), at("far", received_at=NOW + 310)]) == NOW + 10
