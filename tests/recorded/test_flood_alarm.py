"""Both recorded floods through decoding, quality checks, store and marks, with a sensor's noise."""

from pathlib import Path
from random import Random

import pytest

from tests.gateway.alarms.district import MINUTE, District
from tests.recorded.test_marks import CREEKS, HYSTERESIS_MM, NOISE_MM, levels_mm

MARKS_MM = (600, 1000, 1500)
SUSPECT = 3
BEFORE, AFTER = 120, 200  # samples of five minutes around the crest


@pytest.mark.parametrize("creek", CREEKS)
def test_each_mark_is_raised_at_the_first_unsuspect_uplink_above_it(
    recordings: Path, tmp_path: Path, creek: str
) -> None:
    rng = Random(1)
    levels = levels_mm(recordings / "water" / creek)
    crest = levels.index(max(levels))
    district = District(tmp_path / "ledger.db")
    district.is_judging = True
    for value in MARKS_MM:
        district.mark(value, name=f"{value}", hysteresis=HYSTERESIS_MM)
    due: dict[int, list[str]] = {value: [] for value in MARKS_MM}
    has_fallen = dict.fromkeys(MARKS_MM, True)  # the water itself, clearly below the mark
    for true_mm in levels[max(0, crest - BEFORE) : crest + AFTER]:
        district.later(5 * MINUTE)
        seen_mm = min(2970, round(true_mm + rng.randint(-NOISE_MM, NOISE_MM)))
        uplink = district.level(seen_mm)
        for value in MARKS_MM:
            if has_fallen[value] and seen_mm >= value and district.flags["level"] < SUSPECT:
                due[value].append(uplink.id)
                has_fallen[value] = False
            has_fallen[value] = has_fallen[value] or seen_mm < value - HYSTERESIS_MM
    raised: dict[int, list[str]] = {value: [] for value in MARKS_MM}
    for row in district.all():
        raised[int(row["mark_name"])].append(row["uplink_id"])
    assert raised == due and all(due.values())
