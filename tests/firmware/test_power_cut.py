"""Power is cut at every write boundary and half-way through each write, of flash and of RTC memory.

The count is printed.

POWER_CUT_STEP=1 (make power-cut) cuts behind every single byte as well.
"""

import os

from tests.shared import test_power_cut as life


def arrivals(size: int) -> list[int]:
    step = int(os.environ.get("POWER_CUT_STEP", "0"))
    return sorted({-1, size // 2, size} | (set(range(0, size, step)) if step else set()))


def test_every_write_of_a_life_may_be_the_last() -> None:
    tried, sizes = 0, life.writes(counts_rtc=True)
    for number, size in enumerate(sizes):
        for arrived in arrivals(size):
            for is_power_lost in (True, False):  # False: a reset, RTC memory keeps what it has
                life.cut_at(number, arrived, True, is_power_lost)
                tried += 1
    print(f"{tried} power cuts and resets at {len(sizes)} writes of {sum(sizes)} bytes")
    assert tried >= 6 * len(sizes) >= 500
