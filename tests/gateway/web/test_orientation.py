"""A year in the store beside limits, over HTTP and on the page, against a computation that shares no code."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.config import HttpConfig
from gateway.counters import Counters
from gateway.notify import Notifier
from gateway.store import rollups
from gateway.web.api import create_app
from tests.gateway.alarms import year
from tests.gateway.web.conftest import client_of
from tests.gateway.web.ledger import Ledger, StoppedClock

HOUR = 3_600_000
NODE = "70b3d57ed0000001"
POINTS = {
    "pm25": year.make(1, 17, 6, 0.7),
    "pm10": year.make(2, 30, 9, 1.4),
    "laeq": year.make(3, 52, 7, 0.3),
}
LIMITS = {("39_bimschv", "pm10"): (50, 35), ("eu_2030", "pm25"): (25, 18), ("eu_2030", "pm10"): (45, 18)}
LIMITS |= {("who_2021", "pm25"): (15, 3), ("who_2021", "pm10"): (45, 3)}


def at(month: int, day: int, hour: int, minute: int = 0) -> int:
    return round(datetime(2026, month, day, hour, minute, tzinfo=UTC).timestamp() * 1000)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    ledger = Ledger(tmp_path_factory.mktemp("year") / "year.db")
    ledger.store.connection.execute("PRAGMA synchronous = OFF")
    with ledger.store.transaction():
        ledger.add(NODE, "Bahnhof", since=at(1, 1, 0))
        ledger.hear(NODE, at(1, 1, 0), dict.fromkeys(POINTS, 1.0), flag=4)  # counts for nothing
        for quantity, points in POINTS.items():
            rollups.add(ledger.store.connection, [(NODE, quantity, *point) for point in points])
    yield ledger.path
    ledger.store.close()


async def ask(path: Path, now: int, address: str = f"/api/v1/sites/{NODE}/orientation") -> httpx.Response:
    app = create_app(path, StoppedClock(now), Counters(), Notifier(), HttpConfig())
    async with client_of(app) as client:
        return await client.get(address)


async def test_a_year_beside_limits_is_what_another_computation_says(path: Path) -> None:
    told = (await ask(path, at(12, 31, 23))).json()
    assert told["year"] == 2027 and told["dust"]["limits"] == []  # in Germany the new year has begun
    told = (await ask(path, at(12, 31, 23), f"/api/v1/sites/{NODE}/orientation?year=2026")).json()
    assert {(row["key"], row["quantity"]) for row in told["dust"]["limits"]} == LIMITS.keys()
    for row in told["dust"]["limits"]:
        upto, allowed = LIMITS[row["key"], row["quantity"]]
        means = year.day_means(POINTS[row["quantity"]])
        days = sorted(str(day) for day, mean in means.items() if int(mean * 2 + 1) // 2 > upto)
        assert row["days"] == days and row["known_days"] == 365 and row["source"]
        assert (row["upto"], row["allowed_days"], row["is_kept"]) == (upto, allowed, len(days) <= allowed)
    check_noise(told["noise"])


def check_noise(told: dict[str, Any]) -> None:
    points = POINTS["laeq"]
    assert told["lden"]["lden_db"] == round(year.lden(points), 1)
    nights = {
        night: max(levels) for night, levels in year.nights(points).items() if night >= date(2026, 1, 1)
    }
    assert (told["known_days"], told["known_nights"], len(nights)) == (365, 365, 365)
    assert told["night_hour"]["level_db"] == round(nights[date(2026, 12, 31)], 1)
    days: dict[date, list[float]] = {}
    for (_, shown), energy in year.hour_energies(points).items():
        if 6 <= shown.hour < 22:
            days.setdefault(shown.date(), []).append(energy)
    levels = {day: year.db(energies) for day, energies in days.items()}
    assert told["day"] == "2026-12-31" and told["day_db"] == round(levels[date(2026, 12, 31)], 1)
    for row in told["areas"]:
        assert row["days"] == sum(int(level * 2 + 1) // 2 > row["day_db"] for level in levels.values())
        assert row["nights"] == sum(int(level * 2 + 1) // 2 > row["night_db"] for level in nights.values())
    assert [row["key"] for row in told["areas"]][:2] == ["industrial", "commercial"]


@pytest.mark.parametrize("now", [at(7, 1, 12, 20), at(3, 29, 1, 59), at(10, 25, 2), at(2, 3, 4, 5)])
async def test_the_index_is_of_the_newest_full_hour(path: Path, now: int) -> None:
    hour = datetime.fromtimestamp((now // HOUR - 1) * HOUR / 1000, UTC).replace(tzinfo=None)
    means = {
        quantity: next(sum(v) / len(v) for key, v in year.group(POINTS[quantity]).items() if key[0] == hour)
        for quantity in ("pm25", "pm10")
    }
    told = (await ask(path, now)).json()["dust"]["index"]
    assert told["from"] == f"{hour:%Y-%m-%dT%H:%M:%S.000Z}"
    assert told["place"] == year.index_of(means["pm25"], means["pm10"])
    assert told["means"] == pytest.approx(means, abs=0.051)
    assert [each["upto"] for each in told["classes"]] == [[5, 15, 30, 50], [9, 27, 54, 90]]


async def test_the_page_tells_each_limit_with_source_and_validity(path: Path) -> None:
    told = re.sub(r"\s+", " ", (await ask(path, at(7, 1, 12, 20), f"/sites/{NODE}?lang=de")).text)
    text = re.sub(r"<[^>]*>", "", told)
    for said in (
        "Luftqualitätsindex, nur aus Feinstaub", "13:00 bis 14:00 Uhr",
        "EU ab 2030", "Richtlinie (EU) 2024/2881, Anhang I, Tabelle 1, gilt ab 1. Januar 2030",
        "39. BImSchV, § 4, gilt 6. August 2010 bis 31. Dezember 2029",
        "TA Lärm 1998 in der Fassung vom 1.6.2017, Nummer 6.1, gilt ab 9. Juni 2017",
        "WHO-Empfehlung 2021", "Lauteste volle Stunde",
        "Allgemeines Wohngebiet", "Sommerzeit berücksichtigt",
    ):  # fmt: skip
        assert said in text, said
    english = re.sub(r"<[^>]*>", "", (await ask(path, at(7, 1, 12, 20), f"/sites/{NODE}?lang=en")).text)
    assert "Compared with limits in 2026" in english and "EU from 2030" in english


async def test_what_is_not_known_is_said_to_be_unknown(path: Path) -> None:
    now = at(12, 31, 23) + 40 * 24 * HOUR
    told = (await ask(path, now)).json()
    assert told["dust"] == {"index": None, "limits": []} and told["noise"]["lden"] is None
    assert told["noise"]["known_days"] == 0
    page = (await ask(path, now, f"/sites/{NODE}?lang=de")).text
    assert "In den letzten drei vollen Stunden kam kein Messwert" in page
    assert (await ask(path, now, "/api/v1/sites/nowhere/orientation")).status_code == 404
    assert (await ask(path, now, f"/api/v1/sites/{NODE}/orientation?year=20")).status_code == 422
