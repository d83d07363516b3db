"""What a node draws from its cell: every row with low, likely and high, and where the figure comes from.

    python -m tests.bench.energy      (make bench-energy)

Nothing here was measured on our hardware; a row says what is estimated or from memory.
"""

from typing import NamedTuple

from codec import report
from codec.lorawan import airtime

CELL_MAH = 19000  # one D cell Li-SOCl2
USABLE = 0.9  # of it, at small currents and after the cell's own losses of about 1 % a year
WAKES = 304  # a day, from `make bench-node`
REPORTS = 96
_PAYLOAD = report.encode({"distance": 2600, "temperature": 105, "number": 9999})
_AIR_S = airtime.airtime_us(13 + len(_PAYLOAD), 9, 125000) / 1e6


class Row(NamedTuple):
    """A current that flows `seconds` a day; each as (low, likely, high)."""

    part: str
    current_ma: tuple[float, float, float]
    seconds: tuple[float, float, float]
    source: str
    shrinks: str


def _times(count: int, low_s: float, likely_s: float, high_s: float) -> tuple[float, float, float]:
    return (count * low_s, count * likely_s, count * high_s)


ROWS = (
    Row(
        "boot of MicroPython",
        (30, 40, 50),
        _times(WAKES, 0.6, 0.8, 1.2),
        "issue 5: 0.8 s at 40 mA until measured",
        "fewer wakes: a coprocessor that samples",
    ),
    Row(
        "sampling, chip awake",
        (30, 40, 50),
        _times(WAKES, 0.35, 0.6, 1.1),
        "firmware: 5 pings of 100 ms; current as at boot",
        "light sleep between pings",
    ),
    Row(
        "ultrasonic sensor A02YYUW",
        (5, 8, 8),
        _times(WAKES, 0.5, 0.7, 1.2),
        "facts/sensors.md 1.1: <= 8 mA",
        "switch its supply, which this assumes",
    ),
    Row(
        "transmission at 14 dBm",
        (25, 45, 90),
        _times(REPORTS, _AIR_S, _AIR_S, _AIR_S),
        "SX1262 datasheet (from memory), DC-DC and LDO",
        "a better data rate",
    ),
    Row(
        "receive windows",
        (5, 9, 11),
        _times(REPORTS, 0.25, 0.4, 0.6),
        "SX1262 datasheet (from memory) 4.6 mA; facts: LDO about double",
        "SetRegulatorMode",
    ),
    Row(
        "awake until the windows",
        (2, 40, 50),
        _times(REPORTS, 2.1, 2.4, 3.2),
        "firmware: RX1 after 1 s, RX2 after 2 s",
        "light sleep until the window: 2 mA",
    ),
    Row(
        "deep sleep of chip and board",
        (0.012, 0.03, 0.15),
        (86400, 86400, 86400),
        "ESP32 datasheet (from memory) 10 uA; the board is an estimate",
        "a board with a low-drop regulator",
    ),
)


def mah_a_day(row: Row, column: int) -> float:
    return row.current_ma[column] * row.seconds[column] / 3600


def years(column: int) -> float:
    return CELL_MAH * USABLE / sum(mah_a_day(row, column) for row in ROWS) / 365.25


def main() -> None:
    print("| part | low | likely | high mAh/day | source |\n|---|---:|---:|---:|---|")
    for row in ROWS:
        print(f"| {row.part} | {' | '.join(f'{mah_a_day(row, at):.2f}' for at in range(3))} | {row.source} |")
    totals = [sum(mah_a_day(row, at) for row in ROWS) for at in range(3)]
    print(f"| together | {' | '.join(f'{total:.2f}' for total in totals)} | |")
    print(f"\nYears on {CELL_MAH / 1000:.0f} Ah: {years(2):.1f} to {years(0):.1f}, likely {years(1):.1f}.")
    largest = max(ROWS, key=lambda row: mah_a_day(row, 1))
    print(f"The largest part is {largest.part}; what would shrink it: {largest.shrinks}.")


if __name__ == "__main__":
    main()
