"""One receiver: capture, the preamble rule, other spreading factors, demodulators, half duplex."""

import pytest

from simulator.reception import INTERFERENCE, Arrival, Receiver

HZ = 868_100_000
SYMBOL_US = 8192  # SF10 at 125 kHz


class Played:
    """Frames at one antenna: (start ms, end ms, SF, dBm), and what became of each."""

    def __init__(
        self,
        table: str,
        *frames: tuple[int, int, int, float],
        demodulators: int = 8,
        tx: tuple[int, int] | None = None,
    ):
        receiver = Receiver(INTERFERENCE[table], demodulators)
        if tx:
            receiver.transmits(tx[0] * 1000, tx[1] * 1000)
        arrivals = [
            Arrival(HZ, sf, (start * 1000, end * 1000), 10 ** (dbm / 10), None)
            for start, end, sf, dbm in frames
        ]
        moments = [(a.start_us, 1, n) for n, a in enumerate(arrivals)]
        moments += [(a.end_us, 0, n) for n, a in enumerate(arrivals)]
        self.fates: list[str | None] = [None] * len(frames)
        for _, begins, number in sorted(moments):
            if begins:
                receiver.begin(arrivals[number], SYMBOL_US)
            else:
                self.fates[number] = receiver.end(arrivals[number])


@pytest.mark.parametrize(
    ("table", "stronger_db", "fates"),
    [
        ("lorasim", 7, [None, "collision"]),
        ("lorasim", 5, ["collision", "collision"]),
        ("lorasim", -7, ["collision", None]),
        ("goursaud", 7, [None, "collision"]),
        ("goursaud", 5, ["collision", "collision"]),
        ("croce", 2, [None, "collision"]),
        ("croce", 0.5, ["collision", "collision"]),
        ("aloha", 60, ["collision", "collision"]),
        ("none", 0, [None, None]),
    ],
)
def test_the_stronger_frame_is_captured_from_its_threshold_on(
    table: str, stronger_db: float, fates: list[str | None]
) -> None:
    # the whole frame of each is disturbed, so energy and the strongest one are the same
    assert Played(table, (0, 300, 10, -90 + stronger_db), (0, 300, 10, -90)).fates == fates


def test_an_overlap_that_spares_the_last_five_preamble_symbols_harms_nobody() -> None:
    just_spared = Played("lorasim", (0, 124, 10, -90), (100, 400, 10, -90))  # 24 ms of 24.6
    assert just_spared.fates == [None, None]
    assert Played("lorasim", (0, 126, 10, -90), (100, 400, 10, -90)).fates == ["collision", "collision"]
    assert Played("aloha", (0, 101, 10, -90), (100, 400, 10, -90)).fates == ["collision", "collision"]


def test_another_spreading_factor_disturbs_only_when_it_is_far_stronger() -> None:
    # Croce: SF10 stands SF7 up to 19 dB stronger; Goursaud: 30 dB
    for table, limit_db in (("croce", 19), ("goursaud", 30)):
        assert Played(table, (0, 300, 10, -110), (0, 300, 7, -110 + limit_db - 1)).fates[0] is None
        assert Played(table, (0, 300, 10, -110), (0, 300, 7, -110 + limit_db + 1)).fates[0] == "collision"


def test_energy_counts_how_long_the_disturbance_lasts() -> None:
    # equally strong for a tenth of the frame: 10 dB below in energy, so Croce's 1 dB is kept
    assert Played("croce", (0, 1000, 10, -90), (900, 2000, 10, -90)).fates == [None, None]
    assert Played("croce", (0, 1000, 10, -90), (50, 1050, 10, -90)).fates == ["collision", "collision"]


def test_the_ninth_frame_at_once_finds_no_demodulator() -> None:
    frames = [(number, 500, 7 + number % 6, -100.0) for number in range(9)]
    fates = Played("none", *frames).fates
    assert fates == [None] * 8 + ["no_demodulator"]
    later = Played("none", *frames, (600, 900, 7, -100.0)).fates
    assert later[-1] is None  # they are free again


def test_a_transmission_makes_the_gateway_deaf_while_it_lasts() -> None:
    frames = ((0, 90, 10, -90.0), (50, 150, 10, -50.0), (210, 300, 10, -90.0))
    assert Played("none", *frames, tx=(100, 200)).fates == [None, "gateway_sending", None]
