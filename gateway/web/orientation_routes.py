"""A place's year beside limits over HTTP: the index of the last hour, days and nights above, Lden."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from gateway.access.gate import Asker
from gateway.alarms import orientation
from gateway.alarms.limits import NoiseLimit
from gateway.alarms.orientation import Counted, Dust, HourIndex, Sound
from gateway.store.database import Connection, opened
from gateway.web import description, places, shapes
from gateway.web.places import Place
from gateway.web.problems import RequestError
from gateway.web.site import AtSite
from gateway.words.times import HOUR_MS

router = APIRouter()
Year = Annotated[
    int | None, Query(ge=2000, le=2100, description="a calendar year; the present one unless given")
]


class Limit(shapes.Shape):
    """A row that values are compared with. `valid_from` is a day, or a year where the source names no day."""

    key: str
    source: str
    valid_from: str
    valid_to: str | None


class Classes(Limit):
    """`upto` ends all classes but the worst."""

    quantity: str
    upto: list[int] = Field(description="in whole ug/m3, hourly means")


class Index(shapes.Shape):
    """Of the newest full hour. From fine dust only: for orientation, not the official index."""

    from_: shapes.Instant = Field(serialization_alias="from")
    to: shapes.Instant
    place: int = Field(ge=1, le=5, description="1 is very good, 5 very poor")
    quantity: str = Field(description="the worst, which decides")
    means: dict[str, shapes.Number]
    classes: list[Classes]


class Days(Limit):
    quantity: str
    upto: int = Field(description="a day's mean in whole ug/m3")
    allowed_days: int = Field(description="so many days of a year may be above")
    days: list[date] = Field(description="local days of the year above it")
    known_days: int = Field(description="days of which three quarters of the hours are known")
    is_kept: bool


class DustYear(shapes.Shape):
    index: Index | None = Field(description="null: nothing was measured in the last three full hours")
    limits: list[Days]


class Lden(shapes.Shape):
    """Directive 2002/49/EC, annex I, in local time: day 6 to 18, evening 18 to 22, night 22 to 6."""

    lden_db: shapes.Number
    day_db: shapes.Number
    evening_db: shapes.Number
    night_db: shapes.Number


class NightHour(shapes.Shape):
    from_: shapes.Instant = Field(serialization_alias="from")
    level_db: shapes.Number


class Area(Limit):
    """`days` and `nights` are those of the year above it: 6 to 22 h, the loudest full hour of 22 to 6 h."""

    day_db: int
    night_db: int
    days: int
    nights: int


class NoiseYear(shapes.Shape):
    """Of the sound at the place, whoever makes it: no rating level in the sense of TA Laerm."""

    lden: Lden | None = Field(description="null: too little is known of a part of the day")
    day: date | None = Field(description="the newest that is known")
    day_db: shapes.Number | None = Field(description="its level from 6 to 22 h")
    night_hour: NightHour | None = Field(description="the loudest of the newest night")
    known_days: int
    known_nights: int
    areas: list[Area]


class Orientation(shapes.Answer):
    """For orientation, never official."""

    year: int
    dust: DustYear | None = Field(description="null where no fine dust is measured")
    noise: NoiseYear | None = Field(description="null where no noise is measured")


@router.get(
    "/api/v1/sites/{site_id}/orientation",
    response_model=Orientation,
    responses=description.REFUSALS_OF_ONE,
)
def site_orientation(site: AtSite, asker: Asker, site_id: str, year: Year = None) -> dict[str, Any]:
    """What a year of hours says beside limits, each with its source and validity."""
    now = site.clock.now_ms()
    wanted = orientation.year_of(now) if year is None else year
    with opened(site.store) as db:
        place = places.place(db, asker, site_id)
        if place is None:
            raise RequestError(404, f"No site {site_id} measures anything. See /api/v1/sites.")
        dust, sound = orientation_of(db, place, wanted, now)
    return {"now": now, "year": wanted, "dust": dust and _dust(dust), "noise": sound and _noise(sound)}


def orientation_of(db: Connection, place: Place, year: int, now: int) -> tuple[Dust | None, Sound | None]:
    """Of what the place measures; hours that are not full yet do not count."""
    hours = {
        quantity: _hours(db, place, quantity, year, now)
        for quantity in (*orientation.DUST, orientation.NOISE)
        if quantity in place.told
    }
    has_dust = any(quantity in hours for quantity in orientation.DUST)
    sound = hours.get(orientation.NOISE)
    return (
        orientation.dust(hours, year, now) if has_dust else None,
        orientation.sound(sound, year) if sound is not None else None,
    )


def _hours(db: Connection, place: Place, quantity: str, year: int, now: int) -> dict[int, float]:
    wanted = orientation.hours_of_year(year)
    span = (wanted.start * HOUR_MS, min(wanted.stop * HOUR_MS, now - now % HOUR_MS))
    return {each.start_ms // HOUR_MS: each.mean for each in places.spans(db, place, "hourly", quantity, span)}


def _dust(dust: Dust) -> dict[str, Any]:
    return {"index": dust.index and _index(dust.index), "limits": [_days(each) for each in dust.counted]}


def _index(found: HourIndex) -> dict[str, Any]:
    return {
        "from_": found.hour * HOUR_MS,
        "to": (found.hour + 1) * HOUR_MS,
        "place": found.index.place,
        "quantity": found.index.quantity,
        "means": {quantity: round(mean, 1) for quantity, mean in found.means.items()},
        "classes": [_row(row) | {"quantity": row.quantity, "upto": list(row.upto)} for row in found.classes],
    }


def _days(counted: Counted) -> dict[str, Any]:
    found = counted.exceedances
    row = found.limit
    told = {"quantity": row.quantity, "upto": row.upto, "allowed_days": row.allowed_days}
    counts = {"days": list(found.days), "known_days": counted.known_days, "is_kept": found.is_kept}
    return _row(row) | told | counts


def _noise(sound: Sound) -> dict[str, Any]:
    night = sound.night and {"from_": sound.night.hour * HOUR_MS, "level_db": round(sound.night.level_db, 1)}
    lden = sound.lden and {name: round(getattr(sound.lden, name), 1) for name in Lden.model_fields}
    return {
        "lden": lden,
        "day": sound.day,
        "day_db": None if sound.day_db is None else round(sound.day_db, 1),
        "night_hour": night,
        "known_days": sound.known_days,
        "known_nights": sound.known_nights,
        "areas": [_area(each.limit) | {"days": each.days, "nights": each.nights} for each in sound.compared],
    }


def _area(limit: NoiseLimit) -> dict[str, Any]:
    return _row(limit) | {"day_db": limit.day_db, "night_db": limit.night_db}


def _row(limit: Any) -> dict[str, Any]:
    return {name: getattr(limit, name) for name in Limit.model_fields}
