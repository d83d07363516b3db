"""What 20 frames say about data rate, power and repetitions; the arithmetic is worked out here by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codec.lorawan import regions
from codec.lorawan.regions import EU868
from gateway.network import history
from gateway.network.adr import Bounds, Setting, propose
from gateway.network.history import Frame, Heard

BOUNDS = Bounds(most_data_rate=5, most_power_index=7, margin_db=10.0)


def heard(*snr_db: float) -> Heard:
    """20 frames, the last of them with these SNR, the others 20 dB below what can be heard."""
    return Heard(20, max(snr_db), 0.0)


@pytest.mark.parametrize(
    ("data_rate", "power_index", "snr_db", "expected"),
    [
        (0, 0, -10.0, (0, 0)),  # -10 - (-20) - 10 = 0 dB: nothing to spare
        (0, 0, -7.1, (0, 0)),  # 2.9 dB
        (0, 0, -7.0, (1, 0)),  # 3 dB: one step
        (0, 0, 8.0, (5, 1)),  # 18 dB: six steps, five of them data rates
        (5, 0, 8.0, (5, 1)),  # 8 - (-7.5) - 10 = 5.5 dB
        (5, 0, 31.0, (5, 7)),  # 28.5 dB: nine steps, seven powers
        (5, 3, 2.4, (5, 2)),  # -0.1 dB: short, so one step more of power
        (5, 1, -7.5, (5, 0)),  # 10 dB short, and power has an end
        (2, 0, -15.0, (2, 0)),  # short at full power: the data rate stays
    ],
)
def test_the_best_of_twenty_decides(
    data_rate: int, power_index: int, snr_db: float, expected: tuple[int, int]
) -> None:
    setting = propose(EU868, Setting(data_rate, power_index, 1), heard(snr_db, -19.0), BOUNDS)
    assert (setting.data_rate, setting.power_index) == expected


def test_nineteen_frames_decide_nothing() -> None:
    now = Setting(0, 0, 1)
    assert propose(EU868, now, Heard(19, 20.0, 0.0), BOUNDS) == now
    assert propose(EU868, now, Heard(20, None, 0.0), BOUNDS) == now


def test_what_a_node_refused_is_not_proposed() -> None:
    setting = propose(EU868, Setting(0, 0, 1), heard(31.0), Bounds(3, 2, 10.0))
    assert setting == Setting(3, 2, 1)


@pytest.mark.parametrize(
    ("lost", "nb_trans", "expected"),
    [
        *((0, 1, 1), (0, 2, 1), (0, 3, 2)),  # below 5 %
        *((1, 1, 1), (1, 2, 1), (1, 3, 2)),  # 4.8 %
        *((2, 1, 1), (2, 2, 2), (2, 3, 3)),  # 9.1 %
        *((3, 1, 2), (3, 2, 3), (8, 1, 2)),  # 13 %, 29 %
        *((9, 1, 3), (9, 3, 3), (60, 1, 3)),  # 31 %, 75 %
    ],
)
def test_repetitions_follow_the_loss(lost: int, nb_trans: int, expected: int) -> None:
    """Loss is lost / (20 + lost)."""
    entries = b""
    for number in range(20):
        entries = history.add(entries, 0, 0, 0xFFFA + number + (lost if number else 0), -10.0)
    found = history.heard(entries)
    assert found.loss == pytest.approx(lost / (20 + lost))
    assert propose(EU868, Setting(0, 0, nb_trans), found, BOUNDS).nb_trans == expected


@given(
    st.sampled_from(regions.REGIONS.names()),
    st.lists(st.floats(-40, 40) | st.none(), min_size=1, max_size=30),
    st.integers(0, 0xFFFF),
)
def test_a_proposal_is_always_one_that_a_node_can_follow(
    name: str, levels: list[float | None], first: int
) -> None:
    region = regions.REGIONS[name]
    entries = b""
    for number, level in enumerate(levels):
        entries = history.add(entries, region.join_drs[0], 0, first + number, level)
    frames, found = history.frames(entries), history.heard(entries)
    assert len(frames) == found.frames == min(len(levels), 20)
    assert found.loss == 0
    assert found.best_snr_db == max((each.snr_db for each in frames if each.snr_db is not None), default=None)
    bounds = Bounds(region.grid[0][4], region.power_steps, 10.0)
    setting = propose(region, Setting(region.join_drs[0], 0, 1), found, bounds)
    assert region.join_drs[0] <= setting.data_rate <= region.uplink_drs[1]
    assert 0 <= setting.power_index <= region.power_steps


def test_a_history_begins_anew_with_another_setting() -> None:
    entries = history.add(b"", 0, 0, 1, 2.0)
    assert history.frames(history.add(entries, 1, 0, 2, 3.0)) == [Frame(2, 3.0)]
    assert history.frames(history.add(entries, 0, 1, 2, 3.0)) == [Frame(2, 3.0)]
    assert history.frames(history.add(entries, 0, 0, 2, None)) == [Frame(1, 2.0), Frame(2, None)]


def test_the_best_hearing_of_a_frame_counts() -> None:
    entries = history.add(b"", 0, 0, 7, -3.25)
    for snr_db, best_db in ((-9.0, -3.25), (None, -3.25), (4.5, 4.5), (-20.0, 4.5)):
        entries = history.improve(entries, snr_db)
        assert history.frames(entries) == [Frame(7, best_db)]
    assert history.improve(b"", 4.0) == b""
    silent = history.add(b"", 0, 0, 7, None)
    assert history.frames(history.improve(silent, -31.0)) == [Frame(7, -31.0)]
