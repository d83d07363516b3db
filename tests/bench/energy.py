"""What nodes draw from their supply: every row with low, likely and high, and where the figure comes from.

    python -m tests.bench.energy      (make bench-energy)

Nothing here was measured on our hardware; a row says what is estimated or from memory. All mAh are at 3.3 V.
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


LEVEL = (
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


# What a tipping bucket adds where the board sleeps deeply: 800 mm a year in tips of 0.2 mm.
RAIN = (
    Row(
        "wake for each tip of rain",
        (30, 40, 50),
        _times(11, 0.7, 1.0, 1.6),
        "boot as above, 0.2 s for the firmware (estimate); rain: 600 to 1000 mm a year is usual in Germany",
        "tips of 0.5 mm, or the chip's coprocessor",
    ),
)


# 5 V for the part come out of a boost converter, which takes 5 / 3.3 / 0.85 of the part's current.
_BOOST = 5 / 3.3 / 0.85
_LOOKS = 96  # of the street, one a report
_AIR = LEVEL[3:]  # transmission, windows, waiting for them, deep sleep: as of the level node

DUST = (
    LEVEL[0]._replace(seconds=_times(_LOOKS, 0.6, 0.8, 1.2)),
    Row(
        "SPS30: fan and laser",
        (45 * _BOOST, 55 * _BOOST, 65 * _BOOST),
        _times(_LOOKS, 9, 31, 31),
        "facts/sensors.md 2: 55 mA (45 to 65) at 5 V; 8 s after the start in dusty air, 30 s in clean",
        "a look an hour instead of four",
    ),
    Row(
        "chip awake meanwhile",
        (2, 40, 50),
        _times(_LOOKS, 9, 31, 31),
        "firmware: waits awake; low: light sleep",
        "light sleep while the fan runs",
    ),
    *_AIR,
)

NOISE = (
    Row(
        "chip awake, A-weighting without a pause",
        (30, 45, 60),
        (86400, 86400, 86400),
        "ESP32 datasheet (from memory), one core busy, radio of the chip off",
        "blocks: a minute in five, which the hello then says",
    ),
    Row(
        "microphone INMP441",
        (2.2, 2.5, 2.5),
        (86400, 86400, 86400),
        "facts/sensors.md 2: 2.2 to 2.5 mA",
        "nothing: it has to listen",
    ),
    *_AIR[:2],
)

# Two alkaline AA: 2600 mAh at 2.4 V on average, through a boost converter.
TWO_AA_MAH = 2600 * 2.4 / 3.3 * 0.85


def mah_a_day(row: Row, column: int) -> float:
    return row.current_ma[column] * row.seconds[column] / 3600


def together(rows: tuple[Row, ...], column: int) -> float:
    return sum(mah_a_day(row, column) for row in rows)


def years(column: int) -> float:
    """Of a level node on one cell."""
    return CELL_MAH * USABLE / together(LEVEL, column) / 365.25


def _table(name: str, rows: tuple[Row, ...]) -> None:
    print(f"| {name} | low | likely | high mAh/day | source |\n|---|---:|---:|---:|---|")
    for row in rows:
        print(f"| {row.part} | {' | '.join(f'{mah_a_day(row, at):.2f}' for at in range(3))} | {row.source} |")
    print(f"| together | {' | '.join(f'{together(rows, at):.2f}' for at in range(3))} | |")
    largest = max(rows, key=lambda row: mah_a_day(row, 1))
    print(f"\nThe largest part is {largest.part}; what would shrink it: {largest.shrinks}.")


def main() -> None:
    _table("level node", LEVEL)
    print(
        f"{CELL_MAH / 1000:.0f} Ah Li-SOCl2: {years(2):.1f} to {years(0):.1f} years, likely {years(1):.1f}."
    )
    wet = CELL_MAH * USABLE / together(LEVEL + RAIN, 1) / 365.25
    print(f"With a tipping bucket {together(RAIN, 1):.2f} mAh/day more: likely {wet:.1f} years.")
    days = [TWO_AA_MAH / together(LEVEL, at) for at in range(3)]
    print(f"Two AA and a boost converter: {days[2]:.0f} to {days[0]:.0f} days, likely {days[1]:.0f}.\n")
    for name, rows in (("dust node, SPS30 each 15 min", DUST), ("noise node, without a pause", NOISE)):
        _table(name, rows)
        likely = together(rows, 1)
        print(f"It needs {likely * 3.3 / 1000:.2f} Wh a day: {_supply(likely)}.\n")


def _supply(likely_mah: float) -> str:
    """What carries so much through a German December: 0.7 hours of full sun a day, 70 % of it stored."""
    panel_w = likely_mah * 3.3 / 1000 / 0.7 / 0.7
    store_ah = likely_mah * 7 / 1000
    return f"a panel of {panel_w:.1f} W with {store_ah:.1f} Ah for a week without sun, or mains"


if __name__ == "__main__":
    main()
