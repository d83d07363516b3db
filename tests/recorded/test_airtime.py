"""Time on air against the reference table on which four independent implementations agree."""

import csv
from pathlib import Path

from codec.lorawan.airtime import airtime_us


def test_every_row_of_the_reference_table(recordings: Path) -> None:
    with (recordings / "reference/toa_eu868_reference.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    wrong = [
        (row, us)
        for row in rows
        if (us := airtime_us(int(row["phy_bytes"]), int(row["sf"]), int(row["bw_hz"]), row["crc"] == "1"))
        != round(float(row["toa_ms"]) * 1000)
    ]
    assert (len(rows), wrong) == (1757, [])
