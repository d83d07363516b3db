"""Times in words. Places are German: days and hours are those of Europe/Berlin, a day has 23 to 25 hours."""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from gateway.words import say

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# From which age on an age is told in which unit.
_AGES = (
    (48 * HOUR_MS, DAY_MS, "age.days"),
    (60 * MINUTE_MS, HOUR_MS, "age.hours"),
    (MINUTE_MS, MINUTE_MS, "age.minutes"),
)


@cache
def zone() -> ZoneInfo:
    return ZoneInfo("Europe/Berlin")


def local(time_ms: int) -> datetime:
    return (_EPOCH + timedelta(milliseconds=time_ms)).astimezone(zone())


def epoch_ms(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def day_start_ms(day: date) -> int:
    """The first moment of a local day; the next day's is 23, 24 or 25 hours later."""
    return epoch_ms(datetime(day.year, day.month, day.day, tzinfo=zone()))


def age(language: str, age_ms: int) -> str:
    """`vor 4 Min.`; below a minute, and for a clock that is ahead, `gerade eben`."""
    for least, unit, key in _AGES:
        if age_ms >= least:
            return say(language, key, count=age_ms // unit)
    return say(language, "age.now")


def clock(time_ms: int) -> str:
    """`13:05`"""
    return f"{local(time_ms):%H:%M}"


def day(language: str, time_ms: int) -> str:
    """`So 22.11.` and `Sun 22 Nov`"""
    at = local(time_ms)
    return say(language, "time.day", **_parts(language, at))


def short_day(language: str, time_ms: int) -> str:
    """`22.11.` and `22 Nov`"""
    return say(language, "time.shortDay", **_parts(language, local(time_ms)))


def full_day(language: str, time_ms: int) -> str:
    """`22. November 2026` and `22 November 2026`"""
    return say(language, "time.fullDay", **_parts(language, local(time_ms)))


def calendar_day(language: str, text: str) -> str:
    """An ISO date as `22. November 2026`; a year alone stays as it is."""
    if len(text) == 4:
        return text
    return say(language, "time.fullDay", **_parts(language, datetime.fromisoformat(text)))


def moment(language: str, time_ms: int) -> str:
    """`So 22.11., 13:05` and `Sun 22 Nov, 13:05`"""
    return say(language, "time.moment", day=day(language, time_ms), clock=clock(time_ms))


def full_moment(language: str, time_ms: int) -> str:
    """With year, seconds and the offset from UTC, which tells the doubled hour of October apart."""
    at = local(time_ms)
    hours = (at.utcoffset() or timedelta()) // timedelta(hours=1)
    return say(
        language,
        "time.fullMoment",
        day=full_day(language, time_ms),
        clock=f"{at:%H:%M:%S}",
        offset=f"UTC+{hours}",
    )


def _parts(language: str, at: datetime) -> dict[str, str]:
    return {
        "weekday": say(language, f"weekday.{at.weekday()}"),
        "day": str(at.day),
        "number": str(at.month),
        "month": say(language, f"month.{at.month}"),
        "short": say(language, f"month.{at.month}")[:3],
        "year": str(at.year),
    }
