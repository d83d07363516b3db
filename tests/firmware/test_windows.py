"""Receive windows on a jittery board: 0..40 ms in the TxDone stamp and in the opening alike, +-200 ppm."""

import random

import pytest

from codec.lorawan import airtime
from codec.lorawan.regions import EU868
from firmware.mac.actions import Abp, Done, Listen, Options
from firmware.mac.machine import Mac
from tests.firmware.stores import MemoryStore

CYCLES = 400
JITTER_MS = 40
_SYMBOLS_NEEDED = 5  # of the preamble's 8, for a receiver to lock on


class Board:
    """Where instants really are, and what a board with a late clock makes of them. True times in us."""

    def __init__(self, rng: random.Random):
        self.rng = rng
        self.ppm = rng.choice((-200, 200))
        self.heard = self.windows = 0
        self.excess_ms: list[float] = []  # of an empty window over the time on air of 0 bytes

    def late_ms(self) -> int:
        return self.rng.randint(0, JITTER_MS)

    def listen(self, window: Listen, stamp_ms: int, end_us: int, delay_ms: int) -> int:
        """Whether this window would have caught a downlink sent on time; returns how late it opened."""
        late_ms = self.late_ms()
        since_ms = (window.open_ms - stamp_ms) * (1 + self.ppm / 1e6) + late_ms
        open_us = end_us + (stamp_ms - end_us // 1000) * 1000 + since_ms * 1000
        start_us = end_us + delay_ms * 1000
        symbol_us = airtime.symbol_us(window.channel.sf, window.channel.bw_hz)
        empty_us = airtime.airtime_us(0, window.channel.sf, window.channel.bw_hz, crc=False)
        in_time = open_us <= start_us + (8 - _SYMBOLS_NEEDED) * symbol_us
        long_enough = open_us + window.timeout_ms * 1000 >= start_us + empty_us
        self.windows += 1
        self.heard += in_time and long_enough
        self.excess_ms.append(window.timeout_ms - empty_us / 1000)
        return late_ms


@pytest.mark.parametrize("data_rate", range(6))
@pytest.mark.parametrize("delay_s", [1, 15])
def test_downlinks_are_caught_and_empty_windows_stay_short(data_rate: int, delay_s: int) -> None:
    rng = random.Random(f"{data_rate} {delay_s}")
    board = Board(rng)
    stores = (MemoryStore(), MemoryStore())
    mac = Mac(EU868, Abp(1, bytes(16), bytes(16)), stores, rng.randrange, Options(data_rate, False, 0))
    mac.set_duty_cycle(False)
    session = mac._hops.session
    assert session
    session.rx_delay_s, session.rx2_data_rate = delay_s, data_rate
    now_us = 0
    for _ in range(CYCLES):
        sent = mac.uplink(now_us // 1000, 1, b"level")
        on_air_us = airtime.airtime_us(len(sent.frame), sent.channel.sf, sent.channel.bw_hz)
        end_us = now_us + on_air_us
        stamp_ms = end_us // 1000 + board.late_ms()
        rx1 = mac.sent(stamp_ms, stamp_ms - now_us // 1000 - on_air_us // 1000)
        rx2 = mac.heard(
            None, rx1.open_ms + rx1.timeout_ms, 0, board.listen(rx1, stamp_ms, end_us, delay_s * 1000)
        )
        assert isinstance(rx2, Listen)
        late_ms = board.listen(rx2, stamp_ms, end_us, delay_s * 1000 + 1000)
        closed_ms = rx2.open_ms + JITTER_MS + rx2.timeout_ms
        assert isinstance(mac.heard(None, closed_ms, 0, late_ms), Done)
        now_us = closed_ms * 1000 + rng.randrange(5_000_000)  # Done comes after the last window only
    mean_ms = sum(board.excess_ms) / len(board.excess_ms)
    print(f"DR{data_rate} delay {delay_s} s: {board.heard} of {board.windows}, empty {mean_ms:.0f} ms over")
    assert board.heard >= 0.999 * board.windows
    assert mean_ms <= 200
