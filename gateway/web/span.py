"""A span of time as an address says it: `start=P2D` until now, or from one moment to another."""

import re
from datetime import UTC, datetime

from gateway.web.problems import refuse_parameter
from gateway.words.times import DAY_MS, HOUR_MS, epoch_ms

MOST_MS = 3660 * DAY_MS
_DURATION = re.compile(r"P(?:(\d{1,4})([DWMY])|T(\d{1,4})H)", re.ASCII)
_UNIT_MS = {"D": DAY_MS, "W": 7 * DAY_MS, "M": 30 * DAY_MS, "Y": 365 * DAY_MS}


def parse_span(start: str, end: str | None, now: int) -> tuple[int, int]:
    """Milliseconds, start before end; refused when it is neither duration nor time."""
    until = now if end is None else _moment("end", end)
    found = _DURATION.fullmatch(start)
    if found is None:
        since = _moment("start", start)
    elif found[3]:
        since = until - int(found[3]) * HOUR_MS
    else:
        since = until - int(found[1]) * _UNIT_MS[found[2]]
    if not 0 < until - since <= MOST_MS:
        raise refuse_parameter("start", "expected a time before `end`, and at most ten years of it")
    return since, until


def _moment(name: str, text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
        return epoch_ms(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        raise refuse_parameter(
            name, "expected a duration such as PT6H, P2D, P1Y or a time such as 2026-11-22T12:00:00Z"
        ) from None
